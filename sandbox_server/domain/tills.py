"""
What really lies on a store's shelf, beside what the marketplace believes.

The physical count is kept only where it is another than the one believed: most positions hold what was reported.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from sandbox_server.domain.inventory import Cause, StockLevel, level_key
from sandbox_server.kernel.clock import to_milliseconds

CARRIED = frozenset({Cause.SHIPMENT, Cause.RETURN, Cause.TRANSFER})
"""What moves goods themselves; other causes only change what the marketplace believes of them."""


class Opening(msgspec.Struct, frozen=True, array_like=True):
    """
    The first moment of a world: what was reported until then is the truth, what is said later may be wrong.

    Args:
        at: When it was.
        orders: How many orders there were.
    """

    at: datetime
    orders: int


class Shelf(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    What really lies in a store, where that is not what the marketplace believes.

    Args:
        units: The physical count; below 0 where a store says it has shipped what was not there.
    """

    store_id: str
    sku: str
    units: int

    @property
    def key(self) -> str:
        """What names it, as in `S0001/SKU-00001`."""
        return level_key(self.store_id, self.sku)


class CountChange(msgspec.Struct, frozen=True, array_like=True):
    """
    One change of a physical count.

    Args:
        number: Its place among all of a world's, from 1.
        delta: Units, never 0.
        count: Units after it; below 0 where a store says it has shipped what was not there.
        reference: The shipment, return or transfer it is for; empty at the till.
        source: The request, or the event of the clock, behind it.
    """

    number: int
    at: datetime
    store_id: str
    sku: str
    delta: int
    count: int
    cause: Cause
    reference: str
    source: str

    @property
    def key(self) -> str:
        """What names it."""
        return str(self.number)


def physical(level: StockLevel, shelf: Shelf | None) -> int:
    """Return the units that are really there: as many as are believed, where nothing else is known."""
    return level.on_hand if shelf is None else shelf.units


def sequence(at: datetime, changes: int) -> int:
    """
    Return the number that a count is reported with: one that grows with time and with each change.

    Args:
        at: When the count is true.
        changes: How many changes there have been in all stores.
    """
    return to_milliseconds(at) + changes


class Recount:
    """Takes in every change of the counts, in order; then names what does not follow from them, with the figures."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def follow(self, change: CountChange) -> Iterator[tuple[str, str]]:
        """Take in the next change; name it where it does not go on from the one before."""
        key = level_key(change.store_id, change.sku)
        before = self._last.get(key, change.count - change.delta)
        if before + change.delta != change.count:
            yield key, f"change {change.number} makes {change.count} of {before} and {change.delta}"
        self._last[key] = change.count

    def check(self, levels: Iterable[StockLevel], shelves: Mapping[str, Shelf]) -> Iterator[tuple[str, str]]:
        """Name those of some levels of which there is another count than their changes make."""
        for level in levels if self._last else ():
            count = physical(level, shelves.get(level.key))
            if (last := self._last.get(level.key, count)) != count:
                yield level.key, f"the physical count is {count}; its changes make {last}"
