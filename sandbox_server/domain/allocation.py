"""Which store serves which line: the nearest that can, and as few of them as will do."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sandbox_server.domain.stores import Store
from sandbox_server.kernel.geo import Location, great_circle_km

Availability = Callable[[Store, str], int]
"""Units of a SKU that a store may promise."""


class Demand(NamedTuple):
    """So many of a SKU for a line of an order."""

    line_id: str
    sku: str
    quantity: int


class Share(NamedTuple):
    """The part of a line that one store serves."""

    line_id: str
    sku: str
    quantity: int
    store: Store


def rank(stores: Iterable[Store], destination: Location) -> tuple[Store, ...]:
    """Return the stores by great-circle distance from the destination, ties by store code."""
    return tuple(sorted(stores, key=lambda store: (great_circle_km(store.location, destination), store.store_id)))


def allocate(demands: Sequence[Demand], ranked: Sequence[Store], availability: Availability) -> list[Share] | None:
    """
    Return who serves what, or None when the stores together cannot serve it all.

    One store takes everything where one can; else each line goes to the nearest store that has the whole line;
    a line is split only where no store has the whole of it.

    Args:
        ranked: The stores that may serve the order, nearest first.

    Source: contract, "Orders", allocation.
    """
    wanted: Counter[str] = Counter()
    for demand in demands:
        wanted[demand.sku] += demand.quantity
    for store in ranked:
        for sku, quantity in wanted.items():
            if availability(store, sku) < quantity:
                break
        else:
            return [Share(*demand, store) for demand in demands]
    if len(demands) == 1 and demands[0].quantity == 1:
        return None  # one unit goes whole or not at all, and has just been asked for everywhere
    left = _Remaining(availability)
    shares: list[Share] = []
    for demand in demands:
        part = _one_line(demand, ranked, left)
        if part is None:
            return None
        shares += part
    return shares


class _Remaining:
    """What is left in each store while lines of one order are given out: two lines may ask for one SKU."""

    def __init__(self, availability: Availability) -> None:
        self._availability = availability
        self._taken: dict[tuple[str, str], int] = {}

    def of(self, store: Store, sku: str) -> int:
        return self._availability(store, sku) - self._taken.get((store.store_id, sku), 0)

    def take(self, store: Store, sku: str, quantity: int) -> None:
        self._taken[store.store_id, sku] = self._taken.get((store.store_id, sku), 0) + quantity


def _one_line(demand: Demand, ranked: Sequence[Store], left: _Remaining) -> list[Share] | None:
    whole = next((store for store in ranked if left.of(store, demand.sku) >= demand.quantity), None)
    shares = [Share(*demand, whole)] if whole is not None else _split(demand, ranked, left)
    for share in shares or ():
        left.take(share.store, share.sku, share.quantity)
    return shares


def _split(demand: Demand, ranked: Sequence[Store], left: _Remaining) -> list[Share] | None:
    shares: list[Share] = []
    missing = demand.quantity
    for store in ranked:
        part = min(missing, left.of(store, demand.sku))
        if part > 0:
            shares.append(Share(demand.line_id, demand.sku, part, store))
            missing -= part
        if not missing:
            return shares
    return None
