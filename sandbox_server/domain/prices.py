"""What a SKU costs, in all stores or in one of them, as its retailer reports it."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sandbox_server.domain.catalogue import Product
from sandbox_server.kernel.money import Money, parse_money

MOST = 10**12
"""The highest price, in minor units."""


class PriceRefusal(StrEnum):
    """Why an item of a price report is rejected."""

    UNKNOWN_SKU = "UNKNOWN_SKU"
    UNKNOWN_STORE = "UNKNOWN_STORE"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    INVALID_AMOUNT = "INVALID_AMOUNT"
    SALE_PRICE_MISSING = "SALE_PRICE_MISSING"
    SALE_ABOVE_LIST = "SALE_ABOVE_LIST"
    EMPTY_WINDOW = "EMPTY_WINDOW"
    STALE_SEQUENCE = "STALE_SEQUENCE"


class Quote(NamedTuple):
    """Money as a retailer writes it, which need not be an amount of that currency."""

    amount: str
    currency: str


class PriceReport(NamedTuple):
    """
    What one SKU costs, as its retailer reports it.

    Args:
        store_id: The store where it costs that; None for all that have no price of their own.
        sale_from: When the sale begins; None for at once. `sale_to`, when it is over, is excluded; None for never.
        sequence: The report's number, which grows.
    """

    sku: str
    store_id: str | None
    list_price: Quote
    sale_price: Quote | None
    sale_from: datetime | None
    sale_to: datetime | None
    sequence: int

    @property
    def key(self) -> str:
        """What names the price that it is about."""
        return price_key(self.store_id, self.sku)


class Price(msgspec.Struct, frozen=True, array_like=True):
    """What one of a SKU costs before tax, in one store or, where `store_id` is None, in all that have no own price."""

    sku: str
    store_id: str | None
    list_price: Money
    sale_price: Money | None
    sale_from: datetime | None
    sale_to: datetime | None
    sequence: int
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> str:
        """What names it, as in `S0001/SKU-00001`, or `*/SKU-00001` for the price in all stores."""
        return price_key(self.store_id, self.sku)


class Offer(NamedTuple):
    """What one costs now, and what it costs when there is no sale."""

    unit_price: Money
    list_price: Money


def price_key(store_id: str | None, sku: str) -> str:
    """Return the key of a price; of the one in all stores where `store_id` is None."""
    return f"{store_id or '*'}/{sku}"


def judge(report: PriceReport, kept: Price | None, currency: str, now: datetime) -> Price | PriceRefusal:
    """
    Return the price that a report of a known store and SKU makes, or why it is rejected.

    Args:
        kept: The price that it would replace.
        currency: The one that the chain sells in.

    Source: contract, "Prices and promotions", PUT /prices.
    """
    quotes = [quote for quote in (report.list_price, report.sale_price) if quote is not None]
    if any(quote.currency != currency for quote in quotes):
        return PriceRefusal.CURRENCY_MISMATCH
    amounts = [amount_of(quote) for quote in quotes]
    if None in amounts:
        return PriceRefusal.INVALID_AMOUNT
    list_price, sale_price = (*amounts, None)[:2]
    assert list_price is not None, "every report has a list price"
    refusal = _refuse_sale(report, list_price, sale_price)
    if refusal is not None:
        return refusal
    if kept is not None and report.sequence <= kept.sequence:
        return PriceRefusal.STALE_SEQUENCE
    return Price(
        report.sku,
        report.store_id,
        list_price,
        sale_price,
        report.sale_from,
        report.sale_to,
        report.sequence,
        kept.created_at if kept is not None else now,
        now,
    )


def amount_of(quote: Quote) -> Money | None:
    """Return the money that is quoted; None where it is no amount of its currency, nothing, or beyond measure."""
    try:
        money = parse_money(quote.amount, quote.currency)
    except ValueError:
        return None
    return money if 0 < money.minor <= MOST else None


def effective(price: Price, at: datetime) -> Money:
    """Return what one costs at an instant: the sale price while the sale is on, else the list price."""
    begun = price.sale_from is None or price.sale_from <= at
    over = price.sale_to is not None and price.sale_to <= at
    return price.sale_price if price.sale_price is not None and begun and not over else price.list_price


def offer(product: Product, price: Price | None, at: datetime) -> Offer:
    """Return what one of a product costs at an instant; the product's own price counts where none is reported."""
    if price is None:
        return Offer(product.price, product.price)
    return Offer(effective(price, at), price.list_price)


def _refuse_sale(report: PriceReport, list_price: Money, sale_price: Money | None) -> PriceRefusal | None:
    if sale_price is None:
        bounded = report.sale_from is not None or report.sale_to is not None
        return PriceRefusal.SALE_PRICE_MISSING if bounded else None
    if sale_price.minor > list_price.minor:
        return PriceRefusal.SALE_ABOVE_LIST
    if report.sale_from is not None and report.sale_to is not None and report.sale_to <= report.sale_from:
        return PriceRefusal.EMPTY_WINDOW
    return None
