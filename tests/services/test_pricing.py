"""Orders priced with what is effective where and when they are placed: prices, sales, promotions."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox_server.domain.catalogue import TaxClass
from sandbox_server.domain.errors import NotFound, Unprocessable
from sandbox_server.domain.events import EventType
from sandbox_server.domain.orders import Line, Reduction
from sandbox_server.domain.prices import PriceRefusal, PriceReport, Quote
from sandbox_server.domain.promotions import PromotionKind, Wanted
from sandbox_server.domain.returns import Condition, ReceivedLine, RefundLine, ReturnReason, ReturnStatus
from sandbox_server.domain.returns import Wanted as Back
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import orders, prices, promotions, returns
from tests.auditing import audit
from tests.domain.builders import NOW, faults_of
from tests.services.world import BUYER, FAR, MIDDLE, NEAR, PRICE, SEED, World, a_product

DAY = timedelta(days=1)


def price(amount: str, sequence: int = 1, currency: str = "USD", **changes: Any) -> PriceReport:
    return PriceReport("SKU-1", None, Quote(amount, currency), None, None, None, sequence)._replace(**changes)


def report(world: World, *reports: PriceReport) -> list[PriceRefusal | None]:
    return world.do(prices.report, reports)


def promote(world: World, kind: PromotionKind = PromotionKind.PERCENT_OFF, **changes: Any) -> str:
    terms: dict[str, Any] = {"percent": None, "amount": None, "buy": None, "get": None}
    wanted = Wanted("Any", kind, NOW, NOW + DAY, **terms, store_ids=(), skus=())
    return world.do(promotions.create, wanted._replace(**changes)).promotion_id


def bought(world: World, quantity: int = 2, sku: str = "SKU-1") -> Line:
    (line,) = world.place((sku, quantity)).lines
    return line


# Reports


def test_each_item_of_a_report_is_taken_or_rejected_for_itself() -> None:
    world = World()
    assert report(
        world,
        price("14.90"),
        price("14.90", sku="SKU-404"),
        price("14.90", store_id="S0404"),
        price("13.90", store_id=NEAR),
        price("12.90"),
        price("12.90", 2),
    ) == [None, PriceRefusal.UNKNOWN_SKU, PriceRefusal.UNKNOWN_STORE, None, PriceRefusal.STALE_SEQUENCE, None]
    kept = world.see(lambda tx: [(one.key, one.list_price.minor) for one in tx.prices.select()])
    assert kept == [("*/SKU-1", 1290), (f"{NEAR}/SKU-1", 1390)]
    assert world.see(lambda tx: [prices.sequence_kept(tx, price("1.00", sku=sku)) for sku in ("SKU-1", "SKU-2")]) == [
        2,
        -1,
    ]


def test_a_report_that_was_rejected_in_part_is_told_of_once() -> None:
    world = World()
    report(world, price("14.90"))
    report(world, price("14.90", 2), price("1.00", sku="SKU-404"), price("1.00", sku="SKU-405"))
    assert world.events() == [(EventType.PRICE_REJECTED, "SKU-404")]


# Prices


def test_without_prices_the_catalogues_counts() -> None:
    line = bought(World())
    assert (line.unit_price, line.reduction) == (PRICE, None)


def test_the_price_of_the_store_comes_before_the_one_in_all_stores() -> None:
    world = World({(NEAR, "SKU-1"): 2, (MIDDLE, "SKU-1"): 2, (FAR, "SKU-1"): 10})
    report(world, price("14.90"), price("13.90", store_id=NEAR), price("12.90", store_id=FAR))
    assert [bought(world).unit_price for _ in range(3)] == [1390, 1490, 1290]


def test_a_line_that_is_split_costs_what_it_does_in_its_first_store() -> None:
    world = World({(NEAR, "SKU-1"): 2, (MIDDLE, "SKU-1"): 2})
    report(world, price("13.90", store_id=NEAR), price("12.90", store_id=MIDDLE))
    assert bought(world, 4).unit_price == 1390


def test_what_no_store_can_serve_costs_what_it_does_in_all_stores() -> None:
    world = World()
    report(world, price("14.90"), price("13.90", store_id=NEAR))
    assert bought(world, 99).unit_price == 1490


def test_lines_of_one_order_are_priced_each_for_itself() -> None:
    world = World({(NEAR, "SKU-1"): 5, (MIDDLE, "SKU-2"): 5})
    report(world, price("13.90", store_id=NEAR), price("12.90", sku="SKU-2", store_id=MIDDLE))
    assert [line.unit_price for line in world.place(("SKU-1", 1), ("SKU-2", 1)).lines] == [1390, 1290]


def test_a_sale_counts_while_it_is_on_and_orders_that_are_placed_keep_theirs() -> None:
    world = World()
    sale: dict[str, Any] = {"sale_price": Quote("9.90", "USD"), "sale_from": NOW + DAY, "sale_to": NOW + 2 * DAY}
    report(world, price("14.90", **sale))
    before = world.place(("SKU-1", 1))
    world.wait(days=1)
    during = bought(world, 1)
    world.wait(days=1)
    assert [before.lines[0].unit_price, during.unit_price, bought(world, 1).unit_price] == [1490, 990, 1490]
    assert (during.reduction, during.tax) == (Reduction(1490), 79)
    report(world, price("1.00", 2))
    assert world.order(before).lines[0].unit_price == 1490


def test_an_order_that_goes_to_another_store_keeps_its_price() -> None:
    world = World()
    report(world, price("13.90", store_id=NEAR), price("12.90", store_id=MIDDLE))
    order = world.reject(world.place(("SKU-1", 1)))
    assert order.lines[0].allocations[-1].store_id == MIDDLE
    assert order.lines[0].unit_price == 1390


def test_a_sku_that_the_catalogue_does_not_have_is_not_priced() -> None:
    world = World()
    with pytest.raises(NotFound, match="SKU-404"):
        world.do(orders.place, BUYER, [("SKU-404", 1)], ServiceLevel.STANDARD)


# Promotions


def test_a_promotion_is_taken_off_what_is_effective() -> None:
    world = World()
    report(world, price("14.90", sale_price=Quote("9.90", "USD")))
    promotion_id = promote(world, percent=10)
    line = bought(world, 3)
    assert promotion_id == make_id(SEED, "prm", 1)
    assert (line.unit_price, line.net, line.tax) == (990, 2673, 214)
    assert line.reduction == Reduction(1490, 297, (promotion_id,))


def test_a_promotion_counts_where_and_when_and_on_what_it_says() -> None:
    world = World({(NEAR, "SKU-1"): 2, (NEAR, "SKU-2"): 9, (MIDDLE, "SKU-1"): 9})
    promote(world, percent=10, store_ids=(NEAR,), skus=("SKU-1",), starts_at=NOW + DAY, ends_at=NOW + 2 * DAY)
    lines = [bought(world)]
    world.wait(days=1)
    lines += [bought(world), bought(world), bought(world, sku="SKU-2")]
    world.wait(days=1)
    lines += [bought(world)]
    assert [line.reduction is not None for line in lines] == [False, True, False, False, False]


def test_the_best_promotion_alone_is_taken() -> None:
    world = World()
    promote(world, percent=10)
    best = promote(world, PromotionKind.AMOUNT_OFF, amount=Quote("5.00", "USD"))
    promote(world, PromotionKind.BUY_X_GET_Y, buy=2, get=1)
    line = bought(world, 2)
    assert line.reduction == Reduction(PRICE, 1000, (best,))


def test_a_promotion_that_is_withdrawn_is_gone_for_new_orders_only() -> None:
    world = World()
    promotion_id = promote(world, percent=10)
    placed = world.place(("SKU-1", 1))
    world.do(promotions.withdraw, promotion_id)
    assert bought(world, 1).reduction is None
    assert world.order(placed).lines[0].reduction == Reduction(PRICE, 200, (promotion_id,))
    with pytest.raises(NotFound, match="promotion"):
        world.do(promotions.withdraw, promotion_id)
    assert promote(world, percent=10) == make_id(SEED, "prm", 2)


def test_a_promotion_of_what_there_is_none_of_is_refused() -> None:
    world = World()
    with pytest.raises(Unprocessable) as refusal:
        promote(world, percent=10, store_ids=(NEAR, "S0404"), skus=("SKU-404", "SKU-1"))
    assert faults_of(refusal.value) == [("/storeIds/1", "UNKNOWN_STORE"), ("/skus/0", "UNKNOWN_SKU")]
    assert world.see(lambda tx: tx.promotions.count()) == 0


# Money


@pytest.mark.parametrize(("currency", "amount"), [("USD", "3.33"), ("JPY", "333"), ("KWD", "0.333")])
def test_all_parts_of_a_discounted_line_are_refunded_as_they_were_paid(currency: str, amount: str) -> None:
    world = World(products=[a_product("SKU-1", currency, tax_class=TaxClass.STANDARD)], currency=currency)
    report(world, price(amount, currency=currency))
    promote(world, percent=33)
    order = world.a_shipped_order(("SKU-1", 7))
    line = order.lines[0]
    assert line.reduction is not None
    assert line.net == 7 * 333 - 769
    refunded = 0
    for units in (1, 3, 2, 1):
        back = [Back("1", units, ReturnReason.NO_LONGER_WANTED)]
        rma = world.do(returns.authorise, order.order_id, NEAR, back)
        received = [ReceivedLine("1", units, Condition.SELLABLE)]
        rma = world.do(returns.receive, rma.return_id, NEAR, received)
        paid = rma.lines[0].refundable
        with pytest.raises(Unprocessable):
            world.do(returns.refund, rma.return_id, [RefundLine("1", units, paid + 1)])
        rma = world.do(returns.refund, rma.return_id, [RefundLine("1", units, paid)])
        assert rma.status is ReturnStatus.REFUNDED
        refunded += paid
    assert refunded == line.net + line.tax
    assert world.see(audit) == []
