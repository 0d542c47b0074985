"""What a trial came to, and whether the client kept up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from load_tests.surge.calls import Calls, explanations
from load_tests.surge.orders import NEVER, Handled, backlog, quantiles
from load_tests.surge.stock import Stock, over_time
from load_tests.world import Audit

_SHARE_IN_TIME = 0.99


@dataclass(frozen=True)
class Trial:
    """
    A trial.

    Args:
        per_minute: The mean rate of orders, in the marketplace's minutes.
        seconds: How long orders came, in real time; `waited` what they were waited for afterwards.
        scale: Virtual seconds in a real one.
        within: How long an order may take, in real seconds.
        stock: How stock stood, by the second after the start; in the end at the least.
    """

    per_minute: float
    seconds: float
    waited: float
    scale: float
    within: float
    orders: Sequence[Handled]
    calls: Calls
    stock: Mapping[float, Stock]
    audit: Audit

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept, in words."""
        found = []
        slow = sum(order.done / self.scale > self.within for order in self.orders)
        if slow > len(self.orders) * (1 - _SHARE_IN_TIME):
            never = sum(order.done == NEVER for order in self.orders)
            told = f"{slow} of {len(self.orders)} orders were not done within {self.within:g} s"
            found.append(f"{told}, {never} of them not at all")
        if late := sum(order.late for order in self.orders):
            found.append(f"{late} orders broke the contract's own deadlines")
        if self.oversold:
            found.append(f"{self.oversold} units were promised that no store had")
        found += [f"the audit: {breach}" for breach in self.audit.breaches]
        return found

    @property
    def kept(self) -> bool:
        """Whether the client kept up, with all its promises."""
        return not self.broken

    @property
    def peak_backlog(self) -> int:
        """The most orders that waited at once."""
        return max(self._backlog(), default=0)

    @property
    def oversold(self) -> int:
        """The most units that were promised at once and that no store had."""
        return max(stood.oversold for stood in self.stock.values())

    def report(self) -> Mapping[str, Any]:
        """Return it as the data that reports are made of."""
        shipped = [order.done for order in self.orders]
        acknowledged = [order.acknowledged for order in self.orders]
        lasted = self.seconds + self.waited
        stock = over_time(self.stock, lasted)
        return {
            "perMinute": round(self.per_minute, 1),
            "orders": len(self.orders),
            "kept": self.kept,
            "broken": self.broken,
            "acknowledgedVirtualSeconds": quantiles(acknowledged),
            "acknowledgedSeconds": quantiles(value / self.scale for value in acknowledged),
            "shippedVirtualSeconds": quantiles(shipped),
            "shippedSeconds": quantiles(value / self.scale for value in shipped),
            "peakBacklog": self.peak_backlog,
            "backlog": self._backlog(),
            "stale": [stood.stale for stood in stock],
            "oversold": [stood.oversold for stood in stock],
            "seconds": round(lasted, 1),
            "calls": dict(self.calls.made),
            "throttled": dict(self.calls.throttled),
            "failed": dict(self.calls.failed),
            "stockLevels": stock[-1].levels,
            "staleLevels": stock[-1].stale,
            "oversoldUnits": self.oversold,
            "why": explanations(self.calls, len(self.orders), lasted),
        }

    def _backlog(self) -> list[int]:
        return backlog(self.orders, (self.seconds + self.waited) * self.scale)
