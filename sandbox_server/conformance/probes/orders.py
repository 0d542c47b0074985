"""What stores do with an order, as bodies of calls."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox_server.conformance.errors import Unavailable
from sandbox_server.conformance.stage import Stage

Order = Mapping[str, Any]


def place(stage: Stage, units: int = 2) -> Order:
    """Return a new order that one store is to serve."""
    return stage.place_order(units)


def acceptance(order: Order) -> dict[str, Any]:
    """Return the acknowledgement of all its lines."""
    return {"lines": [{"lineId": line["lineId"], "decision": "ACCEPT"} for line in order["lines"]]}


def rejection(order: Order, reason: str = "DAMAGED") -> dict[str, Any]:
    """Return the rejection of all its lines."""
    return {"lines": [{"lineId": line["lineId"], "decision": "REJECT", "reason": reason} for line in order["lines"]]}


def holder(order: Order) -> str:
    """Return the store that has the first line."""
    parts = order["lines"][0]["allocations"]
    live = [part for part in parts if part["status"] in {"RESERVED", "ALLOCATED", "SHIPPED"}]
    return str((live or parts)[-1]["storeId"])


def counter(stage: Stage) -> str:
    """Return a store that takes returns."""
    query = {"status": "ACTIVE", "capability": "RETURNS_DROP_OFF", "limit": 1}
    stores = stage.api.call("listStores", query=query).json["items"]
    if not stores:
        raise Unavailable("no store takes returns")
    return str(stores[0]["storeId"])


def parcel(stage: Stage, order: Order, units: int = 1, number: str | None = None) -> dict[str, Any]:
    """
    Return a shipment of some units of its first line.

    Args:
        number: The tracking number; a new one when left out.
    """
    return {
        "orderId": order["orderId"],
        "storeId": holder(order),
        "lines": [{"lineId": order["lines"][0]["lineId"], "quantity": units}],
        "carrier": "ACORN",
        "trackingNumber": number or tracking_number(stage),
        "shippedAt": order["updatedAt"],
        "packages": [{"weightGrams": 500}],
    }


def tracking_number(stage: Stage) -> str:
    """Return one that no parcel of this run has, and most likely none of another."""
    return f"AC{stage.record.unique() % 10**12:012}"


def now(stage: Stage) -> str:
    """Return the server's own time for the caller, which every answer tells."""
    answer = stage.api.call("listStores", query={"limit": 1})
    stage.expect(answer, 200, "Stores can be listed.")
    return parsedate_to_datetime(answer.header("Date")).strftime("%Y-%m-%dT%H:%M:%SZ")


def invoice(order: Order, shipment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the invoice for the first parcel of an order of one line."""
    line, units = order["lines"][0], shipment["lines"][0]["quantity"]
    tax = Decimal(line["tax"]["amount"])
    net = Decimal(line["total"]["amount"]) - tax
    parts = [_share(net, units, line["quantity"]), _share(tax, units, line["quantity"])]
    money = [{"amount": f"{part:f}", "currency": line["total"]["currency"]} for part in [*parts, parts[0] + parts[1]]]
    return {
        "shipmentId": shipment["shipmentId"],
        "number": f"INV-{shipment['shipmentId'][-16:]}",
        "issuedAt": shipment["shippedAt"],
        "lines": [{"lineId": line["lineId"], "quantity": units, "net": money[0], "tax": money[1]}],
        "total": money[2],
    }


def _share(amount: Decimal, units: int, whole: int) -> Decimal:
    return (amount * units / whole).quantize(amount, rounding=ROUND_HALF_EVEN)
