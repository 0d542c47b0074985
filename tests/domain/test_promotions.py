"""Promotions: right terms only, the best one and no other, exact to the minor unit in every currency."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sandbox_server.domain import promotions, returns
from sandbox_server.domain.allocation import Demand
from sandbox_server.domain.catalogue import TaxClass, tax_on
from sandbox_server.domain.orders import Line, Order, OrderStatus, Reduction, cost_of, line_total
from sandbox_server.domain.prices import Offer, Quote
from sandbox_server.domain.pricing import priced
from sandbox_server.domain.promotions import Discount, Promotion, PromotionKind, Wanted
from sandbox_server.domain.returns import Return, ReturnReason
from sandbox_server.kernel.money import Money
from tests.domain.builders import LATER, NOW, an_order, shipped
from tests.services.world import a_product

PERCENT, AMOUNT, GIFT = PromotionKind
TERMS: dict[PromotionKind, dict[str, Any]] = {
    PERCENT: {"percent": 20},
    AMOUNT: {"amount": Quote("2.50", "USD")},
    GIFT: {"buy": 2, "get": 1},
}
TICK = timedelta(milliseconds=1)
NO_TERMS = {"percent": None, "amount": None, "buy": None, "get": None}


def wanted(kind: PromotionKind = PERCENT, **changes: Any) -> Wanted:
    fields: dict[str, Any] = {
        "name": "Black Friday",
        "kind": kind,
        "starts_at": NOW,
        "ends_at": LATER,
        "store_ids": (),
        "skus": (),
    }
    return Wanted(**(fields | NO_TERMS | TERMS[kind] | changes))


def a_promotion(kind: PromotionKind = PERCENT, promotion_id: str = "prm_1", **changes: Any) -> Promotion:
    return promotions.create(promotion_id, wanted(kind, **changes), NOW)


# Setting up


def test_a_promotion_is_what_was_asked_for() -> None:
    made = a_promotion(AMOUNT, store_ids=("S0002", "S0001", "S0002"), skus=("SKU-1", "SKU-1"))
    assert made == Promotion(
        "prm_1",
        "Black Friday",
        AMOUNT,
        NOW,
        LATER,
        NOW,
        NOW,
        amount=Money(250, "USD"),
        store_ids=("S0002", "S0001"),
        skus=("SKU-1",),
    )


@pytest.mark.parametrize(
    ("kind", "changes", "found"),
    [
        (PERCENT, {"percent": None}, [("/percent", "MISSING")]),
        (AMOUNT, {"amount": None}, [("/amount", "MISSING")]),
        (GIFT, {"buy": None, "get": None}, [("/buy", "MISSING"), ("/get", "MISSING")]),
        (PERCENT, TERMS[AMOUNT], [("/amount", "NOT_OF_THIS_KIND")]),
        (AMOUNT, TERMS[GIFT], [("/buy", "NOT_OF_THIS_KIND"), ("/get", "NOT_OF_THIS_KIND")]),
        (GIFT, TERMS[PERCENT], [("/percent", "NOT_OF_THIS_KIND")]),
        (AMOUNT, {"amount": Quote("2.50", "EUR")}, [("/amount", "CURRENCY_MISMATCH")]),
        (AMOUNT, {"amount": Quote("2.5", "USD")}, [("/amount", "INVALID_AMOUNT")]),
        (AMOUNT, {"amount": Quote("0.00", "USD")}, [("/amount", "INVALID_AMOUNT")]),
        (PERCENT, {}, []),
        (PERCENT, {"ends_at": NOW + TICK}, []),
        (PERCENT, {"starts_at": NOW - TICK, "ends_at": NOW}, [("/endsAt", "IN_PAST")]),
        (PERCENT, {"ends_at": NOW}, [("/endsAt", "EMPTY_WINDOW"), ("/endsAt", "IN_PAST")]),
        (PERCENT, {"percent": None, "starts_at": LATER}, [("/percent", "MISSING"), ("/endsAt", "EMPTY_WINDOW")]),
    ],
)
def test_what_is_no_promotion_has_every_fault_named(
    kind: PromotionKind, changes: Any, found: list[tuple[str, str]]
) -> None:
    faults = promotions.faults_of(wanted(kind, **changes), "USD", NOW)
    assert [(fault.pointer, fault.code) for fault in faults] == found


# Running


@pytest.mark.parametrize(
    ("at", "on"),
    [
        (NOW - TICK, False),
        (NOW, True),
        (LATER - TICK, True),
        (LATER, False),
    ],
)
def test_a_promotion_runs_in_its_window(at: datetime, on: bool) -> None:
    assert promotions.runs(a_promotion(), "S0001", at) is on


def test_a_promotion_runs_in_its_stores() -> None:
    bound = a_promotion(store_ids=("S0001",))
    assert [promotions.runs(bound, store_id, NOW) for store_id in ("S0001", "S0002", None)] == [True, False, False]
    assert promotions.runs(a_promotion(), None, NOW)


# What it takes off


@pytest.mark.parametrize(
    ("promotion", "unit_price", "quantity", "minor"),
    [
        (a_promotion(percent=20), 1299, 1, 260),  # 259.8
        (a_promotion(percent=20), 1299, 3, 779),  # 779.4, not three times 260
        (a_promotion(percent=50), 25, 1, 12),  # 12.5, to the even one
        (a_promotion(percent=50), 27, 1, 14),  # 13.5
        (a_promotion(percent=100), 1299, 2, 2598),
        (a_promotion(AMOUNT), 1299, 3, 750),
        (a_promotion(AMOUNT), 200, 3, 600),
        *((a_promotion(GIFT), 100, units, 100 * free) for units, free in enumerate((0, 0, 1, 1, 1, 2, 2, 2, 3), 1)),
        *((a_promotion(GIFT, buy=1, get=2), 100, units, 100 * free) for units, free in enumerate((0, 1, 2, 2, 3), 1)),
    ],
)
def test_a_promotion_takes_off_what_its_terms_say(
    promotion: Promotion, unit_price: int, quantity: int, minor: int
) -> None:
    assert promotions.taken_off(promotion, Money(unit_price, "USD"), quantity) == Money(minor, "USD")


def test_the_best_promotion_is_the_one_that_takes_off_the_most() -> None:
    several = [a_promotion(promotion_id="prm_1"), a_promotion(AMOUNT, "prm_2"), a_promotion(GIFT, "prm_3")]
    for unit_price, quantity, promotion_id, minor in (
        (1000, 1, "prm_2", 250),
        (2000, 1, "prm_1", 400),
        (1000, 3, "prm_3", 1000),
    ):
        best = promotions.best(several, Money(unit_price, "USD"), quantity)
        assert best == Discount(promotion_id, Money(minor, "USD"))


def test_of_equals_the_first_is_the_best() -> None:
    several = [a_promotion(promotion_id=name) for name in ("prm_2", "prm_1", "prm_3")]
    assert promotions.best(several, Money(1000, "USD"), 1) == Discount("prm_2", Money(200, "USD"))


@pytest.mark.parametrize(("several", "price"), [([], 1000), ([a_promotion(GIFT)], 1000), ([a_promotion()], 0)])
def test_what_takes_nothing_off_is_no_promotion(several: list[Promotion], price: int) -> None:
    assert promotions.best(several, Money(price, "USD"), 2) is None


# Lines


def a_priced_line(price: int, quantity: int, discount: int, list_price: int | None = None) -> Line:
    offer = Offer(Money(price, "USD"), Money(price if list_price is None else list_price, "USD"))
    off = Discount("prm_1", Money(discount, "USD")) if discount else None
    return priced(Demand("1", "SKU-1", quantity), a_product("SKU-1"), offer, off)


def test_a_line_is_taxed_on_what_is_left_of_it() -> None:
    line = a_priced_line(1299, 3, 779)
    assert (line.unit_price, line.net, line.tax) == (1299, 3118, 249)
    assert line.reduction == Reduction(1299, 779, ("prm_1",))


def test_a_line_says_its_list_price_where_a_sale_lowered_it() -> None:
    assert a_priced_line(1299, 1, 0, list_price=1499).reduction == Reduction(1499)
    assert a_priced_line(1299, 1, 100, list_price=1499).reduction == Reduction(1499, 100, ("prm_1",))
    assert a_priced_line(1299, 1, 0).reduction is None


# Sums

CURRENCIES = ("USD", "JPY", "KWD")


@st.composite
def sold(draw: st.DrawFn) -> Order:
    """A line that was bought in a sale or not, with the best of some promotions, and shipped whole."""
    currency = draw(st.sampled_from(CURRENCIES))
    list_price = draw(st.integers(0, 5000))
    offer = Offer(Money(draw(st.integers(0, list_price)), currency), Money(list_price, currency))
    kinds = draw(st.lists(st.sampled_from(PromotionKind), max_size=4))
    several = [
        Promotion(
            f"prm_{place}",
            "Any",
            kind,
            NOW,
            LATER,
            NOW,
            NOW,
            percent=draw(st.integers(1, 100)) if kind is PERCENT else None,
            amount=Money(draw(st.integers(1, 6000)), currency) if kind is AMOUNT else None,
            buy=draw(st.integers(1, 4)) if kind is GIFT else None,
            get=draw(st.integers(1, 4)) if kind is GIFT else None,
        )
        for place, kind in enumerate(kinds)
    ]
    quantity = draw(st.integers(1, 12))
    product = a_product("SKU-1", currency, tax_class=draw(st.sampled_from(TaxClass)))
    discount = promotions.best(several, offer.unit_price, quantity)
    line = priced(Demand("1", "SKU-1", quantity), product, offer, discount)
    whole = [promotions.taken_off(one, offer.unit_price, quantity).minor for one in several]
    assert line.net == offer.unit_price.minor * quantity - max(whole, default=0)
    assert line.tax == tax_on(Money(line.net, currency), product.tax_class).minor
    line = replace(line, allocations=(shipped(quantity),))
    return an_order(line, status=OrderStatus.SHIPPED, currency=currency)


@given(sold(), st.data())
def test_the_parts_of_a_line_add_up_to_it_and_are_never_below_nothing(order: Order, data: st.DataObject) -> None:
    (line,) = order.lines
    cuts = sorted({0, line.quantity, *data.draw(st.lists(st.integers(0, line.quantity)))})
    costs = [cost_of(line, units, order.currency) for units in cuts]
    parts = [(b.minor - a.minor, d.minor - c.minor) for (a, c), (b, d) in pairwise(costs)]
    assert all(net >= 0 and tax >= 0 for net, tax in parts)
    assert (sum(net for net, _ in parts), sum(tax for _, tax in parts)) == (line.net, line.tax)


@given(sold(), st.data())
def test_what_comes_back_in_pieces_is_refunded_as_it_was_paid(order: Order, data: st.DataObject) -> None:
    (line,) = order.lines
    pieces: list[Return] = []
    left = line.quantity
    while left:
        units = data.draw(st.integers(1, left))
        back = [returns.Wanted("1", units, ReturnReason.NO_LONGER_WANTED)]
        pieces.append(returns.authorise(f"ret_{left}", order, "S0001", back, pieces, NOW, "req_1"))
        left -= units
    assert all(piece.lines[0].paid >= 0 for piece in pieces)
    assert sum(piece.lines[0].paid for piece in pieces) == line.net + line.tax


@given(sold(), st.data())
def test_of_what_is_cancelled_in_part_all_that_was_paid_and_no_more_comes_back(
    order: Order, data: st.DataObject
) -> None:
    (line,) = order.lines
    cancelled = data.draw(st.integers(0, line.quantity - 1))
    kept = line.quantity - cancelled
    line = replace(line, cancelled=cancelled, allocations=(shipped(kept),))
    sale = an_order(line, status=OrderStatus.SHIPPED, currency=order.currency)
    net, tax = line_total(line, order.currency)
    pieces: list[Return] = []
    for number in range(kept):
        back = [returns.Wanted("1", 1, ReturnReason.DAMAGED)]
        pieces.append(returns.authorise(f"ret_{number}", sale, "S0001", back, pieces, NOW, "req_1"))
    assert sum(piece.lines[0].paid for piece in pieces) == (net + tax).minor
