"""A column of instants that finds those within a span, and passes over most of the others."""

from array import array
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import pairwise

from sandbox_server.persistence.positions import END

_SHIFTS = (3, 7, 11)  # eight rows are a block, sixteen blocks a district, sixteen districts a county
_BLOCK, _DISTRICT, _COUNTY = _SHIFTS
_ROWS = 1 << _BLOCK


def _bounds(finer: "array[int]", bound: Callable[["array[int]"], int]) -> Iterator["array[int]"]:
    """Return a bound of each block, of each district and of each county."""
    for shift, coarser in pairwise((0, *_SHIFTS)):
        width = 1 << coarser - shift
        finer = array("q", [bound(finer[start : start + width]) for start in range(0, len(finer), width)])
        yield finer


class Instants:
    """
    Milliseconds by position; an instant is only ever replaced by a later one.

    `newest` and `oldest` are the bounds of blocks, districts and counties. A group's newest instant is exact. Its
    oldest may be older than any that is left: it is put right when somebody has looked the group through in vain.
    """

    def __init__(self, at: "array[int] | None" = None) -> None:
        self.at = array("q") if at is None else at
        self.newest = tuple(_bounds(self.at, max))
        self.oldest = tuple(_bounds(self.at, min))

    def copy(self) -> "Instants":
        """Return a column of its own with the same instants."""
        twin = Instants()
        twin.at = self.at[:]
        twin.newest = tuple(newest[:] for newest in self.newest)
        twin.oldest = tuple(oldest[:] for oldest in self.oldest)
        return twin

    def append(self, at: int) -> None:
        """Add an instant at the end."""
        position = len(self.at)
        self.at.append(at)
        for shift, newest, oldest in zip(_SHIFTS, self.newest, self.oldest, strict=True):
            group = position >> shift
            if group == len(newest):
                newest.append(at)
                oldest.append(at)
            elif newest[group] < at:
                newest[group] = at
            elif oldest[group] > at:
                oldest[group] = at

    def move(self, positions: Iterable[int], at: int) -> None:
        """Replace instants by a later one."""
        instants, blocks = self.at, self.newest[0]
        for position in positions:
            instants[position] = at
            if blocks[position >> _BLOCK] < at:
                self._renew(position, at)

    def _renew(self, position: int, at: int) -> None:
        """Make an instant the newest of its groups, where it is."""
        for shift, newest in zip(_SHIFTS, self.newest, strict=True):
            group = position >> shift
            if newest[group] >= at:
                return
            newest[group] = at

    def within(self, start: int, stop: int, earliest: int, latest: int) -> Iterator[int]:
        """Return the positions from `start` to below `stop` whose instants are in the span, `latest` excluded."""
        if latest >= END:
            return self._since(start, stop, earliest)
        return self._within(len(_SHIFTS) - 1, start, stop, earliest, latest)

    def following(self, position: int, stop: int, earliest: int, latest: int) -> int:
        """Return the first position from this one on whose instant is in the span, or one that is not below `stop`."""
        return next(self.within(position, stop, earliest, latest), stop)

    def _since(self, start: int, stop: int, earliest: int) -> Iterator[int]:
        """Look through what may hold something; a span without an end is what clients ask for, so this one is quick."""
        at, (blocks, districts, counties) = self.at, self.newest
        for county in range(start >> _COUNTY, (stop - 1 >> _COUNTY) + 1):
            if counties[county] < earliest:
                continue
            first = max(start >> _DISTRICT, county << _COUNTY - _DISTRICT)
            for district, newest_there in enumerate(districts[first : county + 1 << _COUNTY - _DISTRICT], first):
                if newest_there < earliest:
                    continue
                block = max(start >> _BLOCK, district << _DISTRICT - _BLOCK)
                begin = block << _BLOCK
                for newest in blocks[block : district + 1 << _DISTRICT - _BLOCK]:
                    if newest >= earliest:
                        for position, instant in enumerate(at[begin : begin + _ROWS], begin):
                            if instant >= earliest and start <= position < stop:
                                yield position
                    begin += _ROWS

    def _within(self, level: int, start: int, stop: int, earliest: int, latest: int) -> Generator[int, None, bool]:
        """Look through the groups of a level that may hold something; return whether one did."""
        shift = _SHIFTS[level]
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
        finer, width = (self.oldest[level - 1], _SHIFTS[level] - _SHIFTS[level - 1]) if level else (self.at, _BLOCK)
        self.oldest[level][group] = min(finer[group << width : group + 1 << width])
