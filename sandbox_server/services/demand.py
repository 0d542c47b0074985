"""Who buys what next, drawn from a world's own past: buyers live, and things sell, as they did in it."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from sandbox_server.domain.errors import Unprocessable
from sandbox_server.domain.inventory import available, level_key
from sandbox_server.domain.orders import Buyer, Order
from sandbox_server.domain.stores import Address, ServiceLevel, Store, can_serve
from sandbox_server.kernel.geo import Location
from sandbox_server.services.ports import Query, Transaction
from sandbox_server.services.sourcing import Network

_NEARBY = 3
"""Stores that a buyer looks into."""
_LOOKS = 6
"""How often a buyer looks for something that is there before they take what they find."""
_SUBURBS_DEGREES = 0.06
_STRANGERS = (
    "Zoë Núñez",
    "李 小龙",
    "Ada Okafor",
    "محمد علي",
    "Jürgen Weiß",
    "Дарья Ким",
    "山田 花子",
    "Priya Nair 🌻",
)


class Wish(NamedTuple):
    """What somebody orders."""

    buyer: Buyer
    basket: list[tuple[str, int]]
    level: ServiceLevel


def draw(tx: Transaction, rng: Random, buyer: Buyer | None = None) -> Wish:
    """
    Return what somebody orders next, or what this buyer does.

    Raises:
        Unprocessable: There is no store, or no product.
    """
    check(tx)
    shopper = _buyer(tx, rng)
    buyer = buyer or shopper  # drawn in any case: who is given shifts no other draw
    location = buyer.address.location
    assert location is not None, "every buyer is located"
    nearby = tx.stores.derived(Network).nearest_to(location)[:_NEARBY]
    model = _past(tx, rng)
    level = model.service_level if model is not None else ServiceLevel.STANDARD
    fast = [store for store in nearby if can_serve(store, level, tx.now)]
    if not fast:
        level = ServiceLevel.STANDARD
    return Wish(buyer, _basket(tx, rng, fast or nearby, len(model.lines) if model is not None else 1), level)


def check(tx: Transaction) -> None:
    """
    Raise where nobody can buy anything.

    Raises:
        Unprocessable: There is no store, or no product.
    """
    if not tx.stores.derived(tuple) or not tx.products.count():
        raise Unprocessable("Nobody can buy at random in a world without stores or products.")


def _past(tx: Transaction, rng: Random) -> Order | None:
    """Return an order of before the world's first moment, if there was one: what is ordered later shifts no draw."""
    opening = next(tx.openings.select(), None)
    orders = opening.orders if opening is not None else 0
    if not orders:
        return None
    page = tx.orders.page(Query(after=rng.randrange(orders), limit=1))
    return tx.orders.unpack(page.rows[0])


def _buyer(tx: Transaction, rng: Random) -> Buyer:
    past = _past(tx, rng)
    return past.buyer if past is not None else _stranger(rng, rng.choice(tx.stores.derived(tuple)))


def _stranger(rng: Random, store: Store) -> Buyer:
    """Return somebody who lives around a store, for a world that has seen no buyers yet."""
    latitude, longitude = (
        round(degrees + rng.uniform(-_SUBURBS_DEGREES, _SUBURBS_DEGREES), 4)
        for degrees in (store.location.latitude, store.location.longitude)
    )
    near = store.address
    location = Location(max(-90.0, min(90.0, latitude)), max(-180.0, min(180.0, longitude)))
    street = f"{rng.randint(1, 999)} Main Street"
    address = Address(street, near.city, near.country, None, near.region, near.postal_code, location)
    number = rng.randint(1, 999_999)
    return Buyer(rng.choice(_STRANGERS), f"buyer.{number}@example.com", address)


def _basket(tx: Transaction, rng: Random, nearby: Sequence[Store], lines: int) -> list[tuple[str, int]]:
    basket: dict[str, int] = {}
    for _ in range(lines):
        sku, quantity = _thing(tx, rng)
        looks = 1
        while looks < _LOOKS and not _is_there(tx, nearby, sku, quantity):
            sku, quantity = _thing(tx, rng)
            looks += 1
        basket[sku] = quantity
    return list(basket.items())


def _thing(tx: Transaction, rng: Random) -> tuple[str, int]:
    past = _past(tx, rng)
    if past is not None:
        line = rng.choice(past.lines)
        return line.sku, line.quantity
    page = tx.products.page(Query(after=rng.randrange(tx.products.count()), limit=1))
    return tx.products.unpack(page.rows[0]).sku, 1


def _is_there(tx: Transaction, nearby: Sequence[Store], sku: str, quantity: int) -> bool:
    levels = ((store, tx.levels.get(level_key(store.store_id, sku))) for store in nearby)
    return any(level is not None and available(level, store.safety_stock) >= quantity for store, level in levels)
