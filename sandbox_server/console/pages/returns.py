"""Returns: the list, and one return."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from sandbox_server.console import tables
from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.returns import Return, ReturnStatus
from sandbox_server.services.ports import Transaction

pages = Blueprint("returns", __name__)

KEYS: tables.Keys[Return] = {
    "return": lambda goods: goods.return_id,
    "order": lambda goods: goods.order_id,
    "status": lambda goods: goods.status,
    "store": lambda goods: goods.store_id,
    "units": lambda goods: sum(line.quantity for line in goods.lines),
    "refunded": lambda goods: sum(line.refunded for line in goods.lines),
    "expires": lambda goods: goods.expires_at,
}


@pages.get("/t/<tenant>/returns/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the list."""
    names = {"status": "status", "store": "store_id", "order": "order_id"}
    where = {index: request.args[name] for name, index in names.items() if request.args.get(name)}
    sheet = tables.table(g.reach, tenant, "returns", where, tables.order_of(request.args, KEYS), KEYS)
    tally = g.reach.look(tenant, lambda _record, tx: tx.returns.tally("status"))
    return render_template("returns.html", sheet=sheet, where=where, tally=tally, statuses=list(ReturnStatus))


@pages.get("/t/<tenant>/returns/<return_id>")
def one(tenant: str, return_id: str) -> ResponseReturnValue:
    """Show one return."""
    goods = g.reach.look(tenant, lambda _record, tx: _return(tx, return_id))
    return render_template("return.html", goods=goods)


def _return(tx: Transaction, return_id: str) -> Return:
    goods = tx.returns.get(return_id)
    if goods is None:
        raise NotFound("return", return_id)
    return goods
