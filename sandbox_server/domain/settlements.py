"""
What the marketplace owes the seller, fortnight by fortnight: sales, refunds, its commission, and what it holds back.

Every movement of money is a line of the settlement of its time. Amounts are the seller's: what it gets is above
nothing, what it pays is below.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from sandbox_server.domain.orders import Line, Order
from sandbox_server.domain.returns import Condition, RefundLine, Return, ReturnStatus
from sandbox_server.domain.sales import Sold, price_of
from sandbox_server.kernel.money import Money

FIRST_DAY = date(2026, 1, 5)
"""A Monday on which a period begins; the others lie whole fortnights before and after it."""
DAYS = 14
COMMISSION_PERCENT = 15
HOLD_AFTER = timedelta(hours=48)


class LineKind(StrEnum):
    """What a line of a settlement is for."""

    SALE = "SALE"
    REFUND = "REFUND"
    FEE = "FEE"
    HOLD = "HOLD"
    HOLD_RELEASE = "HOLD_RELEASE"


class Posting(NamedTuple):
    """Money that moves, in minor units; a hold is about a return, everything else about a line of an order."""

    kind: LineKind
    amount: int
    line_id: str | None = None


class SettlementLine(msgspec.Struct, frozen=True, array_like=True):
    """
    A posting, in the period of its time.

    Args:
        number: Its place among all of them.
        period: The number of the period; the one that begins on `FIRST_DAY` is 0.
        reference: The shipment, or the return, that it is owed to.
    """

    number: int
    period: int
    kind: LineKind
    order_id: str
    reference: str
    amount: int
    currency: str
    at: datetime
    line_id: str | None = None


class Sum(msgspec.Struct, frozen=True, array_like=True):
    """What the lines of a kind add up to, in minor units, and how many there are."""

    kind: LineKind
    lines: int
    amount: int


class Settlement(msgspec.Struct, frozen=True, array_like=True):
    """A period that is over: from `starts_at`, included, to `ends_at`, excluded."""

    settlement_id: str
    period: int
    starts_at: datetime
    ends_at: datetime
    currency: str
    sums: tuple[Sum, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def total(self) -> int:
        """What all lines add up to, in minor units."""
        return sum(part.amount for part in self.sums)

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return sum(part.lines for part in self.sums)


class Hold(msgspec.Struct, frozen=True, array_like=True):
    """What is held back of a return, in minor units."""

    return_id: str
    amount: int


class Period(NamedTuple):
    """A fortnight: from the midnight at which it starts, included, to the one at which it ends, excluded."""

    number: int
    starts_at: datetime
    ends_at: datetime


def period_of(at: datetime, time_zone: str) -> Period:
    """Return the period that an instant is in; midnights are the zone's own."""
    period = _period((at.date() - FIRST_DAY).days // DAYS, time_zone)
    if at < period.starts_at:
        return _period(period.number - 1, time_zone)
    if at >= period.ends_at:
        return _period(period.number + 1, time_zone)
    return period


class Tally:
    """Adds lines up, one by one."""

    def __init__(self) -> None:
        self._counts: Counter[LineKind] = Counter()
        self._amounts: Counter[LineKind] = Counter()

    def add(self, line: SettlementLine) -> None:
        """Add a line."""
        self._counts[line.kind] += 1
        self._amounts[line.kind] += line.amount

    @property
    def sums(self) -> tuple[Sum, ...]:
        """The sum of each kind of which there were lines."""
        counts, amounts = self._counts, self._amounts
        return tuple(Sum(kind, counts[kind], amounts[kind]) for kind in LineKind if counts[kind])


def add_up(lines: Iterable[SettlementLine]) -> tuple[Sum, ...]:
    """Return the sum of each kind of which there are lines."""
    tally = Tally()
    for line in lines:
        tally.add(line)
    return tally.sums


def of_sale(parcel: Iterable[Sold], currency: str) -> Iterator[Posting]:
    """Return what a shipment moves: what its lines cost, and the commission on them."""
    for part in parcel:
        ahead = price_of(part.line, part.before, currency).gross
        fee = commission(part.line, ahead + part.price.gross, currency) - commission(part.line, ahead, currency)
        yield Posting(LineKind.SALE, part.price.gross, part.line.line_id)
        yield Posting(LineKind.FEE, -fee, part.line.line_id)


def of_refund(order: Order, refund: Sequence[RefundLine], before: Mapping[str, int]) -> Iterator[Posting]:
    """
    Return what a refund moves: what is paid back, and the commission on it.

    Args:
        before: What had been paid back before, by line id.
    """
    lines = {line.line_id: line for line in order.lines}
    for paid in refund:
        line, ahead = lines[paid.line_id], before.get(paid.line_id, 0)
        back = commission(line, ahead + paid.amount, order.currency) - commission(line, ahead, order.currency)
        yield Posting(LineKind.REFUND, -paid.amount, paid.line_id)
        yield Posting(LineKind.FEE, back, paid.line_id)


def commission(line: Line, gross: int, currency: str) -> int:
    """
    Return the commission on a part of what an order's line costs.

    It is 15 % of the line's net amount, half to even, and of that the share that the part is of the whole. It is a
    running total: what a shipment owes, and what a refund gives back, is the difference, so that nothing is left of it
    where everything is paid back.
    """
    if not gross:
        return 0
    whole = price_of(line, line.quantity, currency)
    return Money(whole.net, currency).share(COMMISSION_PERCENT, 100).share(gross, whole.gross).minor


def refunded(returns: Iterable[Return]) -> Counter[str]:
    """Return what has been paid back of an order's lines, by line id."""
    amounts: Counter[str] = Counter()
    for rma in returns:
        for line in rma.lines:
            amounts[line.line_id] += line.refunded
    return amounts


def overdue(rma: Return, at: datetime) -> int:
    """Return what is to be held back: what could have been paid back, and was not, 48 hours after the goods came."""
    if rma.status not in _OWED:
        return 0
    units: Counter[str] = Counter()
    for receipt in rma.receipts:
        if receipt.received_at + HOLD_AFTER <= at:
            units.update({part.line_id: 0 for part in receipt.lines})
            for part in receipt.lines:
                units[part.line_id] += part.quantity * (part.condition is not Condition.WRONG_ITEM)
    return sum(
        max(0, line.paid * units[line.line_id] // line.quantity - line.refunded)
        for line in rma.lines
        if units[line.line_id] > line.refunded_quantity
    )


def next_overdue(rma: Return, now: datetime) -> datetime | None:
    """Return when more of it becomes overdue, unless it is paid back before."""
    times = (receipt.received_at + HOLD_AFTER for receipt in rma.receipts)
    return min((at for at in times if at > now), default=None) if rma.status in _OWED else None


_OWED = frozenset({ReturnStatus.RECEIVED_IN_PART, ReturnStatus.RECEIVED})


@lru_cache(maxsize=256)
def _period(number: int, time_zone: str) -> Period:
    zone = ZoneInfo(time_zone)
    first, next_first = (FIRST_DAY + timedelta(days=DAYS * turn) for turn in (number, number + 1))
    return Period(number, _midnight(first, zone), _midnight(next_first, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
