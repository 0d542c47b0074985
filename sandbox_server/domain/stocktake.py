"""The first two invariants: what stock there is, against the ledger that moved it and the orders that hold it."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from sys import intern

from sandbox_server.domain import orders
from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import Movement, Quantity, StockLevel, level_key
from sandbox_server.domain.orders import AllocationStatus, Order

_PLACES = {quantity: place for place, quantity in enumerate(Quantity)}
_NOTHING = (0, 0, 0)


class Stocktake:
    """
    Takes in the whole ledger and the orders, piece by piece; then names the levels that do not follow from them.

    What the ledger comes to is kept as plain numbers: the garbage collector would look into a list for each of 400 000
    positions, time and again.
    """

    def __init__(self) -> None:
        self._movements = 0
        self._sums = array("q")
        self._places: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._held: dict[AllocationStatus, Counter[str]] = {status: Counter() for status in orders.OPEN}

    def move(self, movements: Iterable[Movement]) -> list[Breach]:
        """Take in the ledger's next movements; name reservations of more than the store had reported by then (2)."""
        oversold, sums, places = [], self._sums, self._places
        for movement in movements:
            self._movements += 1
            of_store, sku, delta = places[movement.store_id], movement.sku, movement.delta
            place = of_store.get(sku)
            if place is None:
                place = of_store[intern(sku)] = len(sums)
                sums.extend(_NOTHING)
            sums[place + _PLACES[movement.quantity]] += delta
            if delta > 0 and movement.quantity is Quantity.RESERVED:
                on_hand, reserved, allocated = sums[place : place + 3]
                if reserved + allocated > on_hand:
                    detail = f"movement {self._movements} promises {reserved + allocated} of {on_hand} on hand"
                    oversold.append(Breach(2, level_key(movement.store_id, sku), detail))
        return oversold

    def hold(self, order: Order) -> None:
        """Take in what is promised to an order."""
        for promise in orders.promises(order, *orders.OPEN):
            self._held[promise.status][level_key(promise.store_id, promise.sku)] += promise.quantity

    def check(self, levels: Iterable[StockLevel]) -> Iterator[Breach]:
        """Name those of some levels that differ from the sum of their movements, or from what the orders hold (1)."""
        sums, places = self._sums, self._places
        held_reserved, held_allocated = self._of_orders()
        for level in levels:
            place = places[level.store_id].pop(level.sku, None)
            moved = _NOTHING if place is None else tuple(sums[place : place + 3])
            stands, key = (level.on_hand, level.reserved, level.allocated), level.key
            if moved != stands:
                yield Breach(1, key, f"on hand, reserved, allocated are {stands}; the ledger says {moved}")
            expected = (held_reserved.pop(key, 0), held_allocated.pop(key, 0))
            if expected != stands[1:]:
                yield Breach(1, key, f"reserved, allocated are {stands[1:]}; the orders hold {expected}")

    def rest(self) -> Iterator[Breach]:
        """Name what was moved or is promised where there is no level (1), when all levels were checked."""
        for store_id, of_store in self._places.items():
            for sku, place in of_store.items():
                if any(moved := tuple(self._sums[place : place + 3])):
                    yield Breach(1, level_key(store_id, sku), f"the ledger says {moved}; there is no such level")
        reserved, allocated = self._of_orders()
        for key, units in (reserved + allocated).items():
            yield Breach(1, key, f"the orders hold {units}; there is no such level")

    def _of_orders(self) -> tuple[Counter[str], Counter[str]]:
        return self._held[AllocationStatus.RESERVED], self._held[AllocationStatus.ALLOCATED]
