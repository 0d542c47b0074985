"""The seventh invariant: settlements, and the period that is open, against the money that really moved."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.orders import Order
from sandbox_server.domain.returns import Return
from sandbox_server.domain.sales import price_of, units_of
from sandbox_server.domain.settlements import LineKind, Settlement, SettlementLine, add_up, commission, refunded
from sandbox_server.domain.shipments import Shipment

_HELD = (LineKind.HOLD, LineKind.HOLD_RELEASE)


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


def settled(lines: Iterable[SettlementLine]) -> dict[str, Account]:
    """Return what the lines of all settlements say, by order."""
    sums: defaultdict[str, Counter[LineKind]] = defaultdict(Counter)
    for line in lines:
        sums[line.order_id][line.kind] += line.amount
    return {
        order_id: Account(of[LineKind.SALE], of[LineKind.REFUND], of[LineKind.FEE], sum(of[kind] for kind in _HELD))
        for order_id, of in sums.items()
    }


def settlements_equal_the_ledger(
    accounts: Mapping[str, Account], lines: Sequence[SettlementLine], settlements: Iterable[Settlement]
) -> Iterator[Breach]:
    """
    Name orders whose lines differ from the money that moved, and settlements that differ from their lines (7).

    Args:
        accounts: What the shipments and returns of each order have moved.
    """
    said = settled(lines)
    for order_id in dict.fromkeys((*accounts, *said)):
        moved, told = accounts.get(order_id, NOTHING), said.get(order_id, NOTHING)
        for name, is_so, is_told in zip(Account._fields, moved, told, strict=True):
            if is_so != is_told:
                yield Breach(7, order_id, f"{name}: the settlements say {is_told}, in minor units; it is {is_so}")
    yield from _closings(lines, settlements)


def _closings(lines: Iterable[SettlementLine], settlements: Iterable[Settlement]) -> Iterator[Breach]:
    periods: defaultdict[int, list[SettlementLine]] = defaultdict(list)
    for line in lines:
        periods[line.period].append(line)
    for settlement in settlements:
        own = periods.pop(settlement.period, [])
        stands = add_up(own)
        if stands != settlement.sums:
            detail = f"says {settlement.total}; its lines {sum(line.amount for line in own)}, in minor units"
            yield Breach(7, settlement.settlement_id, detail)
        strangers = [line.number for line in own if not settlement.starts_at <= line.at < settlement.ends_at]
        if strangers:
            yield Breach(7, settlement.settlement_id, f"has lines of another time: {strangers[:10]}")
    for period in sorted(periods)[:-1]:
        yield Breach(7, f"period {period}", f"{len(periods[period])} lines, and no settlement")
