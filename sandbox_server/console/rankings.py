"""
The order of long tables by their columns, kept so that only what has changed is looked at again.

A table is ranked in runs of a thousand rows, each sorted by itself, and a page is merged from them: nothing takes a
millisecond at a stretch, so the marketplace is answered in between. Whoever is the first to want a page near an end
does not wait for the sorting: that page is picked out. A world's row never changes and never moves: what has changed
is another row at the same position, which is found at once.
"""

from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import merge, nlargest, nsmallest
from itertools import chain, compress, islice, zip_longest
from operator import is_
from threading import Event, Lock, Thread
from typing import Any, NamedTuple, cast

from sandbox_server.services.ports import Packed

_KEPT = 32
_RUN = 1000
_FEW = 100
LARGE = 20_000
"""From how many rows on a table is ranked before anybody asks for it."""
_GROWN = 1000
_REST_SECONDS = 0.004
Keys = Callable[[Iterable[Packed]], Iterable[Any]]
"""What each of some rows is sorted by."""
Table = tuple[str, str]
"""A tenant, and a table of its world."""
Pair = tuple[Any, int]
"""What a row is sorted by, and its position."""


class Run:
    """
    Some rows that follow each other.

    Args:
        rows: None where there is none.
        positions: Of those that there are.
        keys: What each of those is sorted by.
    """

    def __init__(self, rows: Sequence[Packed | None], positions: Sequence[int], keys: Sequence[Any]) -> None:
        self.rows = rows
        self.positions = positions
        self.keys = keys

    @cached_property
    def order(self) -> Sequence[int]:
        """Which of them come first, from the least to the greatest."""
        return array("H", sorted(range(len(self.keys)), key=self.keys.__getitem__))

    @property
    def is_sorted(self) -> bool:
        """Whether their order is known."""
        return "order" in vars(self)

    def pairs(self) -> Iterator[Pair]:
        """Return them as they stand."""
        return zip(self.keys, self.positions, strict=True)

    def ranked(self, *, falling: bool) -> Iterator[Pair]:
        """Return them in order."""
        keys, positions = self.keys, self.positions
        return ((keys[place], positions[place]) for place in (reversed(self.order) if falling else self.order))


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
        ranked: list[Iterable[Pair]] = []
        unsorted: list[Iterator[Pair]] = []
        for run in self.runs:
            if run.is_sorted or stop > _FEW:
                ranked.append(_asked(run.ranked(falling=falling), wanted))
            else:
                unsorted.append(run.pairs())
        pick = nlargest if falling else nsmallest
        ranked.append(pick(stop, _asked(chain.from_iterable(unsorted), wanted)))
        return [position for _, position in islice(merge(*ranked, reverse=falling), start, stop)]


def _asked(pairs: Iterator[Pair], wanted: Container[int] | None) -> Iterator[Pair]:
    return pairs if wanted is None else (pair for pair in pairs if pair[1] in wanted)


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
        """Rank and sort rows with a rest after each run, and while anybody waits for a page that does not need this."""
        with self._lock:
            self._rank(rows, self._finish)

    def _finish(self, run: Run) -> None:
        if not self._haste.is_set():
            _ = run.order
        while not self._haste.wait(_REST_SECONDS) and self._attended.is_set():
            pass

    def _rank(self, rows: Sequence[Packed | None], finish: Callable[[Run], None] = lambda _run: None) -> Ranking:
        starts = range(0, len(rows), _RUN)
        runs: list[Run] = []
        for start, before in zip_longest(starts, self._runs[: len(starts)]):
            runs.append(self._run(start, rows[start : start + _RUN], before))
            finish(runs[-1])
        self._runs = runs
        return Ranking(runs)

    def _run(self, start: int, rows: Sequence[Packed | None], before: Run | None) -> Run:
        if before is not None and before.rows == rows:  # which asks first whether they are the same objects
            return before
        places = range(start, start + len(rows))
        positions = places if all(rows) else list(compress(places, rows))
        if before is None:
            return Run(rows, positions, list(self._keys(cast(Iterable[Packed], compress(rows, rows)))))
        unchanged = set(compress(places, map(is_, rows, before.rows)))
        known = {position: key for key, position in before.pairs() if position in unchanged}
        found = iter(
            self._keys(cast(Packed, rows[position - start]) for position in positions if position not in known)
        )
        return Run(rows, positions, [known[position] if position in known else next(found) for position in positions])


class Rankings:
    """The rankings that were asked for last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._attended = Event()
        self._waiting = 0
        self._kept: dict[tuple[str, str, str], Ranker] = {}
        self._prepared: dict[Table, int] = {}

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

    def is_due(self, table: Table, rows: int) -> bool:
        """Whether a table of so many rows is large, and was not ranked by its columns since it had about as many."""
        before = self._prepared.get(table)
        return rows >= LARGE and (before is None or abs(rows - before) >= _GROWN)

    def prepare(self, table: Table, columns: Mapping[str, Keys], rows: Sequence[Packed | None]) -> None:
        """Rank a table by its columns where that is due, so that whoever sorts it first need not wait."""
        if not self.is_due(table, len(rows)):
            return
        self._prepared[table] = len(rows)
        rankers = [self.by(table, column, keys) for column, keys in columns.items()]
        Thread(target=_prepare, args=[rankers, rows], daemon=True, name="ranking").start()


def _prepare(rankers: Sequence[Ranker], rows: Sequence[Packed | None]) -> None:
    for ranker in rankers:
        ranker.prepare(rows)
