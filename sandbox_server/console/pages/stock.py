"""Stock: a heat map of stores and SKUs, and one position with what happened to it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.forms import integer
from sandbox_server.console.health import LISTED, Finding, Healths
from sandbox_server.console.languages import text
from sandbox_server.console.pages.stores import LEVEL_KEYS, Position, position_of
from sandbox_server.console.tables import Keys, arranged, order_of
from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.inventory import Movement, level_key
from sandbox_server.domain.stores import Store
from sandbox_server.services.ports import Query, Table, Transaction

pages = Blueprint("stock", __name__)

_STORES, _SKUS = 20, 12
_MOVEMENTS = 200
MOVEMENT_KEYS: Keys[Movement] = {
    "quantity": lambda movement: movement.quantity,
    "delta": lambda movement: movement.delta,
    "cause": lambda movement: movement.cause,
    "reference": lambda movement: movement.reference,
    "source": lambda movement: movement.source,
}
STEPS = (0, 1, 3, 6, 12, 25)
"""From how many units on a cell is a shade darker."""


class Strip(NamedTuple):
    """
    Some of what a side of the heat map has.

    Args:
        before: The page before; None where there is none.
        after: The page after.
    """

    keys: Sequence[str]
    before: int | None
    after: int | None


class Map(NamedTuple):
    """
    A part of the heat map: cells by store and SKU; a store need not have a SKU.

    Args:
        counts: How many stores, products and positions there are in all.
    """

    stores: Strip
    skus: Strip
    cells: Mapping[tuple[str, str], Position]
    titles: Mapping[str, str]
    categories: Sequence[str]
    counts: Mapping[str, int]


class Place(NamedTuple):
    """One position with its SKU's product, its store, and its newest movements, the oldest first."""

    position: Position
    store: Store
    product: Product | None
    movements: Sequence[Movement]
    cut: bool


@pages.get("/t/<tenant>/stock/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the heat map."""
    store, category = request.args.get("store", "").strip(), request.args.get("category", "")
    sku = request.args.get("sku", "").strip()
    across = order_of(request.args, ()).page
    down = max(1, request.args.get("down", 1, type=int))
    found = g.reach.look(tenant, lambda _record, tx: _map(tx, store, sku, category, down, across))
    asked = {"store": store, "sku": sku, "category": category}
    return render_template("stock.html", map=found, asked=asked, down=down, across=across, heat=heat, steps=STEPS)


@pages.get("/t/<tenant>/stock/<store_id>/<sku>")
def one(tenant: str, store_id: str, sku: str) -> ResponseReturnValue:
    """Show one position."""
    place = g.reach.look(tenant, lambda _record, tx: _place(tx, store_id, sku))
    sheet = arranged(place.movements, order_of(request.args, MOVEMENT_KEYS), MOVEMENT_KEYS)
    return render_template("position.html", place=place, sheet=sheet)


@pages.get("/t/<tenant>/stock/<any(oversold, stale, phantom, hidden):finding>")
def wrong(tenant: str, finding: str) -> ResponseReturnValue:
    """Show the positions that something is wrong with."""
    healths: Healths = current_app.extensions["healths"]
    health = healths.of(g.reach, tenant)
    found: Finding | None = getattr(health, finding) if health is not None else None
    keys = found.keys if found is not None else ()
    positions = g.reach.look(tenant, lambda _record, tx: _positions(tx, keys))
    sheet = arranged(positions, order_of(request.args, LEVEL_KEYS, falling=False), LEVEL_KEYS)
    return render_template("positions.html", finding=finding, found=found, sheet=sheet, most=LISTED)


@pages.post("/t/<tenant>/stock/<store_id>/<sku>/<any(sell, count):deed>")
def touch(tenant: str, store_id: str, sku: str, deed: str) -> ResponseReturnValue:
    """Sell at the till, or count the shelf."""
    units = integer(request.form.get("units"), 1)
    if deed == "sell":
        body = {"storeId": store_id, "lines": [{"sku": sku, "quantity": units}]}
        g.reach.call("POST", f"/tenants/{tenant}/till/sales", body)
    else:
        body = {"storeId": store_id, "counts": [{"sku": sku, "units": units}]}
        g.reach.call("POST", f"/tenants/{tenant}/till/counts", body)
    flash(text(g.language, f"stock.done_{deed}"), "done")
    return redirect(url_for("stock.one", tenant=tenant, store_id=store_id, sku=sku))


def heat(units: int) -> int:
    """Return the shade of so many units, from 0 (nothing) up."""
    return sum(units >= step for step in STEPS) - 1 if units > 0 else 0


def _map(tx: Transaction, store: str, sku: str, category: str, down: int, across: int) -> Map:
    named = ([store] if tx.stores.has(store) else []) if store else _names(tx.stores)
    stores = _strip(named, down, _STORES)
    skus = _strip(_skus(tx, store, sku, category), across, _SKUS)
    cells, titles = {}, {}
    for sku_ in skus.keys:
        product = tx.products.get(sku_)
        titles[sku_] = product.title if product else ""
    for store_id in stores.keys:
        shop = tx.stores.get(store_id)
        for sku_ in skus.keys:
            level = tx.levels.get(level_key(store_id, sku_))
            if shop is not None and level is not None:
                cells[store_id, sku_] = position_of(tx, level, shop)
    counts = {
        "stores": len(_names(tx.stores)),
        "products": len(_names(tx.products)),
        "positions": sum(tx.levels.tally("store_id").values()),
    }
    return Map(stores, skus, cells, titles, sorted(tx.products.tally("category")), counts)


def _positions(tx: Transaction, keys: Sequence[str]) -> Sequence[Position]:
    levels = [level for level in map(tx.levels.get, keys) if level is not None]
    stores = {store_id: tx.stores.get(store_id) for store_id in {level.store_id for level in levels}}
    return [position_of(tx, level, store) for level in levels if (store := stores[level.store_id]) is not None]


def _skus(tx: Transaction, store: str, sku: str, category: str) -> Sequence[str]:
    """Return the SKUs that are asked for: by name, by category, else all; of one store those that it has."""
    if sku:
        return [sku] if tx.products.has(sku) else []
    if category:
        return [product.sku for product in tx.products.select(category=category)]
    if store:
        return [level.sku for level in tx.levels.select(store_id=store)]
    return _names(tx.products)


def _names(table: Table[Store] | Table[Product]) -> Sequence[str]:
    """Return the codes of everything in a table; they are looked for again only when it has changed."""
    return table.derived(_codes)


def _codes(entities: Sequence[Store | Product]) -> list[str]:
    return [entity.store_id if isinstance(entity, Store) else entity.sku for entity in entities]


def _strip(keys: Sequence[str], page_: int, length: int) -> Strip:
    start = (page_ - 1) * length
    before = page_ - 1 if page_ > 1 else None
    return Strip(keys[start : start + length], before, page_ + 1 if start + length < len(keys) else None)


def _place(tx: Transaction, store_id: str, sku: str) -> Place:
    store, level = tx.stores.get(store_id), tx.levels.get(level_key(store_id, sku))
    if store is None or level is None:
        raise NotFound("position", level_key(store_id, sku))
    where = {"store_id": store_id, "sku": sku}
    movements: list[Movement] = []
    after: int | None = 0
    cut = False
    while after is not None:
        found, after = tx.ledger.page(Query(where=where, after=after, limit=_MOVEMENTS))
        cut = cut or len(movements) + len(found) > _MOVEMENTS
        movements = [*movements, *found][-_MOVEMENTS:]
    return Place(position_of(tx, level, store), store, tx.products.get(sku), movements, cut)
