"""The seventh invariant: settlements, and the period that is open, against the money that really moved."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.orders import Order
from sandbox_server.domain.returns import Return
from sandbox_server.domain.sales import price_of, units_of
from sandbox_server.domain.settlements import LineKind, Settlement, SettlementLine, Tally, commission, refunded
from sandbox_server.domain.shipments import Shipment

_TOLD_AS = {
    LineKind.SALE: "sales",
    LineKind.REFUND: "refunds",
    LineKind.FEE: "fees",
    LineKind.HOLD: "held",
    LineKind.HOLD_RELEASE: "held",
}


class Account(NamedTuple):
    """What an order has brought the seller, in minor units; `held` is what is held back of it, below nothing."""

    sales: int
    refunds: int
    fees: int
    held: int


NOTHING = Account(0, 0, 0, 0)


def account(order: Order, shipments: Iterable[Shipment], returns: Sequence[Return], held: int) -> Account:
    """
    Return what an order's shipments and returns have moved.

    Args:
        held: What is overdue of its returns.
    """
    units, back, currency = units_of(shipments), refunded(returns), order.currency
    sales = fees = 0
    for line in order.lines:
        gross = price_of(line, units[line.line_id], currency).gross
        sales += gross
        fees += commission(line, back[line.line_id], currency) - commission(line, gross, currency)
    return Account(sales, -back.total(), fees, -held)


class Reckoning:
    """
    Takes in what orders have moved, and the lines of all settlements, piece by piece; then names what differs (7).

    Args:
        settlements: All of them.
    """

    def __init__(self, settlements: Iterable[Settlement]) -> None:
        self._settlements = tuple(settlements)
        self._spans = {one.period: (one.starts_at, one.ends_at) for one in self._settlements}
        self._orders: dict[str, None] = {}
        self._moved: dict[str, Account] = {}
        self._told: dict[str, Counter[str]] = {name: Counter() for name in Account._fields}
        self._periods: defaultdict[int, Tally] = defaultdict(Tally)
        self._strangers: defaultdict[int, list[int]] = defaultdict(list)

    def move(self, order_id: str, moved: Account) -> None:
        """Take in what the shipments and returns of an order have moved."""
        self._orders[order_id] = None
        self._moved[order_id] = moved

    def tell(self, line: SettlementLine) -> None:
        """Take in a line."""
        self._orders[line.order_id] = None
        self._told[_TOLD_AS[line.kind]][line.order_id] += line.amount
        self._periods[line.period].add(line)
        span = self._spans.get(line.period)
        if span is not None and not span[0] <= line.at < span[1]:
            self._strangers[line.period].append(line.number)

    @property
    def orders(self) -> Iterable[str]:
        """Every order that has moved anything, or is told of."""
        return self._orders

    def told(self, order_id: str) -> Account:
        """Return what the lines say of an order."""
        return Account(*(amounts[order_id] for amounts in self._told.values()))

    def check(self, order_id: str) -> Iterator[Breach]:
        """Name where the lines of an order differ from the money that moved."""
        moved, told = self._moved.get(order_id, NOTHING), self.told(order_id)
        for name, is_so, is_told in zip(Account._fields, moved, told, strict=True):
            if is_so != is_told:
                yield Breach(7, order_id, f"{name}: the settlements say {is_told}, in minor units; it is {is_so}")

    def closings(self) -> Iterator[Breach]:
        """Name settlements that differ from their lines, and periods that are over and have none."""
        periods = dict(self._periods)
        for settlement in self._settlements:
            stands = periods.pop(settlement.period, Tally()).sums
            if stands != settlement.sums:
                detail = f"says {settlement.total}; its lines {sum(one.amount for one in stands)}, in minor units"
                yield Breach(7, settlement.settlement_id, detail)
            if strangers := self._strangers.pop(settlement.period, None):
                yield Breach(7, settlement.settlement_id, f"has lines of another time: {strangers[:10]}")
        for period in sorted(periods)[:-1]:
            lines = sum(one.lines for one in periods[period].sums)
            yield Breach(7, f"period {period}", f"{lines} lines, and no settlement")
