"""Stores as points of a drawing, from their coordinates."""

from collections.abc import Sequence
from math import cos, radians
from typing import NamedTuple

from sandbox_server.domain.stores import Store

WIDTH, HEIGHT = 720, 400
_MARGIN = 24
_LEAST_DEGREES = 0.05
NAMED = 24
"""How many stores may have their names beside them."""
_NAME = (70, 18)  # what a name takes, with the circle before it


class Point(NamedTuple):
    """
    Where a store is on the drawing.

    Args:
        before: Whether its name stands before it, because another one is where it would stand behind.
    """

    store: Store
    x: float
    y: float
    before: bool = False


class Drawing(NamedTuple):
    """Stores on a plane, north above, everything within the margins."""

    points: Sequence[Point]
    width: int = WIDTH
    height: int = HEIGHT


def drawing_of(stores: Sequence[Store]) -> Drawing:
    """Return the stores drawn as large as fits, degrees of longitude as wide as they are in the middle of them."""
    if not stores:
        return Drawing([])
    north = [store.location.latitude for store in stores]
    middle = (max(north) + min(north)) / 2
    shrink = max(cos(radians(middle)), 0.1)
    east = [store.location.longitude * shrink for store in stores]
    scale = min(_scale(WIDTH, east), _scale(HEIGHT, north))
    centre = (max(east) + min(east)) / 2
    points = [
        Point(store, round(WIDTH / 2 + (x - centre) * scale, 1), round(HEIGHT / 2 - (y - middle) * scale, 1))
        for store, x, y in zip(stores, east, north, strict=True)
    ]
    return Drawing([_named(point, points) for point in points] if len(points) <= NAMED else points)


def _named(point: Point, points: Sequence[Point]) -> Point:
    behind = (0 < other.x - point.x < _NAME[0] and abs(other.y - point.y) < _NAME[1] for other in points)
    return point._replace(before=any(behind))


def _scale(size: int, values: Sequence[float]) -> float:
    return (size - 2 * _MARGIN) / max(max(values) - min(values), _LEAST_DEGREES)
