"""How fresh stock is, and what was oversold, over the time of a trial."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

_SHARE_OF_LOOKS = 0.02
"""How much of the time looking may take: the marketplace that the client calls is held up by it."""


class Stock(NamedTuple):
    """How many stock levels there are, how many of them are stale, and how many units were sold that nobody had."""

    levels: int
    stale: int
    oversold: int


@dataclass
class Watch:
    """
    Looks at stock now and then, where it is large more seldom.

    Args:
        look: Returns how stock stands now.
        seen: What was seen, by the second after the trial's start.
    """

    look: Callable[[], Stock]
    seen: dict[float, Stock] = field(default_factory=dict)
    _next: float = 0.0

    def glance(self, second: float, *, last: bool = False) -> None:
        """Look, if it is time, or never again will be."""
        if last or second >= self._next:
            begun = monotonic()
            self.seen[second] = self.look()
            self._next = second + (monotonic() - begun) / _SHARE_OF_LOOKS


def over_time(seen: Mapping[float, Stock], seconds: float) -> Sequence[Stock]:
    """Return how stock stood, as far as was seen, at each of a hundred instants of this time."""
    looked = sorted(seen)
    instants = (seconds * number / 99 for number in range(100))
    return [seen[looked[max(0, bisect_right(looked, instant) - 1)]] for instant in instants]
