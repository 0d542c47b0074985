"""
How a world's stock stands: what is promised and not there, what nobody has reported lately, what is believed and wrong.

There may be 400 000 positions, so they are read a slice at a time; of a large world what was found is kept for a while.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sandbox_server.console.reach import Reach
from sandbox_server.control.registry import Record
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

    def of(self, reach: Reach, tenant: str) -> Health:
        """
        Return how a tenant's stock stands, or in a large world stood up to half a minute ago.

        Raises:
            NotFound: There is no such tenant.
        """
        until_ns, health = self._kept.get(tenant, (0, None))
        if health is None or until_ns < monotonic_ns():
            health = _look_through(reach, tenant)
            kept_ns = _KEPT_NS if health.positions > _LARGE else 0
            self._kept[tenant] = monotonic_ns() + kept_ns, health
        return health


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
