"""The journal: calls as they come, and one call in full."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.again import Again, send
from sandbox_server.console.languages import text
from sandbox_server.control import calls
from sandbox_server.control.registry import Record
from sandbox_server.services.journal import Journal
from sandbox_server.services.ports import Transaction
from sandbox_server.services.search import Filters
from sandbox_server.traffic.journal import Verdict

pages = Blueprint("journal", __name__)

_ROWS = 50
_LOOKED_AT = 500  # entries in one go, so that calls are answered in between
_GOES = 10


class Calls(NamedTuple):
    """
    Calls, the newest first.

    Args:
        below: Where older ones are looked for; None where there are none.
        last: The number of the newest call of all.
    """

    items: Sequence[Mapping[str, Any]]
    below: int | None
    last: int


@pages.get("/t/<tenant>/journal/")
def page(tenant: str) -> ResponseReturnValue:
    """Show calls."""
    asked = {name: value for name in _READ if (value := request.args.get(name, "").strip())}
    filters = Filters(**{field: read(asked[name]) for name, (field, read) in _READ.items() if name in asked})
    found = _calls(tenant, filters, max(0, request.args.get("below", 0, type=int)))
    verdicts = list(Verdict)
    return render_template("journal.html", found=found, asked=asked, verdicts=verdicts, filters=list(_READ))


@pages.get("/t/<tenant>/journal/<int:number>")
def one(tenant: str, number: int) -> ResponseReturnValue:
    """Show one call."""
    call = g.reach.call("GET", f"/tenants/{tenant}/journal/{number}")
    unmatched = None
    if call["verdict"] == Verdict.UNMATCHED:
        listed = g.reach.call("GET", f"/tenants/{tenant}/journal/unmatched", query={"limit": 100})["items"]
        unmatched = next((item for item in listed if item["number"] == number), None)
    again = _again(tenant, call)
    return render_template("call.html", call=call, unmatched=unmatched, again=again, curl=again.curl(request.host_url))


@pages.post("/t/<tenant>/journal/<int:number>/again")
def repeat(tenant: str, number: int) -> ResponseReturnValue:
    """Send a call once more."""
    again = _again(tenant, g.reach.call("GET", f"/tenants/{tenant}/journal/{number}"))
    host, port = request.environ["SERVER_NAME"], int(request.environ["SERVER_PORT"])
    told = send(again, host, port)
    flash(text(g.language, "journal.sent_again", answer=told), "done")
    last = g.reach.look(tenant, lambda record, _tx: record.tenant.power(Journal).last)
    return redirect(url_for("journal.one", tenant=tenant, number=last))


def _again(tenant: str, call: Mapping[str, Any]) -> Again:
    logins = g.reach.call("GET", f"/tenants/{tenant}")["credentials"]
    key = next((one["apiKey"] for one in logins if one["clientId"] == call.get("clientId")), logins[0]["apiKey"])
    return Again.of(call, key)


def _calls(tenant: str, filters: Filters, below: int) -> Calls:
    """Look for calls in some goes."""
    items: list[Mapping[str, Any]] = []
    place: int | None = below
    last = 0
    for _ in range(_GOES):
        if place is None or len(items) >= _ROWS:
            break
        wanted, start = _ROWS - len(items), place

        def look(record: Record, _tx: Transaction, wanted: int = wanted, start: int = start) -> Calls:
            journal = record.tenant.power(Journal)
            found = journal.latest(filters, start, wanted, _LOOKED_AT)
            return Calls([calls.call(kept.entry) for kept in found.entries], found.next_after, journal.last)

        found: Calls = g.reach.look(tenant, look)
        items, place, last = [*items, *found.items], found.below, max(last, found.last)
    return Calls(items, place, last)


def _status(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 4 else -1


def _verdict(typed: str) -> Verdict | None:
    return Verdict(typed) if typed in Verdict.__members__ else None


_READ: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "operation": ("operation", str),
    "status": ("status", _status),
    "verdict": ("verdict", _verdict),
    "order": ("order", str),
    "store": ("store", str),
    "fault": ("fault", str),
    "client": ("credential", str),
    "request": ("request_id", str),
}
"""What calls are filtered by: a field of the form, the journal's filter, and how it is read."""
