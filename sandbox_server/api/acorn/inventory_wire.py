"""Stock in the contract's words: what a report came to, levels, a product's units in all stores, movements."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sandbox_server.api.acorn.wire import Wire, instant
from sandbox_server.domain.inventory import Movement, ReportRefusal, StockLevel, StockReport, available, is_stale
from sandbox_server.services.inventory import StoreShare

_REFUSALS = {
    ReportRefusal.UNKNOWN_SKU: "The catalogue has no such SKU.",
    ReportRefusal.UNKNOWN_STORE: "The chain has no such store.",
    ReportRefusal.STALE_SEQUENCE: "The last sequence kept is {kept}.",
    ReportRefusal.AS_OF_IN_FUTURE: "asOf lies in the future.",
    ReportRefusal.NEGATIVE: "A store cannot have less than nothing on hand.",
}


def report_results(
    reports: Sequence[StockReport], refusals: Sequence[ReportRefusal | None], kept: Callable[[StockReport], int]
) -> Wire:
    """
    Return what became of each item of a stock report, in order.

    Args:
        kept: Tells the sequence that is kept of an item's store and SKU.
    """
    rejected = len(refusals) - refusals.count(None)
    return {
        "accepted": len(refusals) - rejected,
        "rejected": rejected,
        "items": [
            {"storeId": report.store_id, "sku": report.sku, "status": "ACCEPTED"}
            if refusal is None
            else _rejected(report, refusal, kept)
            for report, refusal in zip(reports, refusals, strict=True)
        ],
    }


def stock_level(level: StockLevel, safety_stock: int, now: datetime) -> Wire:
    """Return a store's level of a SKU."""
    return {
        "storeId": level.store_id,
        "sku": level.sku,
        "onHand": level.on_hand,
        "reserved": level.reserved,
        "allocated": level.allocated,
        "safetyStock": safety_stock,
        "available": available(level, safety_stock),
        "sequence": level.sequence,
        "asOf": instant(level.as_of),
        "stale": is_stale(level, now),
        "updatedAt": instant(level.updated_at),
    }


def unified_stock(sku: str, shares: Iterable[StoreShare], listed_at: datetime, now: datetime) -> Wire:
    """
    Return what the whole network has of a SKU.

    Args:
        listed_at: When the product last changed; what `updatedAt` says while no store carries it.
    """
    shares = list(shares)
    stores = [
        {
            "storeId": shop.store_id,
            "available": available(level, shop.safety_stock),
            "onHand": level.on_hand,
            "stale": is_stale(level, now),
        }
        for shop, level in shares
    ]
    return {
        "sku": sku,
        "available": sum(share["available"] for share in stores),
        "stores": stores,
        "updatedAt": instant(max((level.updated_at for _, level in shares), default=listed_at)),
    }


def movement(entry: Movement) -> Wire:
    """Return an entry of the stock ledger."""
    return {
        "movementId": entry.number,
        "at": instant(entry.at),
        "storeId": entry.store_id,
        "sku": entry.sku,
        "quantityKind": entry.quantity,
        "delta": entry.delta,
        "cause": entry.cause,
        "reference": entry.reference,
        "source": entry.source,
    }


def _rejected(report: StockReport, refusal: ReportRefusal, kept: Callable[[StockReport], int]) -> Wire:
    message = _REFUSALS[refusal]
    if refusal is ReportRefusal.STALE_SEQUENCE:
        message = message.format(kept=kept(report))
    why = {"code": refusal.value, "message": message}
    return {"storeId": report.store_id, "sku": report.sku, "status": "REJECTED", **why}
