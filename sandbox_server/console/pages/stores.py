"""Stores: a map, a table, and one store with what it has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console import tables
from sandbox_server.console.drawing import NAMED, Drawing, drawing_of
from sandbox_server.console.languages import text
from sandbox_server.control.record import Record
from sandbox_server.domain.inventory import StockLevel, available, is_stale
from sandbox_server.domain.stores import Store, load_key, local_day
from sandbox_server.domain.tills import physical
from sandbox_server.services import stores as services
from sandbox_server.services.ports import Transaction

pages = Blueprint("stores", __name__)


class Shop(NamedTuple):
    """
    A store in the list.

    Args:
        orders: How many orders it ever had a part in.
        wrong: How many of its shelves hold another count than is believed.
    """

    store: Store
    orders: int
    wrong: int


class Position(NamedTuple):
    """What a store has of a SKU, as it is believed and as it is."""

    level: StockLevel
    available: int
    physical: int
    stale: bool

    @property
    def phantom(self) -> int:
        """Units that are believed in and not there."""
        return self.level.on_hand - self.physical


class Stocked(NamedTuple):
    """
    A store and what it has.

    Args:
        load: How many orders it was given today.
        midnight: When today began there.
    """

    store: Store
    load: int
    midnight: datetime
    positions: Sequence[Position]


KEYS: tables.Keys[Shop] = {
    "store": lambda shop: shop.store.store_id,
    "name": lambda shop: shop.store.name,
    "city": lambda shop: shop.store.address.city,
    "status": lambda shop: shop.store.status,
    "orders": lambda shop: shop.orders,
    "capacity": lambda shop: shop.store.daily_order_capacity,
    "wrong": lambda shop: shop.wrong,
}
LEVEL_KEYS: tables.Keys[Position] = {
    "store": lambda position: position.level.store_id,
    "sku": lambda position: position.level.sku,
    "available": lambda position: position.available,
    "on_hand": lambda position: position.level.on_hand,
    "reserved": lambda position: position.level.reserved,
    "allocated": lambda position: position.level.allocated,
    "physical": lambda position: position.physical,
    "phantom": lambda position: position.phantom,
    "as_of": lambda position: position.level.as_of,
}


@pages.get("/t/<tenant>/stores/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the map and the table."""
    status = request.args.get("status", "")
    shops = g.reach.look(tenant, _shops)
    tally = Counter(str(shop.store.status) for shop in shops)
    wanted = [shop for shop in shops if not status or shop.store.status == status]
    sheet = tables.arranged(wanted, tables.order_of(request.args, KEYS, falling=False), KEYS)
    drawn: Drawing = drawing_of([shop.store for shop in wanted])
    return render_template("stores.html", sheet=sheet, drawing=drawn, named=NAMED, tally=tally, status=status)


@pages.get("/t/<tenant>/stores/<store_id>")
def one(tenant: str, store_id: str) -> ResponseReturnValue:
    """Show one store with all that it has, or with those shelves alone that differ from what is believed."""
    found = g.reach.look(tenant, lambda _record, tx: _store(tx, store_id))
    wanted = [one for one in found.positions if one.phantom or not request.args.get("differing")]
    sheet = tables.arranged(wanted, tables.order_of(request.args, LEVEL_KEYS, falling=False), LEVEL_KEYS)
    return render_template("store.html", found=found, store=found.store, sheet=sheet)


@pages.post("/t/<tenant>/stores/<store_id>/<any(open, close):deed>")
def turn(tenant: str, store_id: str, deed: str) -> ResponseReturnValue:
    """Open or close a store."""
    g.reach.call("POST", f"/tenants/{tenant}/stores/{store_id}/{deed}")
    flash(text(g.language, f"stores.done_{deed}"), "done")
    return redirect(url_for("stores.one", tenant=tenant, store_id=store_id))


def _shops(_record: Record, tx: Transaction) -> Sequence[Shop]:
    orders: Mapping[str, int] = tx.orders.tally("store_id")
    wrong = Counter(shelf.store_id for shelf in tx.shelves.select())
    return [Shop(store, orders.get(store.store_id, 0), wrong[store.store_id]) for store in tx.stores.select()]


def _store(tx: Transaction, store_id: str) -> Stocked:
    store = services.get(tx, store_id)
    today = local_day(store, tx.now)
    load = tx.loads.get(load_key(store_id, today))
    midnight = datetime.combine(today, time.min, ZoneInfo(store.time_zone)).astimezone(UTC)
    positions = [position_of(tx, level, store) for level in tx.levels.select(store_id=store_id)]
    return Stocked(store, load.orders if load else 0, midnight, positions)


def position_of(tx: Transaction, level: StockLevel, store: Store) -> Position:
    """Return what is believed of a level and what is so."""
    there = physical(level, tx.shelves.get(level.key))
    return Position(level, available(level, store.safety_stock), there, is_stale(level, tx.now))
