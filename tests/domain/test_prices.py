"""Prices: taken only when they are right and newer, and effective while their sale is on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain import prices
from sandbox_server.domain.prices import MOST, Offer, Price, PriceRefusal, PriceReport, Quote
from sandbox_server.kernel.money import Money
from tests.domain.builders import LATER, NOW
from tests.services.world import a_product

R = PriceRefusal
HOUR = timedelta(hours=1)


def usd(amount: str) -> Quote:
    return Quote(amount, "USD")


def a_report(**changes: Any) -> PriceReport:
    report = PriceReport("SKU-1", None, usd("14.90"), None, None, None, sequence=8)
    return report._replace(**changes)


def a_price(**changes: Any) -> Price:
    judged = prices.judge(a_report(**changes), None, "USD", NOW)
    assert isinstance(judged, Price)
    return judged


def test_an_accepted_report_is_the_price_from_now_on() -> None:
    report = a_report(store_id="S0001", sale_price=usd("12.90"), sale_from=NOW, sale_to=LATER)
    sale = Money(1290, "USD")
    assert prices.judge(report, None, "USD", NOW) == Price(
        "SKU-1", "S0001", Money(1490, "USD"), sale, NOW, LATER, 8, NOW, NOW
    )


def test_it_replaces_the_whole_price_and_not_when_that_began() -> None:
    kept = a_price(sale_price=usd("1.00"))
    judged = prices.judge(a_report(sequence=9), kept, "USD", LATER)
    assert judged == Price("SKU-1", None, Money(1490, "USD"), None, None, None, 9, NOW, LATER)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"list_price": Quote("14.90", "EUR")}, R.CURRENCY_MISMATCH),
        ({"sale_price": Quote("12.90", "EUR")}, R.CURRENCY_MISMATCH),
        ({"list_price": usd("14.9")}, R.INVALID_AMOUNT),
        ({"list_price": usd("14")}, R.INVALID_AMOUNT),
        ({"list_price": usd("-14.90")}, R.INVALID_AMOUNT),
        ({"list_price": usd("0.00")}, R.INVALID_AMOUNT),
        ({"sale_price": usd("0.00")}, R.INVALID_AMOUNT),
        ({"list_price": usd("10000000000.01")}, R.INVALID_AMOUNT),
        ({"sale_price": usd("12.900")}, R.INVALID_AMOUNT),
        ({"sale_from": NOW}, R.SALE_PRICE_MISSING),
        ({"sale_to": NOW}, R.SALE_PRICE_MISSING),
        ({"sale_price": usd("14.91")}, R.SALE_ABOVE_LIST),
        ({"sale_price": usd("9.90"), "sale_from": NOW, "sale_to": NOW}, R.EMPTY_WINDOW),
        ({"sale_price": usd("9.90"), "sale_from": LATER, "sale_to": NOW}, R.EMPTY_WINDOW),
        ({"sequence": 7}, R.STALE_SEQUENCE),
        ({"sequence": 6}, R.STALE_SEQUENCE),
    ],
)
def test_what_is_not_right_is_rejected(changes: Any, refusal: PriceRefusal) -> None:
    assert prices.judge(a_report(**changes), a_price(sequence=7), "USD", NOW) is refusal


@pytest.mark.parametrize(
    "changes",
    [
        {"list_price": usd("0.01")},
        {"list_price": usd("10000000000.00")},
        {"sale_price": usd("14.90")},
        {"sale_price": usd("9.90"), "sale_from": LATER},
        {"sale_price": usd("9.90"), "sale_to": NOW - HOUR},
        {"sequence": 8},
    ],
)
def test_what_is_just_right_is_accepted(changes: Any) -> None:
    assert isinstance(prices.judge(a_report(**changes), a_price(sequence=7), "USD", NOW), Price)


@pytest.mark.parametrize(("amount", "currency", "minor"), [("1290", "JPY", 1290), ("1.290", "KWD", 1290)])
def test_an_amount_has_its_currencys_own_decimals(amount: str, currency: str, minor: int) -> None:
    judged = prices.judge(a_report(list_price=Quote(amount, currency)), None, currency, NOW)
    assert isinstance(judged, Price)
    assert judged.list_price == Money(minor, currency)
    assert prices.amount_of(Quote(amount + ".00", currency)) is None


def test_the_highest_price_of_the_largest_line_can_still_be_kept() -> None:
    assert MOST * 1_000_000 < 2**63


@pytest.mark.parametrize(
    ("begins", "ends", "at", "minor"),
    [
        (None, None, NOW, 1290),
        (NOW, LATER, NOW - timedelta(milliseconds=1), 1490),
        (NOW, LATER, NOW, 1290),
        (NOW, LATER, LATER - timedelta(milliseconds=1), 1290),
        (NOW, LATER, LATER, 1490),
        (NOW, None, LATER + HOUR, 1290),
        (None, NOW, NOW, 1490),
        (None, LATER, NOW, 1290),
    ],
)
def test_the_sale_price_counts_while_the_sale_is_on(
    begins: datetime | None, ends: datetime | None, at: datetime, minor: int
) -> None:
    price = a_price(sale_price=usd("12.90"), sale_from=begins, sale_to=ends)
    assert prices.effective(price, at) == Money(minor, "USD")
    assert prices.offer(a_product("SKU-1"), price, at) == Offer(Money(minor, "USD"), Money(1490, "USD"))


def test_without_a_sale_the_list_price_counts() -> None:
    assert prices.effective(a_price(), NOW) == Money(1490, "USD")


def test_without_any_price_the_catalogues_counts() -> None:
    own = Money(1999, "USD")
    assert prices.offer(a_product("SKU-1"), None, NOW) == Offer(own, own)


def test_a_price_of_a_store_has_another_key_than_the_one_in_all_stores() -> None:
    assert (a_price().key, a_price(store_id="S0001").key) == ("*/SKU-1", "S0001/SKU-1")
    assert a_report(store_id="S0001").key == "S0001/SKU-1"


@given(st.text(max_size=8), st.sampled_from(["USD", "JPY", "KWD", "XXX"]))
def test_whatever_is_quoted_is_an_amount_or_is_none(amount: str, currency: str) -> None:
    money = prices.amount_of(Quote(amount, currency))
    assert money is None or (money.amount == amount and 0 < money.minor <= MOST)
