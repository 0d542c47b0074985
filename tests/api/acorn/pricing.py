"""Prices and promotions, as tests send them."""

from typing import Any

from tests.api.acorn.sandbox import Sandbox


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


def promotion(**changes: Any) -> Any:
    """Return the body of a new promotion: a fifth off everything, this week; None leaves a member out."""
    body = {
        "name": "Black Friday",
        "kind": "PERCENT_OFF",
        "percent": 20,
        "startsAt": "2026-11-23T00:00:00Z",
        "endsAt": "2026-11-30T00:00:00Z",
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def promoted(sandbox: Sandbox, **changes: Any) -> Any:
    """Return a new promotion."""
    answer = sandbox.post("/promotions", promotion(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()
