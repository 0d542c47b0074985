"""The order poller, and the terminals in the stores."""

from hashlib import sha256
from typing import Any

from load_tests.users.system import System

_PAGE = 50
_REJECTED = 0.01
_LABELLED = 0.1


class OrderPoller(System):
    """Reads the orders that wait for their stores, page after page, and hands them to the terminals."""

    kind = "order_poller"

    def work(self) -> None:
        """Read a page."""
        look_for_orders(self)


class StoreTerminal(System):
    """Acknowledges an order, hands its parcels over, and now and then prints a label."""

    kind = "store_terminal"

    def work(self) -> None:
        """Work off an order; look for some where none waits."""
        order = self.run_of.orders.take()
        if order is None:
            look_for_orders(self)
        else:
            self._work_off(order)

    def _work_off(self, order: dict[str, Any]) -> None:
        order_id = order["orderId"]
        rejected = self.chance.random() < _REJECTED
        decision = {"decision": "REJECT", "reason": "DAMAGED"} if rejected else {"decision": "ACCEPT"}
        lines = [{"lineId": line["lineId"], **decision} for line in order["lines"] if _parts(line, "RESERVED")]
        if not lines:
            return
        answer = self.post("acknowledgeOrder", f"/orders/{order_id}/acknowledgements", {"lines": lines})
        if not answer.good:
            return
        if answer.body["status"] == "NEW":
            self.run_of.orders.forget(order_id)
        for store_id in sorted({store for line in answer.body["lines"] for store, _ in _parts(line, "ALLOCATED")}):
            self._ship(answer.body, store_id)

    def _ship(self, order: dict[str, Any], store_id: str) -> None:
        lines = [
            {"lineId": line["lineId"], "quantity": units}
            for line in order["lines"]
            for store, units in _parts(line, "ALLOCATED")
            if store == store_id
        ]
        parcel = {
            "orderId": order["orderId"],
            "storeId": store_id,
            "lines": lines,
            "carrier": "UPS",
            "trackingNumber": _tracking_number(order["orderId"], store_id),
            "shippedAt": order["updatedAt"],
            "packages": [{"weightGrams": 500}],
        }
        answer = self.post("createShipment", "/shipments", parcel)
        if answer.good and self.chance.random() < _LABELLED:
            self.read("getShipmentLabel", f"/shipments/{answer.body['shipmentId']}/label")


def look_for_orders(system: System) -> None:
    """Read a page of the orders that wait, and put them on the desk."""
    desk = system.run_of.orders
    answer = system.read("listOrders", "/orders", {"status": "NEW", "limit": _PAGE, "cursor": desk.cursor})
    if answer.good:
        desk.offer("orderId", answer.body["items"])
        desk.cursor = answer.body.get("nextCursor")


def _tracking_number(order_id: str, store_id: str) -> str:
    """Return a number of the carrier's form, one for each parcel."""
    return f"1Z{sha256(f'{order_id}/{store_id}'.encode()).hexdigest()[:16].upper()}"


def _parts(line: dict[str, Any], status: str) -> list[tuple[str, int]]:
    """Return the stores with a part of a line in this state, and how much of it each has still to ship."""
    return [
        (part["storeId"], part["quantity"] - part["shippedQuantity"])
        for part in line["allocations"]
        if part["status"] == status
    ]
