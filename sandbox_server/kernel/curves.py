"""How a rate changes over a time, and when so much of what it brings has come."""

from itertools import pairwise
from math import sqrt
from typing import NamedTuple


class Knot(NamedTuple):
    """A rate at a part of the time, from 0 to 1; between two knots the rate changes evenly."""

    at: float
    rate: float


class Curve:
    """
    A rate over a time.

    Args:
        knots: In order of time, the first at 0 and the last at 1; two at the same time are a step.

    Raises:
        ValueError: They leave a hole, go back in time, or bring nothing.
    """

    def __init__(self, *knots: Knot) -> None:
        _check(knots)
        self.knots = knots
        whole = sum((right.at - left.at) * (left.rate + right.rate) / 2 for left, right in pairwise(knots))
        if whole <= 0:
            raise ValueError("a curve has a rate above 0 somewhere")
        self.peak = max(knot.rate for knot in knots) / whole
        """The highest rate, where the mean is 1."""
        self._stretches = tuple(
            _Stretch(
                left.at,
                right.at - left.at,
                left.rate / whole,
                (right.rate - left.rate) / (right.at - left.at) / whole,
                (right.at - left.at) * (left.rate + right.rate) / 2 / whole,
            )
            for left, right in pairwise(knots)
            if right.at > left.at
        )

    def part_of_time(self, part: float) -> float:
        """Return the part of the time by which this part, from 0 to 1, of what the rate brings has come."""
        left = part
        for stretch in self._stretches:
            if left <= stretch.area:
                return stretch.begins + stretch.reached_by(left)
            left -= stretch.area
        return 1.0


class _Stretch(NamedTuple):
    """What lies between two knots; `area` is its part of all that comes."""

    begins: float
    length: float
    low: float
    slope: float
    area: float

    def reached_by(self, area: float) -> float:
        """Return x where low x + slope x² / 2 = area, in a form that cancels nothing out."""
        root = sqrt(max(0.0, self.low * self.low + 2 * self.slope * area))
        return min(self.length, 2 * area / (self.low + root)) if area else 0.0


def _check(knots: tuple[Knot, ...]) -> None:
    if not knots or knots[0].at != 0 or knots[-1].at != 1:
        raise ValueError("a curve begins at 0 and ends at 1")
    if any(right.at < left.at for left, right in pairwise(knots)):
        raise ValueError("the knots of a curve stand in order of time")
    if any(knot.rate < 0 for knot in knots):
        raise ValueError("no rate is below 0")
