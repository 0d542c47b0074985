"""The highest rate that a client sustains, found in few trials."""

from dataclasses import dataclass, field
from math import sqrt

_CLOSE_ENOUGH = 1.0


@dataclass
class Search:
    """
    A search: twice the rate until it is too much, or half of it until it is not; then between the two.

    Args:
        rate: The first rate, in orders a minute.
        highest: No rate above it is tried, and none below `lowest`.
        precision: How far the two may be apart in the end, as their ratio.
    """

    rate: float
    highest: float = 6000.0
    lowest: float = 1.0
    precision: float = 1.1
    sustained: float = 0.0
    too_much: float | None = None
    _over: bool = field(default=False, init=False)

    def next_rate(self) -> float | None:
        """Return the rate to be tried next; None where it is found."""
        return None if self._over else self.rate

    def tell(self, *, kept: bool) -> None:
        """Hear whether the rate that was tried is sustained."""
        if kept:
            self.sustained = self.rate
        else:
            self.too_much = self.rate
        self._over = self._is_found()
        if self.too_much is None:
            self.rate = min(self.highest, self.rate * 2)
        elif self.sustained:
            self.rate = sqrt(self.sustained * self.too_much)
        else:
            self.rate = max(self.lowest, self.rate / 2)

    def _is_found(self) -> bool:
        if self.too_much is None:
            return self.sustained >= self.highest
        if not self.sustained:
            return self.too_much <= self.lowest
        apart = self.too_much / self.sustained
        return apart <= self.precision or self.too_much - self.sustained < _CLOSE_ENOUGH
