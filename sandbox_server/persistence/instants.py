"""A column of instants that finds those within a span, and passes over most of the others."""

from array import array
from collections.abc import Generator, Iterator

_SHIFT = 4  # sixteen rows are a block, sixteen blocks a district, sixteen districts a county
_LEVELS = 3


class Instants:
    """
    Milliseconds by position; an instant is only ever replaced by a later one.

    `newest` and `oldest` are the bounds of blocks, districts and counties. A group's newest instant is exact. Its
    oldest may be older than any that is left: it is put right when somebody has looked the group through in vain.
    """

    def __init__(self) -> None:
        self.at = array("q")
        self.newest = tuple(array("q") for _ in range(_LEVELS))
        self.oldest = tuple(array("q") for _ in range(_LEVELS))

    def copy(self) -> "Instants":
        """Return a column of its own with the same instants."""
        twin = Instants()
        twin.at = self.at[:]
        twin.newest = tuple(newest[:] for newest in self.newest)
        twin.oldest = tuple(oldest[:] for oldest in self.oldest)
        return twin

    def append(self, at: int) -> None:
        """Add an instant at the end."""
        group = len(self.at)
        self.at.append(at)
        for newest, oldest in zip(self.newest, self.oldest, strict=True):
            group >>= _SHIFT
            if group == len(newest):
                newest.append(at)
                oldest.append(at)
            elif newest[group] < at:
                newest[group] = at
            elif oldest[group] > at:
                oldest[group] = at

    def move(self, position: int, at: int) -> None:
        """Replace an instant by a later one."""
        self.at[position] = at
        group = position
        for newest in self.newest:
            group >>= _SHIFT
            if newest[group] >= at:
                return
            newest[group] = at

    def within(self, start: int, stop: int, earliest: int, latest: int) -> Iterator[int]:
        """Return the positions from `start` to below `stop` whose instants are in the span, `latest` excluded."""
        return self._within(_LEVELS - 1, start, stop, earliest, latest)

    def following(self, position: int, stop: int, earliest: int, latest: int) -> int:
        """Return the first position from this one on whose instant is in the span, or one that is not below `stop`."""
        return next(self.within(position, stop, earliest, latest), stop)

    def _within(self, level: int, start: int, stop: int, earliest: int, latest: int) -> Generator[int, None, bool]:
        """Look through the groups of a level that may hold something; return whether one did."""
        shift = _SHIFT * (level + 1)
        groups = slice(start >> shift, (stop - 1 >> shift) + 1)
        bounds = zip(self.newest[level][groups], self.oldest[level][groups], strict=True)
        any_did = False
        for group, (newest, oldest) in enumerate(bounds, groups.start):
            if newest < earliest or oldest >= latest:
                continue
            begin, end = max(start, group << shift), min(stop, group + 1 << shift)
            if level:
                did = yield from self._within(level - 1, begin, end, earliest, latest)
            else:
                found = [here for here, at in enumerate(self.at[begin:end], begin) if earliest <= at < latest]
                yield from found
                did = bool(found)
            if did:
                any_did = True
            else:
                self._put_right(level, group)
        return any_did

    def _put_right(self, level: int, group: int) -> None:
        finer = self.oldest[level - 1] if level else self.at
        self.oldest[level][group] = min(finer[group << _SHIFT : group + 1 << _SHIFT])
