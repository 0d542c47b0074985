"""Returns: the list, and one return."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from sandbox_server.console import tables
from sandbox_server.domain.returns import Return, ReturnLine, ReturnStatus
from sandbox_server.services import returns

pages = Blueprint("returns", __name__)

LISTING: tables.Listing[Return] = tables.Listing(
    "returns",
    {
        "return": lambda goods: goods.return_id,
        "order": lambda goods: goods.order_id,
        "status": lambda goods: goods.status,
        "store": lambda goods: goods.store_id,
        "units": lambda goods: sum(line.quantity for line in goods.lines),
        "refunded": lambda goods: sum(line.refunded for line in goods.lines),
        "expires": lambda goods: goods.expires_at,
    },
    {},
    lambda goods: goods.created_at,
)
LINE_KEYS: tables.Keys[ReturnLine] = {
    "sku": lambda line: line.sku,
    "reason": lambda line: line.reason,
    "units": lambda line: line.quantity,
    "received": lambda line: line.received,
    "paid": lambda line: line.paid,
    "refunded": lambda line: line.refunded,
}


@pages.get("/t/<tenant>/returns/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the list."""
    view = tables.view(
        g.reach, tenant, LISTING, request.args, {"status": "status", "store": "store_id", "order": "order_id"}
    )
    return render_template("returns.html", statuses=list(ReturnStatus), **view._asdict())


@pages.get("/t/<tenant>/returns/<return_id>")
def one(tenant: str, return_id: str) -> ResponseReturnValue:
    """Show one return."""
    goods = g.reach.look(tenant, lambda _record, tx: returns.get(tx, return_id))
    lines = tables.arranged(goods.lines, tables.order_of(request.args, LINE_KEYS, falling=False), LINE_KEYS)
    return render_template("return.html", goods=goods, lines=lines)
