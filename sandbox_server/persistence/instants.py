"""A column of instants that finds those within a span, and passes over most of the others."""

from array import array
from collections.abc import Iterator

_SHIFT = 6  # 64 rows are a block, 64 blocks a district


class Instants:
    """
    Milliseconds by position; an instant is only ever replaced by a later one.

    A block's newest instant is exact. Its oldest may be older than any that is left: it is put right when somebody
    has looked the block through in vain.
    """

    def __init__(self) -> None:
        self.at = array("q")
        self.newest = (array("q"), array("q"))
        self.oldest = (array("q"), array("q"))

    def copy(self) -> "Instants":
        """Return a column of its own with the same instants."""
        twin = Instants()
        twin.at = self.at[:]
        twin.newest = (self.newest[0][:], self.newest[1][:])
        twin.oldest = (self.oldest[0][:], self.oldest[1][:])
        return twin

    def append(self, at: int) -> None:
        """Add an instant at the end."""
        position = len(self.at)
        self.at.append(at)
        for newest, oldest, shift in zip(self.newest, self.oldest, (_SHIFT, 2 * _SHIFT), strict=True):
            block = position >> shift
            if block == len(newest):
                newest.append(at)
                oldest.append(at)
                continue
            newest[block] = max(newest[block], at)
            oldest[block] = min(oldest[block], at)

    def move(self, position: int, at: int) -> None:
        """Replace an instant by a later one."""
        self.at[position] = at
        blocks, districts = self.newest
        block, district = position >> _SHIFT, position >> 2 * _SHIFT
        if blocks[block] < at:
            blocks[block] = at
            districts[district] = max(districts[district], at)

    def within(self, start: int, stop: int, earliest: int, latest: int) -> Iterator[int]:
        """Return the positions from `start` to below `stop` whose instants are in the span, `latest` excluded."""
        position = self.following(start, stop, earliest, latest)
        while position < stop:
            yield position
            position = self.following(position + 1, stop, earliest, latest)

    def following(self, position: int, stop: int, earliest: int, latest: int) -> int:
        """Return the first position from this one on whose instant is in the span, or one that is not below `stop`."""
        at = self.at
        while position < stop:
            if not self._may_hold(1, position, earliest, latest):
                position = _next_block(position, 2)
                continue
            end = _next_block(position, 1)
            if self._may_hold(0, position, earliest, latest):
                for here in range(position, min(end, stop)):
                    if earliest <= at[here] < latest:
                        return here
                self._look_through(position >> _SHIFT)
            position = end
        return stop

    def _may_hold(self, level: int, position: int, earliest: int, latest: int) -> bool:
        block = position >> _SHIFT * (level + 1)
        return self.newest[level][block] >= earliest and self.oldest[level][block] < latest

    def _look_through(self, block: int) -> None:
        for level, finer in enumerate((self.at, self.oldest[0])):
            self.oldest[level][block] = min(finer[block << _SHIFT : block + 1 << _SHIFT])
            block >>= _SHIFT


def _next_block(position: int, level: int) -> int:
    return (position >> _SHIFT * level) + 1 << _SHIFT * level
