"""
The order of long tables by their columns, kept so that only what has changed is looked at again.

A table is ranked in runs of a thousand rows, each sorted by itself, and a page is merged from them: nothing takes a
millisecond at a stretch, so the marketplace is answered in between. A world's row never changes and never moves: what
has changed is another row at the same position, which is found at once.
"""

from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import compress, islice, zip_longest
from threading import Event, Lock, Thread
from typing import Any, NamedTuple, cast

from sandbox_server.services.ports import Packed

_KEPT = 32
_RUN = 1000
LARGE = 20_000
"""From how many rows on a table is ranked before anybody asks for it."""
_REST_SECONDS = 0.004
Keys = Callable[[Iterable[Packed]], Iterable[Any]]
"""What each of some rows is sorted by."""
Table = tuple[str, str]
"""A tenant, and a table of its world."""


class Run(NamedTuple):
    """
    Some rows that follow each other.

    Args:
        rows: None where there is none.
        keys: What each is sorted by; None where there is none.
        order: Where among them those stand that there are, from the least to the greatest.
    """

    start: int
    rows: Sequence[Packed | None]
    keys: Sequence[Any]
    order: Sequence[int]

    def ranked(self, wanted: Container[int] | None, *, falling: bool) -> Iterator[tuple[Any, int]]:
        """Return the keys and positions of those that are wanted."""
        start, keys = self.start, self.keys
        ranked = ((keys[offset], start + offset) for offset in (reversed(self.order) if falling else self.order))
        return ranked if wanted is None else (pair for pair in ranked if pair[1] in wanted)


class Ranking(NamedTuple):
    """A table's rows by a column, as they once were; among equals the older one is the lesser."""

    runs: Sequence[Run]

    def slice(
        self, start: int, stop: int, wanted: Container[int] | None = None, *, falling: bool = False
    ) -> Sequence[int]:
        """
        Return positions in order.

        Args:
            start: How many to pass over; what lies deep takes longer.
            wanted: The positions that count; None counts them all.
        """
        merged = merge(*(run.ranked(wanted, falling=falling) for run in self.runs), reverse=falling)
        return [position for _, position in islice(merged, start, stop)]


class Ranker:
    """
    Ranks a table by a column, again and again.

    Args:
        keys: What rows are sorted by.
        attended: Set while somebody waits for a page.
    """

    def __init__(self, keys: Keys, attended: Event) -> None:
        self._keys = keys
        self._attended = attended
        self._lock = Lock()
        self._haste = Event()
        self._runs: list[Run] = []

    def of(self, rows: Sequence[Packed | None]) -> Ranking:
        """
        Return how rows rank.

        Args:
            rows: All rows by their positions; None where there is none.
        """
        self._haste.set()
        with self._lock:
            self._haste.clear()
            return self._rank(rows)

    def prepare(self, rows: Sequence[Packed | None]) -> None:
        """Rank rows with a rest after each run and while anybody waits for a page, unless that waits for this."""
        with self._lock:
            self._rank(rows, self._rest)

    def _rest(self) -> None:
        while not self._haste.wait(_REST_SECONDS) and self._attended.is_set():
            pass

    def _rank(self, rows: Sequence[Packed | None], rest: Callable[[], None] = lambda: None) -> Ranking:
        starts = range(0, len(rows), _RUN)
        runs: list[Run] = []
        for start, before in zip_longest(starts, self._runs[: len(starts)]):
            runs.append(self._run(start, rows[start : start + _RUN], before))
            rest()
        self._runs = runs
        return Ranking(runs)

    def _run(self, start: int, rows: Sequence[Packed | None], before: Run | None) -> Run:
        if before is not None and before.rows == rows:  # which asks first whether they are the same objects
            return before
        keys = self._keys_of(rows, before)
        order = sorted(compress(range(len(rows)), rows), key=keys.__getitem__)
        return Run(start, rows, keys, array("H", order))

    def _keys_of(self, rows: Sequence[Packed | None], before: Run | None) -> list[Any]:
        if before is None and all(rows):
            return list(self._keys(cast(Sequence[Packed], rows)))
        old, known = (before.rows, before.keys) if before is not None else ((), ())
        keys = [*known[: len(rows)], *[None] * (len(rows) - len(known))]
        for offset, row in enumerate(rows):
            if offset >= len(old) or row is not old[offset]:
                keys[offset] = None if row is None else next(iter(self._keys([row])))
        return keys


class Rankings:
    """The rankings that were asked for last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._attended = Event()
        self._waiting = 0
        self._kept: dict[tuple[str, str, str], Ranker] = {}
        self._prepared: set[Table] = set()

    def attend(self) -> None:
        """Have all that is ranked beforehand rest, because somebody waits for a page; `leave` ends that."""
        with self._lock:
            self._waiting += 1
            self._attended.set()

    def leave(self) -> None:
        """Let it go on, when nobody else waits."""
        with self._lock:
            self._waiting -= 1
            if not self._waiting:
                self._attended.clear()

    def by(self, table: Table, column: str, keys: Keys) -> Ranker:
        """Return what ranks a table by a column, which is sorted by its keys."""
        name = (*table, column)
        with self._lock:
            ranker = self._kept.pop(name, None) or Ranker(keys, self._attended)
            self._kept[name] = ranker
            if len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
            return ranker

    def is_prepared(self, table: Table) -> bool:
        """Whether a table was ranked by its columns, or is about to be."""
        return table in self._prepared

    def prepare(self, table: Table, columns: Mapping[str, Keys], rows: Sequence[Packed | None]) -> None:
        """Rank a large table by its columns, once, so that whoever sorts it first need not wait."""
        if len(rows) < LARGE or self.is_prepared(table):
            return
        self._prepared.add(table)
        rankers = [self.by(table, column, keys) for column, keys in columns.items()]
        Thread(target=_prepare, args=[rankers, rows], daemon=True, name="ranking").start()


def _prepare(rankers: Sequence[Ranker], rows: Sequence[Packed | None]) -> None:
    for ranker in rankers:
        ranker.prepare(rows)
