"""Goods that come back: what is promised to the buyer, what goes back on the shelf, and what the clock ends."""

from datetime import timedelta

import pytest

from sandbox_server.domain.errors import IllegalTransition, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.inventory import Quantity
from sandbox_server.domain.orders import Order
from sandbox_server.domain.returns import (
    Condition,
    ReceivedLine,
    RefundLine,
    Return,
    ReturnReason,
    ReturnStatus,
    Wanted,
)
from sandbox_server.domain.stores import Capability, StoreStatus
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import returns
from tests.domain.builders import NOW
from tests.services.world import FAR, MIDDLE, NEAR, PRICE, SEED, TAX, World, a_shop

S = ReturnStatus
SELLABLE, DAMAGED, WRONG = Condition.SELLABLE, Condition.DAMAGED, Condition.WRONG_ITEM
TWO_DAYS, FORTNIGHT, MONTH = timedelta(days=2), timedelta(days=14), timedelta(days=30)


def open_return(world: World, order: Order, *lines: tuple[str, int], store_id: str = NEAR) -> Return:
    wanted = [Wanted(line_id, units, ReturnReason.NO_LONGER_WANTED) for line_id, units in lines or (("1", 2),)]
    return world.do(returns.authorise, order.order_id, store_id, wanted)


def receive(world: World, rma: Return, *lines: tuple[str, int, Condition], store_id: str = NEAR) -> Return:
    return world.do(returns.receive, rma.return_id, store_id, [ReceivedLine(*line) for line in lines])


def refund(world: World, rma: Return, *lines: tuple[str, int, int]) -> Return:
    return world.do(returns.refund, rma.return_id, [RefundLine(*line) for line in lines])


def see(world: World, rma: Return) -> Return:
    return world.see(lambda tx: returns.get(tx, rma.return_id))


def a_return(world: World, units: int = 2) -> Return:
    return open_return(world, world.a_shipped_order(("SKU-1", units)), ("1", units))


def test_an_authorised_return_is_told_and_waits_for_30_days() -> None:
    world = World()
    rma = a_return(world)
    assert see(world, rma) == rma
    assert rma.return_id == make_id(SEED, "ret", 1)
    assert (rma.status, rma.store_id, rma.currency) == (S.AUTHORISED, NEAR, "USD")
    assert [(line.line_id, line.sku, line.quantity, line.paid) for line in rma.lines] == [
        ("1", "SKU-1", 2, 2 * (PRICE + TAX))
    ]
    assert rma.history[-1].cause == "req_4"
    assert world.due(rma.return_id) == {DueKind.RETURN_EXPIRY: MONTH}
    assert world.events()[-1] == ("return.authorised", rma.return_id)
    assert world.movements(rma.return_id) == []


def test_returns_have_ids_of_their_own() -> None:
    world = World()
    order = world.a_shipped_order(("SKU-1", 2))
    assert open_return(world, order, ("1", 1)).return_id != open_return(world, order, ("1", 1)).return_id


def test_what_is_on_its_way_back_cannot_come_back_twice() -> None:
    world = World()
    order = world.a_shipped_order(("SKU-1", 2))
    open_return(world, order, ("1", 2))
    before = world.everything()
    with pytest.raises(Unprocessable):
        open_return(world, order, ("1", 1))
    assert world.everything() == before


def test_what_was_not_shipped_cannot_come_back() -> None:
    world = World()
    order = world.accept(world.place())
    before = world.everything()
    with pytest.raises(Unprocessable):
        open_return(world, order, ("1", 1))
    assert world.everything() == before


@pytest.mark.parametrize(
    "changes",
    [{"status": StoreStatus.CLOSED}, {"capabilities": (Capability.SHIP_FROM_STORE, Capability.SAME_DAY)}],
)
def test_only_an_open_store_with_a_counter_takes_returns(changes: dict[str, object]) -> None:
    world = World(shops=[a_shop(NEAR), a_shop(MIDDLE, **changes)])
    order = world.a_shipped_order()
    before = world.everything()
    with pytest.raises(Unprocessable) as refusal:
        open_return(world, order, store_id=MIDDLE)
    assert [fault.code for fault in refusal.value.faults] == ["NO_DROP_OFF"]
    assert world.everything() == before
    rma = open_return(world, order)
    with pytest.raises(Unprocessable):
        receive(world, rma, ("1", 1, SELLABLE), store_id=MIDDLE)


def test_a_paused_store_still_takes_returns() -> None:
    world = World(shops=[a_shop(NEAR), a_shop(MIDDLE, status=StoreStatus.PAUSED)])
    assert open_return(world, world.a_shipped_order(), store_id=MIDDLE).store_id == MIDDLE


