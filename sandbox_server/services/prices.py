"""Prices: reported by the retailer, looked up when an order is placed."""

from collections.abc import Iterable

from sandbox_server.domain import prices as rules
from sandbox_server.domain.events import EventType
from sandbox_server.domain.prices import Price, PriceRefusal, PriceReport, price_key
from sandbox_server.services.happenings import emit
from sandbox_server.services.ports import Transaction


def report(tx: Transaction, reports: Iterable[PriceReport]) -> list[PriceRefusal | None]:
    """Take prices; return for each, in order, why it was rejected, or None where it was accepted."""
    refusals: list[PriceRefusal | None] = []
    refused: list[str] = []
    for item in reports:
        judged = _judge(tx, item)
        if isinstance(judged, Price):
            tx.prices.put(judged)
            refusals.append(None)
        else:
            refusals.append(judged)
            refused.append(item.sku)
    if refused:
        emit(tx, EventType.PRICE_REJECTED, refused[0])
    return refusals


def sequence_kept(tx: Transaction, item: PriceReport) -> int:
    """Return the sequence of the price that is kept for an item's SKU and store; -1 where there is none."""
    price = tx.prices.get(item.key)
    return price.sequence if price is not None else -1


def find(tx: Transaction, sku: str, store_id: str | None) -> Price | None:
    """Return the price of a SKU in a store: its own, else the one in all stores, or None where there is neither."""
    own = tx.prices.get(price_key(store_id, sku)) if store_id is not None else None
    return own or tx.prices.get(price_key(None, sku))


def _judge(tx: Transaction, item: PriceReport) -> Price | PriceRefusal:
    if item.store_id is not None and not tx.stores.has(item.store_id):
        return PriceRefusal.UNKNOWN_STORE
    if not tx.products.has(item.sku):
        return PriceRefusal.UNKNOWN_SKU
    return rules.judge(item, tx.prices.get(item.key), tx.currency, tx.now)
