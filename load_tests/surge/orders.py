"""What became of the orders of a trial, from their own histories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_DONE = frozenset({"SHIPPED", "DELIVERED", "CANCELLED", "UNFULFILLABLE"})
NEVER = float("inf")


@dataclass(frozen=True)
class Handled:
    """
    An order, in virtual seconds.

    Args:
        placed: After the trial's start.
        acknowledged: From then until the client had decided about it; infinite where it never did.
        done: The same, until nothing was left to do.
        late: Whether a promise of the contract was broken.
    """

    placed: float
    acknowledged: float
    done: float
    late: bool


def handled(order: Mapping[str, Any], started: datetime) -> Handled:
    """Return what became of an order."""
    placed = _time(order["placedAt"])
    steps = [(_time(step["at"]), step["to"]) for step in order["history"]]
    decided = [at for at, to in steps if to != "NEW"]
    done = [at for at, to in steps if to in _DONE]
    by_marketplace = order.get("cancellation", {}).get("by") == "MARKETPLACE"
    return Handled(
        (placed - started).total_seconds(),
        (min(decided) - placed).total_seconds() if decided else NEVER,
        (min(done) - placed).total_seconds() if done else NEVER,
        bool(order["late"]) or by_marketplace,
    )


def backlog(orders: Sequence[Handled], seconds: float) -> list[int]:
    """Return how many orders had come and were not done, at each of a hundred instants of this time."""
    instants = [seconds * number / 99 for number in range(100)]
    return [sum(order.placed <= at < order.placed + order.done for order in orders) for at in instants]


def quantiles(values: Iterable[float]) -> dict[str, float | None]:
    """Return the median and the like; None for what never came."""
    ordered = sorted(values)
    found = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else NEVER
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return {name: None if value == NEVER else round(value, 3) for name, value in found.items()}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
