"""Curves for a page: lines as SVG that stretch with the page, and what is written beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor, log10

_WIDTH, _HEIGHT = 1000.0, 200.0


@dataclass(frozen=True)
class Line:
    """
    A curve.

    Args:
        tone: Which colour it has: `first`, `second`, `third`, `bad` or `odd`.
        values: As many as are to be shown, at equal distances over the whole time.
    """

    name: str
    tone: str
    values: Sequence[float]


@dataclass(frozen=True)
class Mark:
    """Something that happened in a second."""

    second: float
    tone: str
    name: str


@dataclass(frozen=True)
class Chart:
    """Curves over the same time, with one scale."""

    title: str
    unit: str
    lines: Sequence[Line]
    seconds: float
    marks: Sequence[Mark] = field(default_factory=list)

    @property
    def top(self) -> float:
        """The end of the scale: the largest value, rounded up to something that can be read."""
        return _round_up(max((value for line in self.lines for value in line.values), default=0.0))

    @property
    def view(self) -> str:
        """The drawing's own coordinates."""
        return f"0 0 {_WIDTH:g} {_HEIGHT:g}"

    def points(self, line: Line) -> str:
        """Return a curve in the drawing's coordinates."""
        width = _WIDTH / max(1, len(line.values) - 1)
        return " ".join(f"{number * width:.1f},{self._down(value):.1f}" for number, value in enumerate(line.values))

    def across(self, second: float) -> float:
        """Return where a second is."""
        return _WIDTH * min(1.0, second / max(1.0, self.seconds - 1))

    def _down(self, value: float) -> float:
        return _HEIGHT * (1 - min(1.0, value / self.top))


def _round_up(value: float) -> float:
    """Return 1, 2 or 5 times a power of ten that is not below the value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)
