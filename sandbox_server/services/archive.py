"""Where journals are kept in full, and how much of them for how long."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sandbox_server.services.segments import Segment, Shelf


class Mark(NamedTuple):
    """How far a world had come when everything before was in the journal: its numbers of movements and events."""

    movements: int
    events: int


class Archive(Shelf, Protocol):
    """Where one tenant's journal is kept. What is put is kept a little later, in the order in which it was put."""

    def segments(self) -> Sequence[Segment]:
        """Return the segments that were kept, from the oldest to the newest, none of them in memory."""
        ...

    def tip(self) -> str | None:
        """Return the hash of the newest entry that was kept."""
        ...

    def mark(self) -> Mark | None:
        """Return the mark that was put last."""
        ...

    def put(self, segment: Segment, tip: str) -> None:
        """Keep a closed segment, in place of one that begins with the same entry; the tip is its last hash."""
        ...

    def put_mark(self, mark: Mark) -> None:
        """Keep a mark."""
        ...

    def drop(self, segment: Segment) -> None:
        """Forget a segment."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...


class Archives(Protocol):
    """Where the journals of all tenants are kept."""

    def of(self, tenant: str) -> Archive:
        """Return the archive of a tenant."""
        ...

    def close(self) -> None:
        """Do what is still to be done, and let go of it."""
        ...


class Retained(Protocol):
    """A journal, of which the oldest may go."""

    @property
    def oldest_shelved(self) -> Segment | None:
        """Its oldest segment, if it can go."""
        ...

    @property
    def shelved_bytes(self) -> int:
        """How much of the disk it takes."""
        ...

    def let_go(self) -> None:
        """Forget its oldest segment."""
        ...


class Retention(NamedTuple):
    """How long calls are kept, and how many bytes of all tenants' together."""

    age: timedelta
    size: int

    def heed(self, journals: Iterable[Retained], now: datetime) -> None:
        """Let go of what is too old by the machine's clock, and of the oldest while there is too much."""
        journals = list(journals)
        size = sum(journal.shelved_bytes for journal in journals)
        while oldest := _oldest(journals):
            at, bytes_, journal = oldest
            if size <= self.size and at >= now - self.age:
                return
            journal.let_go()
            size -= bytes_


def _oldest(journals: Iterable[Retained]) -> tuple[datetime, int, Retained] | None:
    found = [
        (segment.shelved_at, segment.shelved_bytes, journal)
        for journal in journals
        if (segment := journal.oldest_shelved) is not None and segment.shelved_at is not None
    ]
    return min(found, key=lambda one: one[0], default=None)
