"""The journal: calls as they come, and one call in full."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.again import Again, send
from sandbox_server.console.languages import text
from sandbox_server.console.tables import CREATED, ROWS, Keys, Order, Sheet, arranged, order_of
from sandbox_server.control import calls
from sandbox_server.control.record import Record
from sandbox_server.services.journal import Journal, Page
from sandbox_server.services.ports import Transaction
from sandbox_server.services.search import Filters
from sandbox_server.traffic.journal import Entry, Verdict, verdict_of

pages = Blueprint("journal", __name__)

_LOOKED_AT = 500  # entries in one go, so that calls are answered in between
_GOES = 10
_MOST = _LOOKED_AT * _GOES
Looked = tuple[Page, int]
"""Entries, and the number of the newest of all."""
KEYS: Keys[Entry] = {
    "call": lambda entry: (entry.method, entry.path),
    "operation": lambda entry: entry.operation or "",
    "status": lambda entry: entry.status,
    "verdict": verdict_of,
    "fault": lambda entry: entry.fault or (),
    "client": lambda entry: entry.credential or "",
    "took": lambda entry: entry.sent_ns - entry.received_ns,
}


class Calls(NamedTuple):
    """
    Calls as they came, the newest first, or sorted by a column, which takes the newest few thousand into account.

    Args:
        in_order: Whether they are as they came.
        below: Where older ones are looked for; None where there are none.
        last: The number of the newest call of all.
    """

    sheet: Sheet[Entry]
    in_order: bool
    below: int | None
    last: int


@pages.get("/t/<tenant>/journal/")
def page(tenant: str) -> ResponseReturnValue:
    """Show calls."""
    asked = {name: value for name in _READ if (value := request.args.get(name, "").strip())}
    filters = Filters(**{field: read(asked[name]) for name, (field, read) in _READ.items() if name in asked})
    below, since = (max(0, request.args.get(name, 0, type=int)) for name in ("below", "since"))
    found = _found(tenant, filters, order_of(request.args, KEYS), below, since)
    items = [calls.call(entry) for entry in found.sheet.items]
    return render_template(
        "journal.html",
        found=found,
        items=items,
        asked=asked,
        verdicts=list(Verdict),
        filters=list(_READ),
        since=since,
        most=_MOST,
    )


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


def _found(tenant: str, filters: Filters, order: Order, below: int, since: int) -> Calls:
    in_order = order.column == CREATED and order.falling
    found, older, last = entries_of(tenant, filters, below, since, ROWS if in_order else _MOST)
    sheet = Sheet(found, order, len(found)) if in_order else arranged(reversed(found), order, KEYS)
    return Calls(sheet, in_order, older, last)


def entries_of(
    tenant: str, filters: Filters, below: int, since: int, wanted: int
) -> tuple[list[Entry], int | None, int]:
    """
    Look for calls in some goes; return them with where to go on, and the number of the newest of all.

    Args:
        below: Only calls with numbers below it; 0 for all.
        since: Only calls with this number and later ones.
    """
    found: list[Entry] = []
    place: int | None = below
    last = 0
    for _ in range(_GOES):
        if place is None or len(found) >= wanted or (0 < place <= since):
            break

        def look(record: Record, _tx: Transaction, most: int = wanted - len(found), start: int = place) -> Looked:
            journal = record.tenant.power(Journal)
            return journal.latest(filters, start, most, _LOOKED_AT), journal.last

        looked, newest = g.reach.look(tenant, look)
        found, place, last = [*found, *(kept.entry for kept in looked.entries)], looked.next_after, max(last, newest)
    if since:
        found = [entry for entry in found if entry.number >= since]
        place = place if place is not None and place > since else None
    return found, place, last


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
