"""What is sold."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from sandbox_server.kernel.money import Money, rounded


class TaxClass(StrEnum):
    """How a product is taxed."""

    STANDARD = "STANDARD"
    REDUCED = "REDUCED"
    ZERO = "ZERO"


TAX_RATES = {TaxClass.STANDARD: Decimal("0.08"), TaxClass.REDUCED: Decimal("0.04"), TaxClass.ZERO: Decimal(0)}


class Dimensions(msgspec.Struct, frozen=True, array_like=True):
    """The outer size of a product or parcel, in millimetres."""

    length_mm: int
    width_mm: int
    height_mm: int


class Product(msgspec.Struct, frozen=True, array_like=True):
    """A product of the chain's catalogue; `price` is what one costs, before tax, where no other is reported."""

    sku: str
    title: str
    gtin: str
    brand: str
    category: str
    weight_grams: int
    dimensions: Dimensions
    tax_class: TaxClass
    price: Money
    created_at: datetime
    updated_at: datetime
    version: int = 1


def gtin_check_digit(digits: str) -> str:
    """
    Return the digit that completes a GTIN.

    Args:
        digits: The GTIN without its last digit: 7, 11, 12 or 13 digits.

    Source: GS1 General Specifications, "Standard check digit calculations".
    """
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def tax_on(net: Money, tax_class: TaxClass) -> Money:
    """Return the tax on a net amount, rounded half to even to the minor unit."""
    return Money(rounded(net.minor * TAX_RATES[tax_class]), net.currency)
