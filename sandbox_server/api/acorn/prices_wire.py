"""Prices and promotions in the contract's words."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sandbox_server.api.acorn.wire import Wire, instant, money, present
from sandbox_server.domain.prices import Price, PriceRefusal, PriceReport, effective
from sandbox_server.domain.promotions import Promotion
from sandbox_server.services.codec import unpacker
from sandbox_server.services.ports import Packed

_unpack_promotion = unpacker(Promotion)

_REFUSALS = {
    PriceRefusal.UNKNOWN_SKU: "The catalogue has no such SKU.",
    PriceRefusal.UNKNOWN_STORE: "The chain has no such store.",
    PriceRefusal.CURRENCY_MISMATCH: "The chain sells in {currency}.",
    PriceRefusal.INVALID_AMOUNT: "It must have the decimals of {currency}, and be from 1 to 10^12 minor units.",
    PriceRefusal.SALE_PRICE_MISSING: "saleFrom and saleTo need a salePrice.",
    PriceRefusal.SALE_ABOVE_LIST: "salePrice is above listPrice.",
    PriceRefusal.EMPTY_WINDOW: "saleTo must be after saleFrom.",
    PriceRefusal.STALE_SEQUENCE: "The last sequence kept is {kept}.",
}


def report_results(
    reports: Sequence[PriceReport],
    refusals: Sequence[PriceRefusal | None],
    currency: str,
    kept: Callable[[PriceReport], int],
) -> Wire:
    """
    Return what became of each item of a price report, in order.

    Args:
        currency: The one that the chain sells in.
        kept: Tells the sequence that is kept of an item's SKU and store.
    """
    rejected = sum(refusal is not None for refusal in refusals)
    items = []
    for report, refusal in zip(reports, refusals, strict=True):
        item = present(sku=report.sku, storeId=report.store_id, status="ACCEPTED" if refusal is None else "REJECTED")
        if refusal is not None:
            message = _REFUSALS[refusal].format(currency=currency, kept=kept(report))
            item |= {"code": refusal.value, "message": message}
        items.append(item)
    return {"accepted": len(refusals) - rejected, "rejected": rejected, "items": items}


def price(kept: Price, at: datetime) -> Wire:
    """Return a price, with what is effective at an instant."""
    return present(
        sku=kept.sku,
        storeId=kept.store_id,
        listPrice=money(kept.list_price),
        salePrice=money(kept.sale_price) if kept.sale_price is not None else None,
        saleFrom=instant(kept.sale_from) if kept.sale_from is not None else None,
        saleTo=instant(kept.sale_to) if kept.sale_to is not None else None,
        sequence=kept.sequence,
        effectivePrice=money(effective(kept, at)),
        effectiveAt=instant(at),
        updatedAt=instant(kept.updated_at),
    )


def promotion(packed: Packed) -> Wire:
    """Return a promotion."""
    kept = _unpack_promotion(packed)
    return present(
        promotionId=kept.promotion_id,
        name=kept.name,
        kind=kept.kind,
        percent=kept.percent,
        amount=money(kept.amount) if kept.amount is not None else None,
        buy=kept.buy,
        get=kept.get,
        startsAt=instant(kept.starts_at),
        endsAt=instant(kept.ends_at),
        storeIds=list(kept.store_ids) or None,
        skus=list(kept.skus) or None,
        createdAt=instant(kept.created_at),
        updatedAt=instant(kept.updated_at),
    )
