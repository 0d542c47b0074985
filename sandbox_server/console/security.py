"""
What keeps strangers out of the console, beside the gate that turns away foreign hosts and origins.

Forms carry a token against forgery (Flask-WTF). Where the server has an operator's token, a person shows it once; the
cookie that remembers it is signed with a key that follows from the token, so it ends when the token is changed.
"""

from hashlib import blake2b
from hmac import compare_digest

from flask import Flask, Response, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from sandbox_server.kernel.randomness import secret

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_OPEN_TO_ALL = {"static", "entrance.login", "entrance.enter", "entrance.speak"}
_KNOWN = "operator"


class _Sessions(SecureCookieSessionInterface):
    """Cookies know no ports: two sandboxes on one machine need two names."""

    def get_cookie_name(self, app: Flask) -> str:
        return f"{super().get_cookie_name(app)}-{request.host.rpartition(':')[2].strip('[]')}"

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's
        return request.is_secure


def protect(app: Flask, operator_token: str | None, shared: str | None) -> None:
    """Guard every page of the console; a cookie that one process has signed is good for all that share something."""
    known = operator_token or shared
    key = known.encode() if known else secret()
    app.config.update(
        SECRET_KEY=blake2b(key, digest_size=32, person=b"console-cookies").digest(),
        SESSION_COOKIE_NAME="acorn-console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = _Sessions()
    CSRFProtect(app)
    app.after_request(_with_headers)
    if operator_token is not None:
        app.before_request(_turn_away_strangers)


def let_in(given: str, operator_token: str | None) -> bool:
    """Remember a person who shows the operator's token, and tell whether this one does."""
    knows = operator_token is None or compare_digest(given.encode(), operator_token.encode())
    if knows:
        session[_KNOWN] = True
    return knows


def let_go() -> None:
    """Forget the person."""
    session.pop(_KNOWN, None)


def own_path(path: str | None, otherwise: str) -> str:
    """Return a path of the console's own, which nobody can make lead elsewhere."""
    own = url_for("overview.home")
    return path if path and path.startswith(own) and "\\" not in path and path.isprintable() else otherwise


def _turn_away_strangers() -> ResponseReturnValue | None:
    if session.get(_KNOWN) is True or request.endpoint in _OPEN_TO_ALL:
        return None
    return redirect(url_for("entrance.login", next=request.full_path if request.method == "GET" else None))


def _with_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    if request.endpoint == "static":
        response.headers["Cache-Control"] = "no-cache"
    else:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Accept-Language, Cookie"
    return response
