"""What a page of a list may hold."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox_server.conformance.checks.view import View
from sandbox_server.reporting.findings import Finding

_DEFAULT_LIMIT = 50
_SAME = ("status", "serviceLevel", "kind", "type", "category", "brand", "orderId", "shipmentId", "cause", "sku")
"""Filters that let through what says just this in a member of the same name."""
_WINDOWS = (
    ("updatedAfter", "updatedAt", True),
    ("updatedBefore", "updatedAt", False),
    ("createdAfter", "placedAt", True),
    ("createdBefore", "placedAt", False),
)
_IDENTITIES = {
    "listStores": ("storeId",),
    "listProducts": ("sku",),
    "listInventory": ("storeId", "sku"),
    "listInventoryMovements": ("movementId",),
    "listTransfers": ("transferId",),
    "listPromotions": ("promotionId",),
    "listOrders": ("orderId",),
    "listShipments": ("shipmentId",),
    "listReturns": ("returnId",),
    "listInvoices": ("invoiceId",),
    "listSettlements": ("settlementId",),
    "listReports": ("reportId",),
    "listApplications": ("applicationId",),
    "listEvents": ("eventId",),
    "listSubscriptions": ("subscriptionId",),
}


def identity(operation_id: str, item: dict[str, Any]) -> tuple[Any, ...]:
    """Return what names an item of a list; all of it where nothing does."""
    names = _IDENTITIES.get(operation_id)
    return tuple(item.get(name) for name in names) if names else (repr(sorted(item.items())),)


def page_size(view: View) -> Iterator[Finding]:
    """A page has no more items than were asked for."""
    items = _items(view)
    limit = view.query.get("limit", str(_DEFAULT_LIMIT))
    if limit.isdecimal() and len(items) > int(limit):
        yield view.finding(
            "page_size",
            "The page has more items than were asked for.",
            where="/items",
            expected=f"at most {limit}",
            seen=len(items),
        )


def page_items_once(view: View) -> Iterator[Finding]:
    """A page has each item once."""
    if view.named in _IDENTITIES:
        counts = Counter(identity(view.named, item) for item in _items(view))
        for name, count in counts.items():
            if count > 1:
                yield view.finding(
                    "page_items_once", "The page has an item twice.", where="/items", seen=" ".join(map(str, name))
                )


def page_filters(view: View) -> Iterator[Finding]:
    """A page has only what its filters let through."""
    for index, item in enumerate(_items(view)):
        for name in _SAME:
            wanted = view.query.get(name)
            if wanted is not None and name in item and item[name] != wanted:
                yield view.finding(
                    "page_filters",
                    f"The filter {name} lets through what it must not.",
                    where=f"/items/{index}/{name}",
                    expected=wanted,
                    seen=item[name],
                )
        for name, member, after in _WINDOWS:
            bound, moment = _moment(view.query.get(name)), _moment(item.get(member))
            if bound and moment and (moment < bound if after else moment >= bound):
                yield view.finding(
                    "page_filters",
                    f"The filter {name} lets through what it must not.",
                    where=f"/items/{index}/{member}",
                    expected=f"{'at or after' if after else 'before'} {view.query[name]}",
                    seen=item[member],
                )


def _items(view: View) -> list[dict[str, Any]]:
    if not view.succeeded or view.operation is None or not view.operation.is_list or not isinstance(view.said, dict):
        return []
    items = view.said.get("items", [])
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
