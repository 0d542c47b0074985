"""A journal as it stood at one moment, read a segment at a time while calls go on."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sandbox_server.services.segments import Gone, Segment
from sandbox_server.traffic.journal import Flaw, Kept, first_flaw


class Part(NamedTuple):
    """The entries of a segment, and the first of them that does not fit; None when all do."""

    entries: Sequence[Kept]
    flaw: Flaw | None


class Stretch(NamedTuple):
    """
    What a journal kept.

    Args:
        segments: From the oldest to the newest; nothing is added to any of them.
        first: The number of the oldest entry; there may be older ones in its segment, which nobody is told of.
        tip: The hash of the newest entry.
    """

    segments: Sequence[Segment]
    first: int
    tip: str

    @property
    def last(self) -> int:
        """The number of the newest entry."""
        return self.segments[-1].last

    def parts(self) -> Iterator[Part]:
        """Return what is kept, a segment at a time, from the oldest to the newest; not what was let go meanwhile."""
        tips = (*(segment.anchor for segment in self.segments[1:]), self.tip)
        for segment, tip in zip(self.segments, tips, strict=True):
            try:
                kept = list(segment.kept())
            except Gone:
                continue
            told = kept[max(0, self.first - segment.first) :]
            yield Part(told, first_flaw(kept, range(segment.first, segment.last + 1), segment.anchor, tip))
