"""Promotions: what buyers pay less for a while, and which one serves them best."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sandbox_server.domain.errors import Fault
from sandbox_server.domain.prices import Quote, amount_of
from sandbox_server.kernel.money import Money


class PromotionKind(StrEnum):
    """What a promotion gives."""

    PERCENT_OFF = "PERCENT_OFF"
    AMOUNT_OFF = "AMOUNT_OFF"
    BUY_X_GET_Y = "BUY_X_GET_Y"


TERMS: Mapping[PromotionKind, frozenset[str]] = {
    PromotionKind.PERCENT_OFF: frozenset({"percent"}),
    PromotionKind.AMOUNT_OFF: frozenset({"amount"}),
    PromotionKind.BUY_X_GET_Y: frozenset({"buy", "get"}),
}
"""What says how much a promotion of a kind gives."""


class Promotion(msgspec.Struct, frozen=True, array_like=True):
    """
    A promotion; it never changes.

    Args:
        starts_at: When it begins; at `ends_at` it is over.
        percent: Of a line, by PERCENT_OFF.
        amount: Of each unit, by AMOUNT_OFF; no unit costs less than nothing.
        buy: By BUY_X_GET_Y, units of a line that are paid for; `get` more of them cost nothing, and so on.
        store_ids: Where; none stands for all stores.
        skus: What it is on; none stands for everything.
    """

    promotion_id: str
    name: str
    kind: PromotionKind
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
    percent: int | None = None
    amount: Money | None = None
    buy: int | None = None
    get: int | None = None
    store_ids: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    version: int = 1


class Wanted(NamedTuple):
    """A promotion as a retailer asks for it."""

    name: str
    kind: PromotionKind
    starts_at: datetime
    ends_at: datetime
    percent: int | None
    amount: Quote | None
    buy: int | None
    get: int | None
    store_ids: tuple[str, ...]
    skus: tuple[str, ...]


class Discount(NamedTuple):
    """What a promotion takes off a line."""

    promotion_id: str
    amount: Money


def faults_of(wanted: Wanted, currency: str, now: datetime) -> Iterable[Fault]:
    """
    Give everything for which a promotion cannot be: terms, amount and window.

    Args:
        currency: The one that the chain sells in.
    """
    yield from _faults_of_terms(wanted)
    yield from _faults_of_amount(wanted.amount, currency)
    if wanted.ends_at <= wanted.starts_at:
        yield Fault("/endsAt", "EMPTY_WINDOW", "It must be after startsAt.")
    if wanted.ends_at <= now:
        yield Fault("/endsAt", "IN_PAST", f"It is {now.isoformat()} now; no buyer would ever get it.")


def create(promotion_id: str, wanted: Wanted, now: datetime) -> Promotion:
    """Return a new promotion, of one that has no faults."""
    return Promotion(
        promotion_id,
        wanted.name,
        wanted.kind,
        wanted.starts_at,
        wanted.ends_at,
        now,
        now,
        wanted.percent,
        amount_of(wanted.amount) if wanted.amount is not None else None,
        wanted.buy,
        wanted.get,
        tuple(dict.fromkeys(wanted.store_ids)),
        tuple(dict.fromkeys(wanted.skus)),
    )


def runs(promotion: Promotion, store_id: str | None, at: datetime) -> bool:
    """Whether a promotion is on in a store at an instant; where no store serves, only one in all stores can be."""
    in_store = not promotion.store_ids or store_id in promotion.store_ids
    return in_store and promotion.starts_at <= at < promotion.ends_at


def taken_off(promotion: Promotion, unit_price: Money, quantity: int) -> Money:
    """Return what a promotion takes off so many of something, rounded half to even to the minor unit."""
    if promotion.percent is not None:
        return (unit_price * quantity).share(promotion.percent, 100)
    if promotion.amount is not None:
        return Money(min(promotion.amount.minor, unit_price.minor), unit_price.currency) * quantity
    assert promotion.buy is not None, "every kind has its terms"
    assert promotion.get is not None, "every kind has its terms"
    return unit_price * _free(quantity, promotion.buy, promotion.get)


def best(promotions: Iterable[Promotion], unit_price: Money, quantity: int) -> Discount | None:
    """Return what takes the most off, the first of equals; None where nothing takes anything off."""
    offers = (Discount(one.promotion_id, taken_off(one, unit_price, quantity)) for one in promotions)
    found = max(offers, key=lambda offer: offer.amount.minor, default=None)
    return found if found is not None and found.amount.minor > 0 else None


def _free(quantity: int, buy: int, get: int) -> int:
    groups, rest = divmod(quantity, buy + get)
    return groups * get + max(0, rest - buy)


def _faults_of_terms(wanted: Wanted) -> Iterable[Fault]:
    given = {"percent": wanted.percent, "amount": wanted.amount, "buy": wanted.buy, "get": wanted.get}
    for name, value in given.items():
        if value is None and name in TERMS[wanted.kind]:
            yield Fault(f"/{name}", "MISSING", f"{wanted.kind} says its {name}.")
        elif value is not None and name not in TERMS[wanted.kind]:
            yield Fault(f"/{name}", "NOT_OF_THIS_KIND", f"{wanted.kind} has no {name}; leave it out.")


def _faults_of_amount(quote: Quote | None, currency: str) -> Iterable[Fault]:
    if quote is None:
        return
    if quote.currency != currency:
        yield Fault("/amount", "CURRENCY_MISMATCH", f"The chain sells in {currency}.")
    elif amount_of(quote) is None:
        yield Fault("/amount", "INVALID_AMOUNT", f"It must have the decimals of {currency}, and be above 0.")
