"""Orders: the board, the list, and one order as a timeline with its calls."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console import tables
from sandbox_server.console.forms import integer
from sandbox_server.console.glance import glance, part, several
from sandbox_server.console.languages import text
from sandbox_server.console.pages.journal import entries_of
from sandbox_server.console.pages.parcels import moves
from sandbox_server.control.record import Record
from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.orders import (
    Allocation,
    AllocationStatus,
    Buyer,
    Line,
    Order,
    OrderStatus,
    Reduction,
    line_total,
)
from sandbox_server.domain.returns import Return
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.services.ports import Transaction
from sandbox_server.services.search import Filters
from sandbox_server.traffic.journal import Entry, verdict_of

pages = Blueprint("orders", __name__)

_CARDS = 6
_CALLS = 100
_NONE = datetime.min.replace(tzinfo=UTC)


def total_of(order: Order) -> int:
    """Return what an order costs, tax included and without what is cancelled, in minor units."""
    total = 0
    for line in order.lines:
        if not line.cancelled and line.reduction is None:  # as most are: the first sort of 100 000 orders asks them all
            total += line.unit_price * line.quantity + line.tax
        elif not line.cancelled:
            total += line.net + line.tax
        elif line.kept:
            net, tax = line_total(line, order.currency)
            total += net.minor + tax.minor
    return total


def _stores_of(order: Order) -> str:
    stores = ""
    for line in order.lines:
        for allocation in line.allocations:
            stores += f"{allocation.store_id} "
    return stores


def _units_of(order: Order) -> int:
    units = 0
    for line in order.lines:
        units += line.quantity
    return units


_REDUCED = part(Reduction, discount=int)
_PRICED = part(Line, "net", "kept", quantity=int, unit_price=int, tax=int, cancelled=int, reduction=_REDUCED | None)
_HELD = part(Line, allocations=several(part(Allocation, store_id=str)))
_OWED = part(Line, allocations=several(part(Allocation, status=AllocationStatus, ship_by=datetime)))
LISTING: tables.Listing[Order] = tables.Listing(
    "orders",
    {
        "total": total_of,
        "ship": lambda order: order.ship_by or _NONE,
        "stores": _stores_of,
        "order": attrgetter("order_id"),
        "status": attrgetter("status"),
        "level": attrgetter("service_level"),
        "buyer": attrgetter("buyer.name"),
        "units": _units_of,
        "acknowledge": lambda order: order.acknowledge_by or _NONE,
    },
    {
        "order": glance(Order, order_id=str),
        "status": glance(Order, status=str),
        "level": glance(Order, service_level=str),
        "buyer": glance(Order, buyer=part(Buyer, name=str)),
        "stores": glance(Order, lines=several(_HELD)),
        "units": glance(Order, lines=several(part(Line, quantity=int))),
        "total": glance(Order, currency=str, lines=several(_PRICED)),
        "acknowledge": glance(Order, acknowledge_by=datetime | None),
        "ship": glance(Order, "ship_by", lines=several(_OWED)),
    },
    lambda order: order.placed_at,
)
LINE_KEYS: tables.Keys[Line] = {
    "sku": lambda line: line.sku,
    "what": lambda line: line.title,
    "ordered": lambda line: line.quantity,
    "cancelled": lambda line: line.cancelled,
    "shipped": lambda line: line.shipped,
}


class Step(NamedTuple):
    """
    Something in an order's life.

    Args:
        kind: `order`, `parcel`, `return` or `call`.
        what: What it is called, in the contract's words.
        subject: What it happened to, where that is not the order.
        entry: The call, where it is one.
    """

    at: datetime
    kind: str
    what: str
    subject: str = ""
    cause: str = ""
    entry: Entry | None = None


class Life(NamedTuple):
    """An order with all that belongs to it."""

    order: Order
    shipments: Sequence[Shipment]
    returns: Sequence[Return]
    now: datetime


@pages.get("/t/<tenant>/orders/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the list."""
    indexes = {"status": "status", "store": "store_id", "level": "service_level"}
    view = tables.view(g.reach, tenant, LISTING, request.args, indexes)
    return render_template(
        "orders.html", statuses=list(OrderStatus), levels=list(ServiceLevel), total_of=total_of, **view._asdict()
    )


