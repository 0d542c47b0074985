"""How well a chain that is live keeps its promises, quarter by quarter."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sandbox_server.domain.orders import Order, OrderStatus

_QUARTER = 3


class Quarter(NamedTuple):
    """
    Three months of a calendar.

    Args:
        name: As in `2026-Q4`.
        ends: The first instant after it.
    """

    name: str
    begins: datetime
    ends: datetime


class Score(NamedTuple):
    """How many things there were, and how many of them were as they ought to be."""

    counted: int = 0
    good: int = 0

    def plus(self, good: bool | None) -> "Score":
        """Return the score with one thing more; with none, where that is not known yet."""
        return self if good is None else Score(self.counted + 1, self.good + good)


def quarters(since: datetime, until: datetime, time_zone: str) -> Iterator[Quarter]:
    """Return the quarters from the one that an instant lies in to the one that a later instant lies in."""
    zone = ZoneInfo(time_zone)
    local = since.astimezone(zone)
    year, number = local.year, (local.month - 1) // _QUARTER
    while (begins := _first_of(year, number, zone)) <= until:
        after = year + (number + 1) // 4, (number + 1) % 4
        yield Quarter(f"{year}-Q{number + 1}", begins, _first_of(*after, zone))
        year, number = after


def acknowledged(order: Order) -> bool | None:
    """Whether an order was acknowledged before it went to other stores; None while it may be, or need not be."""
    if order.rerouted:
        return False
    return True if any(step.to == OrderStatus.ACKNOWLEDGED for step in order.history) else None


def shipped(order: Order) -> bool | None:
    """Whether an order was shipped in time; None while it may be yet, and where it need not be any more."""
    if order.late:
        return False
    return True if any(step.to == OrderStatus.SHIPPED for step in order.history) else None


def total(facts: Iterable[bool | None]) -> Score:
    """Return the score of what is known."""
    score = Score()
    for fact in facts:
        score = score.plus(fact)
    return score


def _first_of(year: int, number: int, zone: ZoneInfo) -> datetime:
    return datetime(year, number * _QUARTER + 1, 1, tzinfo=zone).astimezone(UTC)
