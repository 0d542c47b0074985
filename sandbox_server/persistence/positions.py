"""Rising lists of positions, as indexes hold them."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sandbox_server.kernel.clock import from_milliseconds, to_milliseconds
from sandbox_server.services.ports import Window

Index = Mapping[str, "array[int]"]
BEGINNING = -(1 << 62)
END = 1 << 62


def matching(
    indexes: Mapping[str, Index], where: Mapping[str, str], start: int, stop: int, *, falling: bool = False
) -> Iterable[int]:
    """Return the positions from `start` to below `stop` that every index named in `where` holds, rising or falling."""
    if not where:
        return reversed(range(start, stop)) if falling else range(start, stop)
    narrowest, *others = narrowest_first(indexes, where)
    span = range(bisect_left(narrowest, start), bisect_left(narrowest, stop))
    chosen: Iterable[int] = map(narrowest.__getitem__, reversed(span) if falling else span)
    return filter(_in_all(others), chosen) if others else chosen


def narrowest_first(indexes: Mapping[str, Index], where: Mapping[str, str]) -> list["array[int]"]:
    """Return the positions that each index named in `where` holds for its value, the fewest first."""
    return sorted((indexes[name].get(value, _NONE) for name, value in where.items()), key=len)


def has(positions: "array[int]", position: int) -> bool:
    """Whether the position is among them."""
    place = bisect_left(positions, position)
    return place < len(positions) and positions[place] == position


def bounds(window: Window) -> tuple[int, int]:
    """Return the first millisecond of a window, and the first one after it."""
    earliest = first_millisecond(window.after) if window.after is not None else BEGINNING
    latest = first_millisecond(window.before) if window.before is not None else END
    return earliest, latest


def first_millisecond(at: datetime) -> int:
    """Return the first whole millisecond that is not before the instant: callers may ask more finely than we keep."""
    whole = to_milliseconds(at)
    return whole if from_milliseconds(whole) == at else whole + 1


def _in_all(others: list["array[int]"]) -> Callable[[int], bool]:
    return lambda position: all(has(positions, position) for positions in others)


_NONE: "array[int]" = array("q")
