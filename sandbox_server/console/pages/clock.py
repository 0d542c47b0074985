"""The clock: set, moved forward, and what it will do."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.forms import decimal
from sandbox_server.console.languages import text, word
from sandbox_server.console.tables import Keys, arranged, order_of
from sandbox_server.control.record import Record
from sandbox_server.domain.events import DueEvent
from sandbox_server.kernel.clock import ClockMode
from sandbox_server.services.ports import Transaction

pages = Blueprint("clock", __name__)

_COMING = 500
STEPS = ("PT15M", "PT1H", "PT4H", "P1D", "P7D")


Coming = tuple[DueEvent, timedelta]
"""Something that is due, and in how long."""
KEYS: Keys[Coming] = {
    "in": lambda coming: coming[0].due,
    "what": lambda coming: coming[0].kind,
    "subject": lambda coming: coming[0].subject,
}


class Time(NamedTuple):
    """How a tenant's time stands and passes, and what is due first."""

    now: datetime
    mode: ClockMode
    scale: float
    coming: Sequence[Coming]


@pages.get("/t/<tenant>/clock/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the time and what is due."""
    time = g.reach.look(tenant, _time)
    sheet = arranged(time.coming, order_of(request.args, KEYS, falling=False), KEYS)
    return render_template("clock.html", time=time, sheet=sheet, steps=STEPS, modes=list(ClockMode))


@pages.post("/t/<tenant>/clock/advance")
def advance(tenant: str) -> ResponseReturnValue:
    """Let time pass."""
    body = {name: request.form[name].strip() for name in ("by", "to") if request.form.get(name)}
    done = g.reach.call("POST", f"/tenants/{tenant}/clock/advance", {**body, "listAtMost": 0})
    flash(_said(done), "done")
    return redirect(url_for("clock.page", tenant=tenant))


@pages.post("/t/<tenant>/clock/mode")
def pace(tenant: str) -> ResponseReturnValue:
    """Let time stand, or pass."""
    body: dict[str, Any] = {"mode": request.form.get("mode")}
    if body["mode"] == ClockMode.SCALED:
        body["scale"] = decimal(request.form.get("scale"), 60)
    g.reach.call("PUT", f"/tenants/{tenant}/clock", body)
    return redirect(url_for("clock.page", tenant=tenant))


def _said(done: dict[str, Any]) -> str:
    kinds = [f"{word(g.language, 'due', one['kind'].lower())}: {one['done']}" for one in done["byKind"]]
    said = text(g.language, "clock.advanced", done=done["done"])
    return f"{said} {' · '.join(kinds)}" if kinds else said


def _time(record: Record, tx: Transaction) -> Time:
    coming = [(event, event.due - tx.now) for event in tx.coming(_COMING)]
    return Time(tx.now, record.clock.mode, record.clock.scale, coming)
