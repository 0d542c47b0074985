"""The desk at which goods come back."""

from typing import Any

from locust.env import Environment

from load_tests.users.system import Query, System

_PAGE = 50


class ReturnsDesk(System):
    """Receives what was announced and pays it back; opens a return at the counter where none is announced."""

    kind = "returns_desk"

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._bought: str | None = None
        self._counters: list[str] = []

    def work(self) -> None:
        """Work off a return."""
        desk = self.run_of.returns
        announced = desk.take()
        if announced is None:
            query: Query = {"status": "AUTHORISED", "limit": _PAGE, "cursor": desk.cursor}
            answer = self.read("listReturns", "/returns", query)
            if answer.good:
                desk.offer("returnId", answer.body["items"])
                desk.cursor = answer.body.get("nextCursor")
            announced = desk.take() or self._opened()
        if announced is not None:
            self._work_off(announced)

    def _opened(self) -> dict[str, Any] | None:
        """Open a return for something that was delivered and has not come back."""
        answer = self.read("listOrders", "/orders", {"status": "DELIVERED", "limit": 1, "cursor": self._bought})
        if not answer.good or not answer.body["items"]:
            return None
        self._bought = answer.body.get("nextCursor")
        order = answer.body["items"][0]
        shipped = [line for line in order["lines"] if line["shippedQuantity"]]
        counter = self._counter()
        if not shipped or counter is None or not self._is_whole(order["orderId"]):
            return None
        lines = [{"lineId": shipped[0]["lineId"], "quantity": 1, "reason": "NO_LONGER_WANTED"}]
        opened = self.post("openReturn", "/returns", {"orderId": order["orderId"], "storeId": counter, "lines": lines})
        return opened.body if opened.good else None

    def _is_whole(self, order_id: str) -> bool:
        """Tell whether an order is this desk's alone, and nothing of it has come back."""
        if not self.run_of.returns.claim(order_id):
            return False
        answer = self.read("listReturns", "/returns", {"orderId": order_id, "limit": 1})
        return bool(answer.good and not answer.body["items"])

    def _counter(self) -> str | None:
        """Return a store that takes returns."""
        if not self._counters:
            query: Query = {"status": "ACTIVE", "capability": "RETURNS_DROP_OFF", "limit": 100}
            answer = self.read("listStores", "/stores", query)
            self._counters = [store["storeId"] for store in answer.body["items"]] if answer.good else []
        return self.chance.choice(self._counters) if self._counters else None

    def _work_off(self, announced: dict[str, Any]) -> None:
        path = f"/returns/{announced['returnId']}"
        store_id = announced.get("openedAtStore") or self._counter()
        lines = [
            {"lineId": line["lineId"], "quantity": line["quantity"] - line["receivedQuantity"], "condition": "SELLABLE"}
            for line in announced["lines"]
        ]
        answer = self.post("receiveReturn", f"{path}/receipts", {"storeId": store_id, "lines": lines})
        if not answer.good:
            return
        owed = [line for line in answer.body["lines"] if line["refundableQuantity"]]
        paid = [
            {"lineId": line["lineId"], "quantity": line["refundableQuantity"], "amount": line["refundable"]}
            for line in owed
        ]
        if paid:
            self.post("refundReturn", f"{path}/refunds", {"lines": paid})
