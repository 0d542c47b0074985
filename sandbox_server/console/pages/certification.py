"""Certification: begun, watched, and its report read."""

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.certification.languages import Words
from sandbox_server.certification.plan import PlanError, plan_ids, read_plan
from sandbox_server.certification.trials import Trial, Trials
from sandbox_server.console.forms import decimal
from sandbox_server.console.languages import text
from sandbox_server.console.tables import Keys, arranged, order_of
from sandbox_server.remote import Refused, Sandbox

pages = Blueprint("certification", __name__)

KEYS: Keys[Trial] = {
    "plan": lambda trial: trial.plan.id,
    "state": lambda trial: trial.state,
    "overall": lambda trial: trial.report["overall"] if trial.report else "",
    "tenant": lambda trial: trial.tenant,
}
_SCALE = 60.0
_FASTEST = 10_000.0


@pages.get("/t/<tenant>/certification/")
def page(tenant: str) -> ResponseReturnValue:  # noqa: ARG001 - the same for all
    """Show what was begun, and what may be."""
    plans = [read_plan(name) for name in plan_ids()] if _trials().alone else []
    sheet = arranged(reversed([*_trials()]), order_of(request.args, KEYS), KEYS)
    return render_template("certification.html", sheet=sheet, plans=plans, scale=_SCALE, words=Words(g.language))


@pages.post("/t/<tenant>/certification/")
def begin(tenant: str) -> ResponseReturnValue:
    """Begin to judge a client that runs already; among several processes nobody would find the run again."""
    if not _trials().alone:
        raise _wrong(text(g.language, "certification.many"))
    scale = decimal(request.form.get("scale"), _SCALE)
    if not isinstance(scale, float) or not 0 < scale <= _FASTEST:
        raise _wrong(text(g.language, "certification.wrong_scale", most=_FASTEST))
    try:
        plan = read_plan(request.form.get("plan", "")).narrowed(request.form.getlist("scenario"))
    except PlanError as error:
        raise _wrong(str(error)) from error
    trial = _trials().add(plan, scale)
    trial.begin(_sandbox(), invited=True)
    return redirect(url_for("certification.one", tenant=tenant, number=trial.number))


@pages.get("/t/<tenant>/certification/<int:number>")
def one(tenant: str, number: int) -> ResponseReturnValue:  # noqa: ARG001
    """Show how far one is, or its report."""
    return render_template("trial.html", trial=_trial(number), words=Words(g.language))


@pages.post("/t/<tenant>/certification/<int:number>/stop")
def stop(tenant: str, number: int) -> ResponseReturnValue:
    """End one before its time."""
    _trial(number).finish()
    return redirect(url_for("certification.one", tenant=tenant, number=number))


@pages.get("/t/<tenant>/certification/<int:number>/bundle.zip")
def bundle(tenant: str, number: int) -> ResponseReturnValue:  # noqa: ARG001
    """Hand out a report with its evidence."""
    trial = _trial(number)
    if trial.report is None:
        abort(404)
    return send_file(trial.bundle, as_attachment=True, download_name=f"{trial.tenant}.zip")


def _trials() -> Trials:
    trials: Trials = current_app.extensions["trials"]
    return trials


def _trial(number: int) -> Trial:
    trial = _trials().get(number)
    if trial is None:
        abort(404)
    return trial


def _sandbox() -> Sandbox:
    """Return this server as a client of the operator's interface sees it."""
    host, port = request.environ["SERVER_NAME"], request.environ["SERVER_PORT"]
    address = f"[{host}]" if ":" in host else host
    return Sandbox(f"http://{address}:{port}", current_app.config["OPERATOR_TOKEN"])


def _wrong(message: str) -> Refused:
    return Refused(400, {"detail": message})
