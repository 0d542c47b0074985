"""Bodies about prices, as tests send them."""

from typing import Any


def usd(amount: str) -> Any:
    """Return an amount of dollars."""
    return {"amount": amount, "currency": "USD"}


def price(**changes: Any) -> Any:
    """Return an item of a price report, right but for what a test changes; None leaves a member out."""
    item = {"sku": "SKU-1", "listPrice": usd("14.90"), "sequence": 1}
    return {name: value for name, value in (item | changes).items() if value is not None}


def price_report(*items: Any, **changes: Any) -> Any:
    """Return the body of a price report: one right item, changed where a test says so, or the items given."""
    return {"items": list(items) or [price(**changes)]}
