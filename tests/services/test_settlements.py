"""Settlements: what is written when money moves, and what is closed when a fortnight ends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.orders import Order
from sandbox_server.domain.returns import Condition, ReceivedLine, RefundLine, Return, ReturnReason, Wanted
from sandbox_server.domain.settlements import Settlement, SettlementLine
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import returns, settlements
from sandbox_server.services.ports import Transaction
from tests.auditing import audit
from tests.services.world import NEAR, PRICE, SEED, TAX, World

FEE = 300
"""15 % of 1999 cents, half to even."""
END = timedelta(days=9, hours=9)
"""From Friday 27 November 2026, 15:00 UTC, to the Monday after next."""


def lines(world: World) -> list[tuple[str, int]]:
    return [(line.kind.value, line.amount) for line in all_lines(world)]


def all_lines(world: World) -> list[SettlementLine]:
    return world.see(lambda tx: list(tx.settlement_lines.select()))


def all_settlements(world: World) -> list[Settlement]:
    return world.see(lambda tx: list(tx.settlements.select()))


def returned(world: World, order: Order, units: int = 1) -> Return:
    rma = world.do(returns.authorise, order.order_id, NEAR, [Wanted("1", units, ReturnReason.DAMAGED)])
    received = [ReceivedLine("1", units, Condition.SELLABLE)]
    return world.do(returns.receive, rma.return_id, NEAR, received)


def refund(world: World, rma: Return, amount: int = PRICE + TAX, units: int = 1) -> None:
    world.do(returns.refund, rma.return_id, [RefundLine("1", units, amount)])


def holds(world: World) -> bool:
    return world.see(audit) == []


def test_a_shipment_is_written_down_when_it_leaves() -> None:
    world = World()
    order = world.accept(world.place(("SKU-1", 2)))
    assert lines(world) == []
    parcel = world.ship(order, ("1", 1))
    sale, fee = all_lines(world)
    assert (sale.kind, sale.amount, fee.kind, fee.amount) == ("SALE", PRICE + TAX, "FEE", -FEE)
    assert (sale.order_id, sale.reference, sale.line_id, sale.at) == (
        order.order_id,
        parcel.shipment_id,
        "1",
        world.clock.now(),
    )
    world.ship(order, ("1", 1))
    assert lines(world)[2:] == [("SALE", PRICE + TAX), ("FEE", -FEE)]
    assert holds(world)


def test_a_refund_gives_its_part_of_the_commission_back() -> None:
    world = World()
    rma = returned(world, world.a_shipped_order(("SKU-1", 2)))
    refund(world, rma, 1000)
    assert lines(world)[2:] == [("REFUND", -1000), ("FEE", 139)]
    assert all_lines(world)[-1].reference == rma.return_id
    assert holds(world)


def test_nothing_is_written_for_what_moves_nothing() -> None:
    world = World()
    refund(world, returned(world, world.a_shipped_order(("SKU-1", 1))), 0)
    assert [kind for kind, _ in lines(world)] == ["SALE", "FEE"]
    assert holds(world)


def test_what_is_not_paid_back_in_48_hours_is_held_until_it_is() -> None:
    world = World()
    rma = returned(world, world.a_shipped_order(("SKU-1", 2)), units=2)
    assert world.due(rma.return_id) == {DueKind.RETURN_HOLD: timedelta(hours=48)}
    world.wait(hours=47)
    assert len(lines(world)) == 2
    world.wait(hours=1)
    assert lines(world)[2:] == [("HOLD", -2 * (PRICE + TAX))]
    assert holds(world)
    refund(world, rma)
    assert lines(world)[3:] == [("REFUND", -(PRICE + TAX)), ("FEE", FEE), ("HOLD_RELEASE", PRICE + TAX)]
    refund(world, rma, 1)
    assert lines(world)[6:] == [("REFUND", -1), ("HOLD_RELEASE", PRICE + TAX)]
    assert world.see(lambda tx: list(tx.holds.select())) == []
    assert holds(world)


def test_what_comes_later_is_held_later() -> None:
    world = World()
    order = world.a_shipped_order(("SKU-1", 2))
    rma = world.do(returns.authorise, order.order_id, NEAR, [Wanted("1", 2, ReturnReason.LATE)])
    one = [ReceivedLine("1", 1, Condition.SELLABLE)]
    world.do(returns.receive, rma.return_id, NEAR, one)
    world.wait(hours=40)
    world.do(returns.receive, rma.return_id, NEAR, one)
    world.wait(hours=8)
    assert lines(world)[2:] == [("HOLD", -(PRICE + TAX))]
    world.wait(hours=40)
    assert lines(world)[3:] == [("HOLD", -(PRICE + TAX))]
    assert holds(world)


def test_what_is_paid_back_in_time_is_never_held() -> None:
    world = World()
    rma = returned(world, world.a_shipped_order(("SKU-1", 1)))
    refund(world, rma)
    assert DueKind.RETURN_HOLD not in world.due(rma.return_id)
    world.wait(days=5)
    assert {"HOLD", "HOLD_RELEASE"} & {kind for kind, _ in lines(world)} == set()


def test_the_audit_does_not_wait_for_a_clock_that_has_not_looked_yet() -> None:
    world = World()
    returned(world, world.a_shipped_order(("SKU-1", 1)))
    world.clock.move_to(world.clock.now() + timedelta(hours=49))
    assert holds(world)


def test_a_world_without_sales_closes_nothing() -> None:
    world = World()
    world.place()
    assert [event for event in world.see(lambda tx: list(tx.due.select())) if event.kind is DueKind.SETTLEMENT] == []
    world.wait(days=30)
    assert all_settlements(world) == []


def test_a_period_with_lines_is_closed_when_it_ends() -> None:
    world = World()
    world.a_shipped_order(("SKU-1", 1))
    assert world.due("23") == {DueKind.SETTLEMENT: END}
    world.wait(days=9)
    assert all_settlements(world) == []
    world.wait(days=60)
    (closed,) = all_settlements(world)
    assert closed.settlement_id == make_id(SEED, "stl", 1)
    assert (closed.starts_at, closed.ends_at) == (
        datetime(2026, 11, 23, tzinfo=UTC),
        datetime(2026, 12, 7, tzinfo=UTC),
    )
    assert (closed.total, closed.lines, closed.created_at) == (PRICE + TAX - FEE, 2, closed.ends_at)
    assert world.see(lambda tx: settlements.get(tx, closed.settlement_id)) == closed
    assert holds(world)


def test_what_moves_after_a_period_belongs_to_the_next_one_that_has_lines() -> None:
    world = World()
    order = world.a_shipped_order(("SKU-1", 1))
    world.wait(days=40)
    refund(world, returned(world, order))
    world.wait(days=14)
    assert [(one.period, one.total) for one in all_settlements(world)] == [(23, 1859), (26, -1859)]
    assert holds(world)


def test_what_is_held_at_the_moment_a_period_ends_belongs_to_the_next() -> None:
    world = World()
    order = world.a_shipped_order(("SKU-1", 1))
    world.clock.move_to(world.clock.now() + END - timedelta(hours=48))
    returned(world, order)
    world.wait(hours=48)
    assert [line.period for line in all_lines(world)] == [23, 23, 24]
    world.wait(days=14)
    assert [one.period for one in all_settlements(world)] == [23, 24]
    assert holds(world)


@pytest.mark.parametrize(("zone", "hours"), [("America/New_York", 5), ("Asia/Shanghai", -8), ("Pacific/Auckland", -13)])
def test_a_period_ends_at_midnight_where_the_marketplace_is(zone: str, hours: int) -> None:
    world = World(time_zone=zone)
    world.a_shipped_order(("SKU-1", 1))
    world.wait(days=30)
    (closed,) = all_settlements(world)
    assert closed.ends_at == datetime(2026, 12, 7, tzinfo=UTC) + timedelta(hours=hours)


def test_there_is_no_settlement_of_another_name() -> None:
    with pytest.raises(NotFound):
        World().see(lambda tx: settlements.get(tx, "stl_nowhere"))


# The audit finds what is broken on purpose


def _lose_a_line(tx: Transaction) -> None:
    tx.settlement_lines.remove("2")


def _raise_an_amount(tx: Transaction) -> None:
    line = tx.settlement_lines.get("1")
    assert line is not None
    tx.settlement_lines.put(replace(line, amount=line.amount + 1))


def _settle_less(tx: Transaction) -> None:
    (closed,) = tx.settlements.select()
    tx.settlements.put(replace(closed, sums=closed.sums[:1]))


def _refund_in_secret(tx: Transaction) -> None:
    (rma,) = tx.returns.select()
    (line,) = rma.lines
    tx.returns.put(replace(rma, lines=(replace(line, refunded=line.refunded - 1),)))


def _forget_a_hold(tx: Transaction) -> None:
    hold = next(line for line in tx.settlement_lines.select() if line.kind == "HOLD")
    tx.settlement_lines.remove(str(hold.number))


@pytest.mark.parametrize(
    ("sabotage", "subject"),
    [
        (_lose_a_line, "order"),
        (_raise_an_amount, "order"),
        (_settle_less, "settlement"),
        (_refund_in_secret, "order"),
        (_forget_a_hold, "order"),
    ],
)
def test_the_audit_names_what_does_not_add_up(sabotage: Callable[[Transaction], None], subject: str) -> None:
    world = World()
    order = world.a_shipped_order(("SKU-1", 2))
    rma = returned(world, order, units=2)
    refund(world, rma, 1000)
    world.wait(days=20)
    assert holds(world)
    world.do(sabotage)
    found = {breach.subject for breach in world.see(audit) if breach.invariant == 7}
    names: dict[str, Any] = {"order": order.order_id, "settlement": make_id(SEED, "stl", 1)}
    assert names[subject] in found
