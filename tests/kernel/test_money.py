"""Money: decimal strings in and out, exact sums, fair shares."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.kernel.money import Money, decimals, parse_money, rounded

currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"])
amounts = st.builds(Money, st.integers(-(10**14), 10**14), currencies)


@pytest.mark.parametrize(
    ("currency", "places"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("ISK", 0),
        ("XPF", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("TND", 3),
        ("CLF", 4),
        ("UYW", 4),
    ],
)
def test_a_currency_has_its_own_number_of_decimals(currency: str, places: int) -> None:
    assert decimals(currency) == places


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1290, "USD", "12.90"),
        (5, "USD", "0.05"),
        (0, "USD", "0.00"),
        (-5, "USD", "-0.05"),
        (-1290, "EUR", "-12.90"),
        (1290, "JPY", "1290"),
        (-3, "JPY", "-3"),
        (1290, "KWD", "1.290"),
        (90, "KWD", "0.090"),
    ],
)
def test_an_amount_is_told_and_read_with_the_currencys_decimals(minor: int, currency: str, amount: str) -> None:
    assert Money(minor, currency).amount == amount
    assert parse_money(amount, currency) == Money(minor, currency)


def test_nothing_below_nothing_is_nothing() -> None:
    assert parse_money("-0.00", "USD") == Money(0, "USD")


def test_the_largest_amount_has_fifteen_digits_before_the_point() -> None:
    assert parse_money("9" * 15 + ".99", "USD").minor == 10**17 - 1


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("12.9", "USD"),
        ("12.900", "USD"),
        ("12", "USD"),
        ("12.", "USD"),
        (".90", "USD"),
        ("12.0", "JPY"),
        ("1.29", "KWD"),
        ("012.90", "USD"),
        ("+1.00", "USD"),
        ("--1.00", "USD"),
        ("1e2", "JPY"),
        ("1_0", "JPY"),
        ("١٢", "JPY"),
        ("12.90\n", "USD"),
        (" 12.90", "USD"),
        ("12,90", "USD"),
        ("NaN", "JPY"),
        ("", "JPY"),
        ("1" + "0" * 15, "JPY"),
    ],
)
def test_what_is_not_an_amount_of_the_currency_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=f"is not an amount of {currency} with {decimals(currency)} decimals$"):
        parse_money(amount, currency)


@given(amounts)
def test_no_amount_changes_on_its_way_out_and_in(money: Money) -> None:
    assert parse_money(money.amount, money.currency) == money


@given(amounts)
def test_the_decimal_string_is_worth_what_the_minor_units_are(money: Money) -> None:
    assert Fraction(money.amount) == Fraction(money.minor, 10 ** decimals(money.currency))


def test_money_of_one_currency_adds_up() -> None:
    assert Money(1290, "USD") + Money(15, "USD") == Money(1305, "USD")
    assert Money(1290, "USD") - Money(1300, "USD") == Money(-10, "USD")
    assert Money(1290, "JPY") * 3 == Money(3870, "JPY")


@pytest.mark.parametrize("operation", [Money.__add__, Money.__sub__])
def test_money_of_two_currencies_does_not_add_up(operation: Callable[[Money, Money], Money]) -> None:
    with pytest.raises(ValueError, match="JPY cannot be reckoned with USD"):
        operation(Money(1, "USD"), Money(1, "JPY"))


@pytest.mark.parametrize(
    ("minor", "part", "whole", "share"), [(100, 1, 3, 33), (100, 2, 3, 67), (5, 1, 2, 2), (7, 1, 2, 4), (-5, 1, 2, -2)]
)
def test_a_share_is_rounded_half_to_even(minor: int, part: int, whole: int, share: int) -> None:
    assert Money(minor, "KWD").share(part, whole) == Money(share, "KWD")


@given(amounts, st.integers(1, 1000), st.integers(1, 1000))
def test_a_share_is_the_exact_one_rounded(money: Money, part: int, whole: int) -> None:
    exact = Fraction(money.minor * part, whole)
    assert money.share(part, whole) == Money(round(exact), money.currency)


@given(amounts, st.lists(st.integers(0, 50), min_size=1).filter(any))
def test_shares_of_a_running_total_add_up_to_the_whole(money: Money, parts: list[int]) -> None:
    whole = sum(parts)
    given_out = Money(0, money.currency)
    taken = 0
    for part in parts:
        taken += part
        given_out += money.share(taken, whole) - given_out
    assert given_out == money


@pytest.mark.parametrize(
    ("value", "whole"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("2.51", 3), ("-0.5", 0), ("-1.5", -2), ("2.4999", 2)]
)
def test_halves_are_rounded_to_the_even_neighbour(value: str, whole: int) -> None:
    assert rounded(Decimal(value)) == whole
