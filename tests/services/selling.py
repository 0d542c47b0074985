"""A shop whose orders leave in parts and are paid back in parts, and what its settlements must then say."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from sandbox_server.domain.catalogue import TaxClass
from sandbox_server.domain.orders import Order, line_total
from sandbox_server.domain.promotions import Promotion, PromotionKind
from sandbox_server.domain.returns import Condition, ReceivedLine, RefundLine, ReturnReason, Wanted
from sandbox_server.domain.settlements import LineKind
from sandbox_server.services import returns
from tests.auditing import audit
from tests.domain.builders import NOW
from tests.services.world import NEAR, World, a_product, a_shop

PLENTY = 1_000_000
SKUS = {"SKU-1": TaxClass.STANDARD, "SKU-2": TaxClass.REDUCED, "SKU-3": TaxClass.ZERO}


class Deed(NamedTuple):
    """
    What becomes of an order.

    Args:
        basket: Units by SKU.
        parcels: In how many parts each line leaves, at the most.
        back: Of the first line's units, how many come back.
        paid: Of what may be paid back, which share of 10 is, each time.
        hours: How much time passes before the goods come back, and before each payment.
    """

    basket: tuple[tuple[str, int], ...]
    parcels: int
    back: int
    paid: tuple[int, ...]
    hours: int


def open_world(currency: str, prices: Iterable[int], *, promoted: bool) -> World:
    world = World(
        {(NEAR, sku): PLENTY for sku in SKUS},
        [a_shop(NEAR, daily_order_capacity=PLENTY)],
        [a_product(sku, currency, price, tax) for (sku, tax), price in zip(SKUS.items(), prices, strict=True)],
        currency,
        "Pacific/Auckland",
    )
    if promoted:
        always = NOW, NOW + timedelta(days=3650), NOW, NOW
        with world.tenant.begin("promotions") as tx:
            percent = Promotion("prm_1", "A third off", PromotionKind.PERCENT_OFF, *always, percent=33, skus=("SKU-1",))
            bundle = Promotion("prm_2", "One free", PromotionKind.BUY_X_GET_Y, *always, buy=2, get=1, skus=("SKU-2",))
            tx.promotions.put(percent)
            tx.promotions.put(bundle)
    return world


def play(world: World, deed: Deed) -> tuple[int, int]:
    """Do what a deed says; return what the order cost, and what was paid back."""
    order = world.accept(world.place(*deed.basket))
    for part in _parts(order, deed.parcels):
        world.ship(order, *part)
    cost = sum(part.minor for line in order.lines for part in line_total(line, order.currency))
    units = min(deed.back, order.lines[0].quantity)
    return cost, _brought_back(world, order, units, deed) if units else 0


def _parts(order: Order, parcels: int) -> Iterator[list[tuple[str, int]]]:
    for turn in range(parcels):
        shares = {
            line.line_id: line.quantity * (turn + 1) // parcels - line.quantity * turn // parcels
            for line in order.lines
        }
        part = [(line_id, units) for line_id, units in shares.items() if units]
        if part:
            yield part


def _brought_back(world: World, order: Order, units: int, deed: Deed) -> int:
    rma = world.do(returns.authorise, order.order_id, NEAR, [Wanted("1", units, ReturnReason.DAMAGED)])
    world.wait(hours=deed.hours)
    rma = world.do(returns.receive, rma.return_id, NEAR, [ReceivedLine("1", units, Condition.SELLABLE)])
    given_back = 0
    for share in deed.paid:
        world.wait(hours=deed.hours)
        (line,) = rma.lines
        if line.refundable_quantity:
            amount = line.refundable * share // 10
            rma = world.do(returns.refund, rma.return_id, [RefundLine("1", 1, amount)])
            given_back += amount
    return given_back


def check(world: World, cost: int, given_back: int) -> None:
    """Hold the settlements against what was played, and against what the audit rebuilds."""
    world.wait(days=15)
    assert world.see(audit) == []
    closed = world.see(lambda tx: list(tx.settlements.select()))
    lines = world.see(lambda tx: list(tx.settlement_lines.select()))
    sums = {kind: sum(line.amount for line in lines if line.kind is kind) for kind in LineKind}
    assert (sums[LineKind.SALE], sums[LineKind.REFUND]) == (cost, -given_back)
    settled = {settlement.period for settlement in closed}
    open_period = [line.amount for line in lines if line.period not in settled]
    assert sum(settlement.total for settlement in closed) + sum(open_period) == sum(sums.values())
