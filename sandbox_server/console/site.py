"""The console's Flask application: its pages, and what all of them have in common."""

from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Flask, Request, Response, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from sandbox_server.certification.trials import Trials
from sandbox_server.console import formats, languages, tables
from sandbox_server.console.health import Healths
from sandbox_server.console.pages import (
    arrivals,
    certification,
    clock,
    entrance,
    faults,
    journal,
    orders,
    overview,
    parcels,
    returns,
    stock,
    stores,
    tenants,
)
from sandbox_server.console.rankings import Rankings
from sandbox_server.console.reach import Reach
from sandbox_server.console.security import own_path, protect
from sandbox_server.control.mount import ROOT
from sandbox_server.control.registry import Registry
from sandbox_server.domain.errors import NotFound
from sandbox_server.remote import Refused

REACH = "sandbox.reach"
"""Where a request's scope holds how to reach the sandbox."""
_DEFAULT = "default"
_TENANTS_LISTED = 100
_PAGES = (
    overview,
    orders,
    parcels,
    stores,
    stock,
    returns,
    journal,
    faults,
    clock,
    arrivals,
    certification,
    tenants,
    entrance,
)


class _Header(NamedTuple):
    """What stands at the head of each page."""

    tenants: list[str]
    now: str
    mode: str


def site(operator_token: str | None, trials: Trials, draw_label: parcels.DrawLabel, shared: str | None = None) -> Flask:
    """
    Return the console; whoever serves it puts a `Reach` into each request's scope.

    Args:
        operator_token: What a person has to show.
        trials: The certifications.
        draw_label: Draws labels, as the marketplace that is served does.
        shared: What all processes know that serve the same tenants.
    """
    app = Flask(__name__, static_url_path=f"{ROOT}/static")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.update(OPERATOR_TOKEN=operator_token)
    app.extensions.update(healths=Healths(), rankings=Rankings(), trials=trials, draw_label=draw_label)
    app.before_request(_attend)
    app.before_request(_find_out)
    app.after_request(_look_ahead)
    app.teardown_request(_leave)
    protect(app, operator_token, shared)
    for page in _PAGES:
        app.register_blueprint(page.pages, url_prefix=ROOT)
    formats.install(app.jinja_env)
    app.context_processor(_in_common)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(NotFound, _missing)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _failed)
    return app


def _attend() -> None:
    g.attended = current_app.extensions["rankings"]
    g.attended.attend()


def _leave(_error: BaseException | None) -> None:
    if "attended" in g:
        g.attended.leave()


def _find_out() -> None:
    g.reach = reach_of(request)
    g.language = _language()
    g.tenant = (request.view_args or {}).get("tenant", _DEFAULT)


def _look_ahead(response: Response) -> Response:
    """Have a world's orders ranked while somebody still looks at another page."""
    if response.status_code == HTTPStatus.OK and "tenant" in (request.view_args or {}):
        tables.look_ahead(g.reach, g.tenant, orders.LISTING)
    return response


def reach_of(asked: Request) -> Reach:
    """Return how a request reaches the sandbox."""
    reach = asked.environ["asgi.scope"][REACH]
    assert isinstance(reach, Reach)
    return reach


def _language() -> str:
    chosen = session.get("language")
    if chosen in languages.LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(languages.LANGUAGES)) or next(iter(languages.LANGUAGES))


def _in_common() -> dict[str, Any]:
    def t(key: str, **values: object) -> str:
        return languages.text(g.language, key, **values)

    def w(kind: str, name: str) -> str:
        return languages.word(g.language, kind, name)

    def here(**changes: object) -> str:
        asked = {**request.args.to_dict(), **changes}
        query = urlencode([(name, value) for name, value in asked.items() if value not in {None, ""}])
        return f"{request.path}?{query}" if query else request.path

    return {
        "t": t,
        "here": here,
        "w": w,
        "language": g.language,
        "languages": languages.LANGUAGES,
        "tenant": g.tenant,
        "header": g.reach.ask(_header),
        "guarded": session.get("operator") is True,
    }


def _header(registry: Registry) -> _Header:
    names = [record.tenant.name for record in registry]
    record = registry.get(g.tenant) if g.tenant in names else registry.get(_DEFAULT)
    now = formats.instant(record.tenant.now())
    return _Header(names[:_TENANTS_LISTED], now, record.clock.mode)


def _refused(refused: Refused) -> ResponseReturnValue:
    """Say why something was not done, on the page where it was asked for."""
    if request.method == "GET":
        return _told(refused.status, formats.refusal(refused.problem))
    flash(formats.refusal(refused.problem), "refusal")
    return redirect(_back())


def _missing(missing: NotFound) -> ResponseReturnValue:
    if g.tenant != _DEFAULT and g.tenant not in g.reach.ask(_header).tenants:
        g.tenant = _DEFAULT
    return _told(404, formats.said(str(missing)))


def _forged(_error: CSRFError) -> ResponseReturnValue:
    return _told(400, languages.text(g.language, "problem.forged"))


def _failed(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    known = f"problem.{status}"
    said = known in languages.catalogue(g.language)
    return _told(status, languages.text(g.language, known) if said else error.name)


def _told(status: int, message: str) -> ResponseReturnValue:
    return render_template("problem.html", status=status, message=message), status


def _back() -> str:
    """Return the page that a form was sent from."""
    home = url_for("overview.page", tenant=_DEFAULT)
    return own_path((request.referrer or "").removeprefix(request.host_url.rstrip("/")), home)
