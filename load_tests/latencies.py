"""Many latencies in little room: counted by their first digits, so that they add up over processes."""

from collections import Counter
from collections.abc import Mapping
from math import floor, log10

_DIGITS = 3


class Latencies:
    """
    How often which latency was met, to three digits.

    Args:
        counts: How often, by seconds, as `counts()` gave them.
    """

    def __init__(self, counts: Mapping[float | str, int] | None = None) -> None:
        self._counts = Counter({float(seconds): number for seconds, number in (counts or {}).items()})

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[_rounded(seconds)] += 1

    def merge(self, other: "Latencies") -> None:
        """Count all of the other's, too."""
        for seconds, number in other.counts().items():
            self._counts[float(seconds)] += number

    def counts(self) -> dict[str, int]:
        """Return how often which was met, as JSON takes it."""
        return {repr(seconds): number for seconds, number in sorted(self._counts.items())}

    @property
    def total(self) -> int:
        """How many there are."""
        return self._counts.total()

    def quantile(self, part: float) -> float:
        """Return the seconds that this part of them, from 0 to 1, does not exceed; 0 where there are none."""
        wanted = part * self.total
        for seconds in sorted(self._counts):
            wanted -= self._counts[seconds]
            if wanted <= 1e-9:
                return seconds
        return 0.0


def _rounded(seconds: float) -> float:
    if seconds <= 1e-6:
        return 0.0
    return round(seconds, _DIGITS - 1 - floor(log10(seconds)))