@pages.get("/t/<tenant>/orders/board")
def board(tenant: str) -> ResponseReturnValue:
    """Show the newest orders of each status side by side."""
    columns, tally, now = g.reach.look(tenant, _board)
    return render_template("board.html", columns=columns, tally=tally, now=now)


@pages.post("/t/<tenant>/orders/")
def place(tenant: str) -> ResponseReturnValue:
    """Have buyers place orders."""
    body: dict[str, Any] = {"count": integer(request.form.get("count"), 1)}
    if level := request.form.get("serviceLevel"):
        body["serviceLevel"] = level
    placed = g.reach.call("POST", f"/tenants/{tenant}/buyers/orders", body)["items"]
    flash(text(g.language, "orders.placed", count=len(placed)), "done")
    if len(placed) == 1:
        return redirect(url_for("orders.one", tenant=tenant, order_id=placed[0]["orderId"]))
    return redirect(url_for("orders.page", tenant=tenant))


@pages.get("/t/<tenant>/orders/<order_id>")
def one(tenant: str, order_id: str) -> ResponseReturnValue:
    """Show one order."""
    life = g.reach.look(tenant, lambda _record, tx: _life(tx, order_id))
    calls, _, _ = entries_of(tenant, Filters(order=order_id), 0, 0, _CALLS)
    steps = sorted(_steps(life, calls), key=lambda step: step.at, reverse=True)
    carrier = {parcel.shipment_id: moves(parcel.status) for parcel in life.shipments}
    asked = tables.order_of(request.args, LINE_KEYS, falling=False)
    lines = tables.arranged(life.order.lines, asked, LINE_KEYS)
    return render_template(
        "order.html", life=life, order=life.order, lines=lines, steps=steps, carrier=carrier, total_of=total_of
    )


@pages.post("/t/<tenant>/orders/<order_id>/cancel")
def cancel(tenant: str, order_id: str) -> ResponseReturnValue:
    """Have the buyer cancel."""
    g.reach.call("POST", f"/tenants/{tenant}/buyers/cancellations", {"orderId": order_id})
    flash(text(g.language, "orders.cancelled"), "done")
    return redirect(url_for("orders.one", tenant=tenant, order_id=order_id))


@pages.post("/t/<tenant>/orders/<order_id>/return")
def bring_back(tenant: str, order_id: str) -> ResponseReturnValue:
    """Have the buyer bring back what was shipped."""
    g.reach.call("POST", f"/tenants/{tenant}/buyers/returns", {"orderId": order_id})
    flash(text(g.language, "orders.returning"), "done")
    return redirect(url_for("orders.one", tenant=tenant, order_id=order_id))


def _board(_record: Record, tx: Transaction) -> tuple[dict[str, list[Order]], Mapping[str, int], datetime]:
    columns = {
        str(status): [tx.orders.unpack(row) for row in tx.orders.latest({"status": status}, 0, _CARDS).rows]
        for status in OrderStatus
    }
    return columns, tx.orders.tally("status"), tx.now


def _life(tx: Transaction, order_id: str) -> Life:
    order = tx.orders.get(order_id)
    if order is None:
        raise NotFound("order", order_id)
    shipments, returns = tx.shipments.select(order_id=order_id), tx.returns.select(order_id=order_id)
    return Life(order, list(shipments), list(returns), tx.now)


def _steps(life: Life, calls: Sequence[Entry]) -> Iterator[Step]:
    for change in life.order.history:
        yield Step(change.at, "order", change.to, cause=change.cause)
    for parcel in life.shipments:
        for event in parcel.tracking_events:
            yield Step(event.occurred_at, "parcel", event.status, parcel.shipment_id, event.description or "")
    for goods in life.returns:
        for change in goods.history:
            yield Step(change.at, "return", change.to, goods.return_id, change.cause)
    for entry in calls:
        yield Step(entry.received_at, "call", verdict_of(entry), entry=entry)
