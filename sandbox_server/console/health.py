"""
How a world's stock stands: what is promised and not there, what nobody has reported lately, what is believed and wrong.

There may be 400 000 positions, so they are read a slice at a time, and a large world is counted beside the pages, now
and then.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from threading import Thread
from typing import NamedTuple

from sandbox_server.console.reach import Reach
from sandbox_server.control.registry import Record
from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.inventory import StockLevel, is_stale
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.services.ports import Packed, Query, Transaction

_SLICE = 4000
_LARGE = 20_000
_KEPT_NS = 30_000_000_000


class Health(NamedTuple):
    """
    Figures over all positions, a position being a SKU in a store.

    Args:
        oversold: Units that are promised beyond what stores have reported.
        stale: Positions whose last report is older than 15 minutes.
        phantom: Units that are believed in and not there.
        hidden: Units that are there and not believed in.
    """

    positions: int
    oversold: int
    stale: int
    phantom: int
    hidden: int


class _Rows(NamedTuple):
    packed: Sequence[Packed]
    unpack: Callable[[Packed], StockLevel]
    next_place: int | None
    now: datetime


class Healths:
    """What was found out about each tenant's stock."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, Health]] = {}
        self._counting: set[str] = set()

    def of(self, reach: Reach, tenant: str) -> Health | None:
        """
        Return how a tenant's stock stands; of a large world how it stood some time ago, or None while it is counted.

        Raises:
            NotFound: There is no such tenant.
        """
        if reach.look(tenant, lambda _record, tx: tx.levels.count()) <= _LARGE:
            return _look_through(reach, tenant)
        until_ns, health = self._kept.get(tenant, (0, None))
        if until_ns < monotonic_ns() and tenant not in self._counting:
            self._counting.add(tenant)
            Thread(target=self._count, args=[reach, tenant], daemon=True, name="counting").start()
        return health

    def _count(self, reach: Reach, tenant: str) -> None:
        try:
            with suppress(NotFound):  # it may be deleted meanwhile
                health = _look_through(reach, tenant)
                self._kept[tenant] = monotonic_ns() + _KEPT_NS, health
        finally:
            self._counting.discard(tenant)


def _look_through(reach: Reach, tenant: str) -> Health:
    positions = oversold = stale = 0
    after: int | None = 0
    while after is not None:
        rows = reach.look(tenant, partial(_rows, after))
        levels, after = [rows.unpack(row) for row in rows.packed], rows.next_place
        positions += len(levels)
        oversold += sum(max(0, level.reserved + level.allocated - level.on_hand) for level in levels)
        stale += sum(is_stale(level, rows.now) for level in levels)
    missing = reach.look(tenant, _missing)
    phantom, hidden = sum(units for units in missing if units > 0), -sum(units for units in missing if units < 0)
    return Health(positions, oversold, stale, phantom, hidden)


def _rows(after: int, _record: Record, tx: Transaction) -> _Rows:
    page = tx.levels.page(Query(after=after, limit=_SLICE))
    return _Rows(page.rows, tx.levels.unpack, page.next_position, tx.now)


def _missing(_record: Record, tx: Transaction) -> list[int]:
    """Return for each shelf that holds another count than is believed how many units are missing from it."""
    levels = ((tx.levels.get(shelf.key), shelf) for shelf in tx.shelves.select())
    return [level.on_hand - shelf.units for level, shelf in levels if level is not None]
