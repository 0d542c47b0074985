"""
The order of long tables by their columns, kept so that only what has changed is looked at again.

A world's row never changes and never moves: what has changed is another row at the same position. So two looks at a
table differ where they hold different objects, which is found at once; and to sort what is nearly sorted takes little.
"""

from collections.abc import Callable, Sequence
from itertools import compress
from operator import is_not
from threading import Lock
from typing import Any

from sandbox_server.services.ports import Packed

_KEPT = 16
Key = Callable[[Packed], Any]
Name = tuple[str, str, str]
"""A tenant, its table, and a column of it."""


class Ranking:
    """
    The positions of a table's rows from the least to the greatest.

    Args:
        key: What rows are sorted by.
    """

    def __init__(self, key: Key) -> None:
        self._key = key
        self._lock = Lock()
        self._rows: Sequence[Packed | None] = ()
        self._keys: list[Any] = []
        self._order: list[int] = []

    def of(self, rows: Sequence[Packed | None]) -> Sequence[int]:
        """
        Return the positions of rows; among equals the older one comes first, as long as none of them changes.

        Args:
            rows: All rows by their positions; None where there is none.
        """
        with self._lock:
            before, count = self._rows, len(rows)
            old = min(count, len(before))
            changed = list(compress(range(old), map(is_not, rows, before)))
            if changed or count != len(before):
                self._rank(rows, [*changed, *range(old, count)])
            return self._order

    def _rank(self, rows: Sequence[Packed | None], changed: Sequence[int]) -> None:
        before, count = self._rows, len(rows)
        self._keys = [*self._keys[:count], *[None] * (count - len(self._keys))]
        for position in changed:
            row = rows[position]
            self._keys[position] = None if row is None else self._key(row)
        come = [position for position in changed if position >= len(before) or before[position] is None]
        order = [position for position in (*self._order, *come) if position < count and rows[position] is not None]
        self._rows, self._order = rows, sorted(order, key=self._keys.__getitem__)


class Rankings:
    """The rankings that were asked for last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[Name, Ranking] = {}

    def by(self, name: Name, key: Key) -> Ranking:
        """Return the ranking of a column, which is sorted by a key."""
        with self._lock:
            ranking = self._kept.pop(name, None) or Ranking(key)
            self._kept[name] = ranking
            if len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
            return ranking