@pytest.mark.parametrize("missing", ["order", "store"])
def test_a_return_needs_an_order_and_a_store_that_there_are(missing: str) -> None:
    world = World()
    order = world.a_shipped_order()
    order_id, store_id = ("ord_none", NEAR) if missing == "order" else (order.order_id, "S9999")
    with pytest.raises(NotFound):
        world.do(returns.authorise, order_id, store_id, [Wanted("1", 1, ReturnReason.LATE)])


def test_sellable_goods_go_back_on_the_shelf_of_the_store_that_receives_them() -> None:
    world = World()
    rma = a_return(world)
    received = receive(world, rma, ("1", 1, SELLABLE), ("1", 1, DAMAGED), store_id=FAR)
    assert received.status is S.RECEIVED
    assert world.stock(FAR) == (1, 0, 0)
    assert world.stock(NEAR) == (8, 0, 0)
    assert world.movements(rma.return_id) == [(FAR, "SKU-1", Quantity.ON_HAND, 1, "RETURN", "req_5")]
    assert world.due(rma.return_id) == {DueKind.RETURN_HOLD: TWO_DAYS}


def test_a_return_received_in_part_still_waits_for_the_rest() -> None:
    world = World()
    rma = receive(world, a_return(world), ("1", 1, SELLABLE))
    assert rma.status is S.RECEIVED_IN_PART
    assert world.due(rma.return_id) == {DueKind.RETURN_EXPIRY: MONTH, DueKind.RETURN_HOLD: TWO_DAYS}
    world.wait(days=30)
    assert see(world, rma).status is S.RECEIVED
    assert "return.expired" not in [kind for kind, _ in world.events()]


def test_goods_that_were_never_sold_end_a_return_without_money() -> None:
    world = World()
    rma = receive(world, a_return(world), ("1", 2, WRONG))
    assert rma.status is S.REJECTED
    assert world.stock(NEAR) == (8, 0, 0)
    assert world.due(rma.return_id) == {}
    with pytest.raises(IllegalTransition):
        refund(world, rma, ("1", 1, 1))


def test_more_than_is_awaited_is_refused_and_changes_nothing() -> None:
    world = World()
    rma = a_return(world)
    before = world.everything()
    with pytest.raises(Unprocessable):
        receive(world, rma, ("1", 3, SELLABLE))
    with pytest.raises(NotFound):
        receive(world, rma, ("1", 1, SELLABLE), store_id="S9999")
    assert world.everything() == before


def test_a_return_that_is_paid_back_is_closed_after_a_while() -> None:
    world = World()
    rma = receive(world, a_return(world), ("1", 2, SELLABLE))
    part = refund(world, rma, ("1", 1, PRICE))
    assert (part.status, world.due(rma.return_id)) == (S.RECEIVED, {DueKind.RETURN_HOLD: TWO_DAYS})
    world.wait(hours=1)
    whole = refund(world, rma, ("1", 1, PRICE + 2 * TAX))
    assert whole.status is S.REFUNDED
    assert [(refunded.refunded_at, refunded.lines[0].amount) for refunded in whole.refunds] == [
        (NOW, PRICE),
        (NOW + timedelta(hours=1), PRICE + 2 * TAX),
    ]
    assert world.due(rma.return_id) == {DueKind.RETURN_CLOSING: FORTNIGHT}
    world.clock.move_to(world.clock.now() + FORTNIGHT - timedelta(milliseconds=1))
    world.tenant.keep_up()
    assert see(world, rma).status is S.REFUNDED
    world.wait(milliseconds=1)
    assert see(world, rma).status is S.CLOSED
    assert world.due(rma.return_id) == {}


def test_money_beyond_what_was_paid_is_refused_and_changes_nothing() -> None:
    world = World()
    rma = receive(world, a_return(world), ("1", 1, SELLABLE))
    before = world.everything()
    with pytest.raises(Unprocessable):
        refund(world, rma, ("1", 1, PRICE + TAX + 1))
    assert world.everything() == before


def test_what_never_comes_expires_after_30_days_and_is_free_to_be_brought_back() -> None:
    world = World()
    order = world.a_shipped_order(("SKU-1", 2))
    rma = open_return(world, order)
    world.clock.move_to(NOW + MONTH - timedelta(milliseconds=1))
    world.tenant.keep_up()
    assert see(world, rma).status is S.AUTHORISED
    world.wait(milliseconds=1)
    expired = see(world, rma)
    assert (expired.status, expired.updated_at) == (S.EXPIRED, NOW + MONTH)
    assert expired.history[-1].cause == f"return_expiry/{rma.return_id}"
    assert world.events()[-1] == ("return.expired", rma.return_id)
    assert world.due(rma.return_id) == {}
    assert open_return(world, order).status is S.AUTHORISED


def test_a_return_that_there_is_not_is_not_found() -> None:
    with pytest.raises(NotFound):
        World().see(lambda tx: returns.get(tx, "ret_none"))
