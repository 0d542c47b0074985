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
from sandbox_server.control.record import Record
from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.inventory import StockLevel, is_stale
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.services.ports import Packed, Query, Transaction

LISTED = 1000
_SLICE = 4000
_LARGE = 20_000
_KEPT_NS = 30_000_000_000


class Finding(NamedTuple):
    """
    Something that is wrong with positions.

    Args:
        amount: How many units; of what is stale, how many positions.
        keys: Which positions, the first thousand of them.
    """

    amount: int
    keys: Sequence[str]


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
    oversold: Finding
    stale: Finding
    phantom: Finding
    hidden: Finding


FINDINGS = Health._fields[1:]


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
    positions = 0
    oversold, stale = _Finder(), _Finder()
    after: int | None = 0
    while after is not None:
        rows = reach.look(tenant, partial(_rows, after))
        levels, after = [rows.unpack(row) for row in rows.packed], rows.next_place
        positions += len(levels)
        for level in levels:
            oversold.find(level.key, level.reserved + level.allocated - level.on_hand)
            stale.find(level.key, is_stale(level, rows.now))
    phantom, hidden = _Finder(), _Finder()
    for key, units in reach.look(tenant, _missing):
        phantom.find(key, units)
        hidden.find(key, -units)
    return Health(positions, oversold.found(), stale.found(), phantom.found(), hidden.found())


class _Finder:
    """Counts what is wrong, and notes where."""

    def __init__(self) -> None:
        self._amount = 0
        self._keys: list[str] = []

    def find(self, key: str, amount: int) -> None:
        """Take a position; nothing is wrong with it where the amount is not above 0."""
        if amount > 0:
            self._amount += amount
            if len(self._keys) < LISTED:
                self._keys.append(key)

    def found(self) -> Finding:
        """Return what there was."""
        return Finding(self._amount, self._keys)


def _rows(after: int, _record: Record, tx: Transaction) -> _Rows:
    page = tx.levels.page(Query(after=after, limit=_SLICE))
    return _Rows(page.rows, tx.levels.unpack, page.next_position, tx.now)


def _missing(_record: Record, tx: Transaction) -> list[tuple[str, int]]:
    """Return for each shelf that holds another count than is believed how many units are missing from it."""
    levels = ((tx.levels.get(shelf.key), shelf) for shelf in tx.shelves.select())
    return [(shelf.key, level.on_hand - shelf.units) for level, shelf in levels if level is not None]
