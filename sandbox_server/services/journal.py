"""The journal of one tenant: every call to it, in order, for as long as there is room, or on disk in full."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from typing import Protocol

import msgspec

from sandbox_server.domain.errors import Unavailable
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.services.archive import Archive, Mark
from sandbox_server.services.exchange import Exchange, Writer
from sandbox_server.services.search import EVERYTHING, Filters, words_of
from sandbox_server.services.segments import Parts, Segment
from sandbox_server.services.stretch import Stretch
from sandbox_server.traffic.journal import NOTHING_BEFORE, Entry, Flaw, Kept, Verdict, content_of, digest

LIMIT = 100_000
MOST_BYTES = 400 * 1000 * 1000
WARM_BYTES = 8 * 1000 * 1000
_LOOKED_AT = 5_000  # entries for one page, at the most
_AT_ONCE = 16  # calls that are written down together: that takes half as long as one by one, and no reader can tell
_UNMATCHED = Filters(verdict=Verdict.UNMATCHED)

logger = logging.getLogger("sandbox.journal")


class Page(msgspec.Struct, frozen=True):
    """
    Entries from the oldest to the newest, or the other way round.

    Args:
        next_after: The `after` (or, newest first, the `below`) of the next page, which may be an empty one; None when
            there is nothing more by now.
    """

    entries: list[Kept]
    next_after: int | None


class Verification(msgspec.Struct, frozen=True):
    """
    What became of the chain.

    Args:
        first: The oldest entry that is kept.
        entries: How many were looked at.
        head: The hash of the newest.
        flaw: The first that does not fit; None when all do.
    """

    first: int
    entries: int
    head: str
    flaw: Flaw | None


class Others(Protocol):
    """The same journal in other processes."""

    def turn(self) -> AbstractContextManager[None]:
        """
        Have what others have written, and nobody else write in the block; tell them at its end what was written in it.

        Raises:
            Unavailable: They cannot be told.
        """
        ...

    def cleared(self) -> None:
        """Tell them that every call is forgotten."""
        ...


class Nobody:
    """No other process."""

    def turn(self) -> AbstractContextManager[None]:
        """Write at once."""
        return nullcontext()

    def cleared(self) -> None:
        """Tell nobody."""


class Journal:
    """
    Every call to a tenant, numbered from 1.

    Args:
        tenant: Whose it is.
        limit: How many entries are kept, 1 or more; the oldest leave.
        candid: Operations whose requests and answers have no member for a secret, where they keep to the contract.
        most_bytes: How much memory it takes, about; the oldest leave for that, too, some hundreds at once.
        warm_bytes: How much of what is kept stays as it is, for those who look at the newest. What is older is
            compressed: to have new memory for it costs more, and most tests end before.
        opened_ns: The monotonic time from which that of calls is counted.
        archive: Where every call is kept, those included that leave memory, and is found again at the next start.

    `expected` has the request ids of calls that have changed something elsewhere, and are not written down yet.
    """

    def __init__(
        self,
        tenant: str,
        limit: int = LIMIT,
        candid: frozenset[str] = frozenset(),
        *,
        most_bytes: int = MOST_BYTES,
        warm_bytes: int = WARM_BYTES,
        opened_ns: int | None = None,
        archive: Archive | None = None,
    ) -> None:
        self._writer = Writer(tenant, monotonic_ns() if opened_ns is None else opened_ns, candid)
        self._others: Others = Nobody()
        self.expected: set[str] = set()
        self._limit = limit
        self._most_bytes = most_bytes
        self._warm_bytes = warm_bytes
        self._archive = archive
        self._begin(archive.segments() if archive is not None else (), archive.tip() if archive is not None else None)

    def keep_together(self, others: Others) -> None:
        """Write what others write, too, and have them write what is written here."""
        self._others = others

    def clear(self) -> None:
        """Forget every call; the next one has the number 1 again."""
        self.forget()
        self._others.cleared()

    def forget(self) -> None:
        """Forget every call, as others have."""
        if self._archive is not None:
            self._archive.clear()
        self._begin((), None)

    def _begin(self, segments: Sequence[Segment], tip: str | None) -> None:
        """Go on after these segments, none of which is in memory."""
        self.expected.clear()
        self._last = segments[-1].last if segments else 0
        self._tip = tip or NOTHING_BEFORE
        self._pending: list[Callable[[], Exchange]] = []
        self._closed: deque[Segment] = deque(segments)
        self._held: deque[Segment] = deque()
        self._warm: deque[Segment] = deque()
        self._open = Segment(self._last + 1, self._tip)
        self._saved = self._last
        self._mark: Mark | None = None

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 when there was none."""
        return self._last + len(self._pending)

    @property
    def written(self) -> int:
        """The number of the newest entry that is written down; 0 when there was none."""
        return self._last

    @property
    def first(self) -> int:
        """The number of the oldest entry that is kept; one more than the last when none is."""
        oldest = self._segments()[0].first
        return oldest if self._archive is not None else max(oldest, self.last - self._limit + 1)

    @property
    def size(self) -> int:
        """How many bytes of memory it takes, about."""
        return sum(segment.size for segment in self._segments())

    def append(self, make: Callable[[], Exchange]) -> int:
        """
        Keep a call; return its number.

        Args:
            make: Asked for the call when it is written down, with others at once or when somebody reads.
        """
        self._pending.append(make)
        if len(self._pending) >= _AT_ONCE:
            self._write_some()
        return self.last

    def take(self, calls: Iterable[Kept]) -> None:
        """Keep calls that others have written, which come next; the first ones may have any number."""
        for kept in calls:
            entry, segment = kept.entry, self._open
            if not self._last:
                segment = self._open = Segment(entry.number, entry.previous_hash)
            request = segment.keep(kept.request)[1] if kept.request else ()
            response = segment.keep(kept.response, (entry.path, entry.query))[1] if kept.response else ()
            self._add(entry, (kept.content, kept.hash), (request, response))

    def write_down(self) -> None:
        """
        Make entries of the calls that wait.

        Raises:
            Unavailable: Others have the same journal, and cannot be told now; they wait on.
        """
        if self._pending:
            with self._others.turn():
                self._write_down()

    def get(self, number: int) -> Kept | None:
        """Return the entry with this number; None when there is none, or none any more."""
        if not self.first <= number <= self.last:
            return None
        return next(self.entries(number - 1))

    def entries(self, after: int = 0) -> Iterator[Kept]:
        """Return the entries after the one with this number, from the oldest to the newest, one segment at a time."""
        return (kept for _, kept in self._numbered(after, EVERYTHING))

    def page(self, filters: Filters, after: int = 0, limit: int = 50) -> Page:
        """
        Return the entries that are wanted, those with greater numbers than `after` only.

        Args:
            limit: Entries at the most; some thousands of entries are looked at for it, and no more.
        """
        found: list[Kept] = []
        for looked_at, (number, kept) in enumerate(self._numbered(after, filters)):
            if looked_at == _LOOKED_AT or len(found) == limit:
                return Page(found, number - 1)
            if filters.take(kept):
                found.append(kept)
        return Page(found, None)

    def latest(self, filters: Filters, below: int = 0, limit: int = 50, looked_at: int = _LOOKED_AT) -> Page:
        """
        Return the entries that are wanted, the newest first.

        Args:
            below: Only those with smaller numbers; 0 begins with the newest.
            looked_at: How many entries are looked at, at the most.
        """
        found: list[Kept] = []
        for looked, (number, kept) in enumerate(self._numbered_back(below or self.last + 1, filters)):
            if looked == looked_at or len(found) == limit:
                return Page(found, number + 1)
            if filters.take(kept):
                found.append(kept)
        return Page(found, None)

    def unmatched(self, after: int = 0, limit: int = 50) -> Page:
        """Return the calls that found no operation."""
        return self.page(_UNMATCHED, after, limit)

    def as_it_stands(self) -> Stretch:
        """Return what is kept now, to be read while more is written."""
        return Stretch((*self._segments()[:-1], self._open.so_far()), self.first, self._tip)

    def verify(self) -> Verification:
        """Return whether every entry is as it was written; takes some seconds for 100 000."""
        stretch = self.as_it_stands()
        flaw = next((part.flaw for part in stretch.parts() if part.flaw is not None), None)
        first = stretch.segments[0].first
        return Verification(first, self._last + 1 - first, self._tip, flaw)

    def save(self, mark: Mark, *, at_stop: bool = False) -> None:
        """
        Have the archive keep what it has not kept yet.

        Args:
            mark: How far the world has come. A call that changed it may still be on its way into the journal, so that
                the mark counts from the next time on, unless the server stops.
        """
        self.write_down()
        if self._archive is None:
            return
        if self._saved != self._last and self._open.count:
            self._archive.put(self._open.so_far(), self._tip)
        counts = mark if at_stop else self._mark
        if counts is not None and (self._saved != self._last or at_stop):
            self._archive.put_mark(counts)
        self._saved, self._mark = self._last, mark

    @property
    def mark(self) -> Mark | None:
        """How far the world had come when every call before was kept; None where nobody knows."""
        return self._archive.mark() if self._archive is not None else None

    @property
    def oldest_shelved(self) -> Segment | None:
        """Its oldest segment, if it is on disk and closed."""
        oldest = self._closed[0] if self._closed else None
        return oldest if oldest is not None and oldest.shelf is not None else None

    @property
    def shelved_bytes(self) -> int:
        """How much of the disk it takes, but for the newest calls."""
        return sum(segment.shelved_bytes for segment in self._closed)

    def let_go(self) -> None:
        """Forget the oldest segment."""
        gone = self._closed.popleft()
        for held in (self._held, self._warm):
            if held and held[0] is gone:
                held.popleft()
        if self._archive is not None:
            self._archive.drop(gone)

    def _segments(self) -> tuple[Segment, ...]:
        self.write_down()
        return (*self._closed, self._open)

    def _write_some(self) -> None:
        """Write down what waits; where that must wait, the oldest leave at last."""
        try:
            self.write_down()
        except Unavailable:
            del self._pending[: -self._limit]

    def _write_down(self) -> None:
        """Make entries of the calls that wait, without their secrets."""
        pending, self._pending = self._pending, []
        for make in pending:
            try:
                self._write(make())
            except Exception:
                logger.exception("a call was not kept")

    def _write(self, exchange: Exchange) -> None:
        entry, parts = self._writer.write(exchange, self._open, self._last + 1, self._tip)
        content = content_of(entry)
        self._add(entry, (content, digest(content)), parts)

    def _add(self, entry: Entry, kept: tuple[bytes, str], parts: tuple[Parts, Parts]) -> None:
        self._last, self._tip = entry.number, kept[1]
        self._open.add(kept, parts, entry.received_at, words_of(entry))
        self.expected.discard(entry.request_id)
        if self._open.is_full:
            self._turn_over()

    def _numbered(self, after: int, filters: Filters) -> Iterator[tuple[int, Kept]]:
        start = max(after + 1, self.first)
        for segment in self._segments():
            if segment.last >= start and filters.may_be_in(segment):
                for number, kept in enumerate(segment.kept(), segment.first):
                    if number >= start:
                        yield number, kept

    def _numbered_back(self, below: int, filters: Filters) -> Iterator[tuple[int, Kept]]:
        first = self.first
        for segment in reversed(self._segments()):
            if first <= segment.last and segment.first < below and filters.may_be_in(segment):
                for number, kept in zip(count(segment.last, -1), segment.kept(newest_first=True), strict=False):
                    if first <= number < below:
                        yield number, kept

    def _turn_over(self) -> None:
        """Close the open segment, open the next, have older ones compressed, and let the oldest go."""
        self._open.close()
        self._closed.append(self._open)
        self._held.append(self._open)
        self._warm.append(self._open)
        if self._archive is not None:
            self._archive.put(self._open, self._tip)
        self._open = Segment(self._last + 1, self._tip)
        warm = sum(segment.size for segment in self._warm)
        while warm > self._warm_bytes:
            cooling = self._warm.popleft()
            warm -= cooling.size
            cooling.squeeze()
        size = sum(segment.size for segment in self._held)
        while self._held and (self._held[0].last <= self._last - self._limit or size > self._most_bytes):
            if self._archive is not None and self._held[0].shelf is None and size <= 2 * self._most_bytes:
                return  # it is on its way to the shelf, and leaves the next time
            leaving = self._held.popleft()
            size -= leaving.size
            self._leave(leaving)
            if self._warm and self._warm[0] is leaving:
                self._warm.popleft()

    def _leave(self, segment: Segment) -> None:
        """Have a segment in memory no longer: it is on the shelf, or gone, and what is older with it."""
        if segment.shelf is not None:
            segment.leave()
            return
        while self._closed and self._closed[0].first <= segment.first:
            self._closed.popleft()
