"""Check digits that catch slips, and tax to the minor unit."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain.catalogue import TAX_RATES, TaxClass, gtin_check_digit, tax_on
from sandbox_server.kernel.money import Money

digits = st.lists(st.integers(0, 9), min_size=12, max_size=12)


def holds(gtin: str) -> bool:
    return gtin_check_digit(gtin[:-1]) == gtin[-1]


@pytest.mark.parametrize(
    "gtin",
    ["96385074", "036000291452", "4006381333931", "9780306406157", "5901234123457", "00012345600012", "0000000000000"],
)
def test_published_gtins_hold(gtin: str) -> None:
    assert holds(gtin)


@given(digits, st.integers(0, 12), st.integers(1, 9))
def test_a_gtin_with_one_wrong_digit_does_not_hold(number: list[int], place: int, slip: int) -> None:
    body = "".join(map(str, number))
    gtin = body + gtin_check_digit(body)
    wrong = gtin[:place] + str((int(gtin[place]) + slip) % 10) + gtin[place + 1 :]
    assert holds(gtin)
    assert not holds(wrong)


@pytest.mark.parametrize(
    ("price", "quantity", "tax_class", "tax"),
    [
        (Money(1290, "USD"), 1, TaxClass.STANDARD, 103),  # 103.2
        (Money(1290, "USD"), 2, TaxClass.STANDARD, 206),  # 206.4, not twice 103.2 rounded
        (Money(1295, "USD"), 3, TaxClass.STANDARD, 311),  # 310.8
        (Money(1290, "USD"), 1, TaxClass.REDUCED, 52),  # 51.6
        (Money(50, "JPY"), 1, TaxClass.REDUCED, 2),
        (Money(1250, "KWD"), 1, TaxClass.REDUCED, 50),
        (Money(125, "JPY"), 1, TaxClass.REDUCED, 5),
        (Money(1290, "USD"), 5, TaxClass.ZERO, 0),
        (Money(25, "JPY"), 1, TaxClass.REDUCED, 1),
        (Money(75, "JPY"), 5, TaxClass.REDUCED, 15),
        (Money(25, "JPY"), 5, TaxClass.STANDARD, 10),
    ],
)
def test_tax_is_on_the_line_and_in_its_currency(price: Money, quantity: int, tax_class: TaxClass, tax: int) -> None:
    assert tax_on(price * quantity, tax_class) == Money(tax, price.currency)


@given(st.integers(0, 10**9), st.integers(1, 999), st.sampled_from(TaxClass))
def test_tax_is_the_exact_share_rounded_half_to_even(minor: int, quantity: int, tax_class: TaxClass) -> None:
    exact = Fraction(TAX_RATES[tax_class]) * minor * quantity
    assert tax_on(Money(minor, "USD") * quantity, tax_class).minor == round(exact)


def test_half_a_minor_unit_of_tax_goes_to_the_even_neighbour() -> None:
    assert tax_on(Money(25, "USD") * 5, TaxClass.REDUCED).minor == 5
    assert tax_on(Money(125, "USD") * 5, TaxClass.REDUCED).minor == 25
    assert tax_on(Money(25, "USD") * 1, TaxClass.STANDARD).minor == 2
    assert [tax_on(Money(minor, "USD") * 5, TaxClass.STANDARD).minor for minor in (1, 3, 5, 30)] == [0, 1, 2, 12]
