"""A marketplace of a few lines, for tests of what a client says to it and how it takes the answers."""

import itertools
import json
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, NamedTuple

import httpx

from fixtures.clients.reference.feed import format_time

Json = dict[str, Any]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


class FakeClock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Seen(NamedTuple):
    """A request as it arrived, and when."""

    operation: str
    at: float
    request: httpx.Request

    @property
    def key(self) -> str | None:
        key: str | None = self.request.headers.get("Idempotency-Key")
        return key

    @property
    def query(self) -> dict[str, str]:
        return dict(self.request.url.params)

    @property
    def json(self) -> Json:
        body: Json = json.loads(self.request.content)
        return body


def lost(response: httpx.Response) -> httpx.Response:
    """A fault: the effect is there, and the answer never arrives."""
    raise httpx.ReadError("the connection was reset")


def broken(response: httpx.Response) -> httpx.Response:
    """A fault: half of the answer."""
    return httpx.Response(response.status_code, headers=response.headers, content=response.content[:-3])


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    """A refusal, or a failure; headers are named as in Python: Retry_After."""
    retryable = status in {429, 500, 503} or code == "IDEMPOTENCY_IN_PROGRESS"
    body = {"status": status, "code": code, "detail": "Because.", "retryable": retryable}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, content=json.dumps(body), headers=kind | named)


Fault = httpx.Response | Exception | Callable[[httpx.Response], httpx.Response]


class FakeMarketplace:
    """
    Orders, levels, prices, returns and transfers as JSON, and everything that was asked of them.

    Args:
        clock: Of the client, to see when it asked.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.time = NOON
        self.orders: dict[str, Json] = {}
        self.returns: dict[str, Json] = {}
        self.transfers: dict[str, Json] = {}
        self.levels: dict[tuple[str, str], Json] = {}
        self.prices: dict[tuple[str, str], Json] = {}
        self.products = [{"sku": "MUG", "weightGrams": 420}]
        self.shipments: list[Json] = []
        self.invoices: list[Json] = []
        self.subscriptions: dict[str, Json] = {}
        self.seen: list[Seen] = []
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.page_size = 100
        self.report_codes: dict[tuple[str, str], str] = {}
        self.poisoned: set[str] = set()
        self.before: Callable[[Seen], None] = lambda seen: None
        self._answered: dict[str, tuple[bytes, httpx.Response]] = {}
        self._tokens = 0
        self.token_seconds = 3600

    def asked(self, operation: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.operation == operation]

    def gaps(self, operation: str) -> list[float]:
        times = [seen.at for seen in self.asked(operation)]
        return [later - sooner for sooner, later in itertools.pairwise(times)]

    def fail(self, operation: str, *faults: Fault) -> None:
        self.faults[operation].extend(faults)

    def change(self, item: Json, **members: Any) -> None:
        item.update(members, updatedAt=format_time(self.time))

    # What a network does ------------------------------------------------------------------------------------------

    def __call__(self, request: httpx.Request) -> httpx.Response:
        operation, names = _route(request)
        seen = Seen(operation, self.clock.now, request)
        self.seen.append(seen)
        self.before(seen)
        fault = self.faults[operation].popleft() if self.faults[operation] else None
        if request.url.path in self.poisoned:
            fault = problem(500, "INTERNAL")
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, httpx.Response):
            return self._dated(fault)
        answer = self._dated(self._once(seen, names))
        return fault(answer) if fault is not None else answer

    def _dated(self, response: httpx.Response) -> httpx.Response:
        response.headers.setdefault("Date", format_datetime(self.time, usegmt=True))
        return response

    def _once(self, seen: Seen, names: list[str]) -> httpx.Response:
        known = self._answered.get(seen.key or "")
        if known is not None and known[0] != seen.request.content:
            return problem(422, "IDEMPOTENCY_KEY_REUSED")
        answer = known[1] if known is not None else getattr(self, f"_{seen.operation}")(seen, *names)
        if seen.key is not None and answer.is_success:
            self._answered[seen.key] = (seen.request.content, answer)
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    # Operations ---------------------------------------------------------------------------------------------------

    def _createToken(self, seen: Seen) -> httpx.Response:  # noqa: N802 - the operation's name
        self._tokens += 1
        token = {"access_token": f"token-{self._tokens}", "token_type": "Bearer", "expires_in": self.token_seconds}
        return httpx.Response(200, json=token)

    def _listInventory(self, seen: Seen) -> httpx.Response:  # noqa: N802
        return self._page(seen, list(self.levels.values()))

    def _listProducts(self, seen: Seen) -> httpx.Response:  # noqa: N802
        return self._page(seen, self.products)

    def _listOrders(self, seen: Seen) -> httpx.Response:  # noqa: N802
        return self._page(seen, list(self.orders.values()))

    def _listReturns(self, seen: Seen) -> httpx.Response:  # noqa: N802
        return self._page(seen, list(self.returns.values()))

    def _listTransfers(self, seen: Seen) -> httpx.Response:  # noqa: N802
        return self._page(seen, list(self.transfers.values()))

    def _getTransfer(self, seen: Seen, transfer_id: str) -> httpx.Response:  # noqa: N802
        return httpx.Response(200, json=self.transfers[transfer_id])

    def _getOrder(self, seen: Seen, order_id: str) -> httpx.Response:  # noqa: N802
        return httpx.Response(200, json=self.orders[order_id])

    def _getReturn(self, seen: Seen, return_id: str) -> httpx.Response:  # noqa: N802
        return httpx.Response(200, json=self.returns[return_id])

    def _page(self, seen: Seen, items: list[Json]) -> httpx.Response:
        query = seen.query
        named = [name for name in ("status", "storeId", "sku", "orderId") if name in query]
        after = datetime.fromisoformat(query.get("updatedAfter", "0001-01-01T00:00:00Z"))
        chosen = [
            item
            for item in items
            if all(item[name] == query[name] for name in named)
            and datetime.fromisoformat(item.get("updatedAt", "9999-01-01T00:00:00Z")) >= after
        ]
        start = int(query["cursor"].removeprefix("~.opaque=")) if "cursor" in query else 0
        body: Json = {"items": chosen[start : start + self.page_size]}
        if start + self.page_size < len(chosen):
            body["nextCursor"] = f"~.opaque={start + self.page_size}"
        return httpx.Response(200, json=body)

    def _reportInventory(self, seen: Seen) -> httpx.Response:  # noqa: N802
        results = [self._take_report(item) for item in seen.json["items"]]
        accepted = sum(result["status"] == "ACCEPTED" for result in results)
        return httpx.Response(200, json={"accepted": accepted, "rejected": len(results) - accepted, "items": results})

    def _take_report(self, item: Json) -> Json:
        place = item["storeId"], item["sku"]
        level = self.levels.get(place)
        code = self.report_codes.pop(place, None)
        if code is None and level is not None and item["sequence"] <= level["sequence"]:
            code = "STALE_SEQUENCE"
        if code is not None:
            return {"storeId": place[0], "sku": place[1], "status": "REJECTED", "code": code, "message": "No."}
        self.levels.setdefault(place, a_level(*place))
        self.change(self.levels[place], onHand=item["onHand"], sequence=item["sequence"])
        return {"storeId": place[0], "sku": place[1], "status": "ACCEPTED"}

    def _listPrices(self, seen: Seen) -> httpx.Response:  # noqa: N802
        return self._page(seen, list(self.prices.values()))

    def _reportPrices(self, seen: Seen) -> httpx.Response:  # noqa: N802
        results = [self._take_price(item) for item in seen.json["items"]]
        accepted = sum(result["status"] == "ACCEPTED" for result in results)
        return httpx.Response(200, json={"accepted": accepted, "rejected": len(results) - accepted, "items": results})

    def _take_price(self, item: Json) -> Json:
        place = item.get("storeId", ""), item["sku"]
        named: Json = {name: item[name] for name in ("sku", "storeId") if name in item}
        code = self.report_codes.pop(place, None)
        if code is None and place in self.prices and item["sequence"] <= self.prices[place]["sequence"]:
            code = "STALE_SEQUENCE"
        if code is not None:
            return {**named, "status": "REJECTED", "code": code, "message": "No."}
        self.prices[place] = item | {"effectivePrice": item["listPrice"], "updatedAt": format_time(self.time)}
        return {**named, "status": "ACCEPTED"}

    def _acknowledgeOrder(self, seen: Seen, order_id: str) -> httpx.Response:  # noqa: N802
        order = self.orders[order_id]
        if order["status"] != "NEW":
            return problem(409, "ILLEGAL_TRANSITION")
        for decision in seen.json["lines"]:
            for line in order["lines"]:
                for part in line["allocations"]:
                    if (line["lineId"], part["storeId"]) == (decision["lineId"], decision["storeId"]):
                        part["status"] = "ALLOCATED" if decision["decision"] == "ACCEPT" else "REJECTED"
        self._settle(order)
        return httpx.Response(200, json=order)

    def _settle(self, order: Json) -> None:
        states = {part["status"] for line in order["lines"] for part in line["allocations"]}
        if "RESERVED" in states:
            self.change(order)
            return
        nothing = "SHIPPED" if "SHIPPED" in states else "UNFULFILLABLE"
        status = "ACKNOWLEDGED" if "ALLOCATED" in states else nothing
        self.change(order, status="PARTIALLY_SHIPPED" if {"ALLOCATED", "SHIPPED"} <= states else status)

    def _cancelOrder(self, seen: Seen, order_id: str) -> httpx.Response:  # noqa: N802
        order = self.orders[order_id]
        for line in order["lines"]:
            if {"lineId": line["lineId"]} in seen.json["lines"]:
                for part in line["allocations"]:
                    part["status"] = "SHIPPED" if part["shippedQuantity"] else "RELEASED"
        self._settle(order)
        if order["status"] == "UNFULFILLABLE":
            order["status"] = "CANCELLED"
        return httpx.Response(200, json=order)

    def _createShipment(self, seen: Seen) -> httpx.Response:  # noqa: N802
        body = seen.json
        order = self.orders[body["orderId"]]
        if order["status"] not in ("ACKNOWLEDGED", "PARTIALLY_SHIPPED"):
            return problem(409, "ILLEGAL_TRANSITION")
        for shipped in body["lines"]:
            line = next(line for line in order["lines"] if line["lineId"] == shipped["lineId"])
            part = next(part for part in line["allocations"] if part["storeId"] == body["storeId"])
            part["shippedQuantity"] += shipped["quantity"]
            part["status"] = "SHIPPED" if part["shippedQuantity"] == part["quantity"] else "ALLOCATED"
        self._settle(order)
        parcel = body | {"shipmentId": f"shp_{len(self.shipments) + 1:04}"}
        self.shipments.append(parcel)
        return httpx.Response(201, json=parcel)

    def _listShipments(self, seen: Seen) -> httpx.Response:  # noqa: N802
        return self._page(seen, self.shipments)

    def _listInvoices(self, seen: Seen) -> httpx.Response:  # noqa: N802
        return self._page(seen, self.invoices)

    def _postInvoice(self, seen: Seen) -> httpx.Response:  # noqa: N802
        (parcel,) = [parcel for parcel in self.shipments if parcel["shipmentId"] == seen.json["shipmentId"]]
        if any(invoice["shipmentId"] == parcel["shipmentId"] for invoice in self.invoices):
            return problem(409, "DUPLICATE")
        self.invoices.append(seen.json | {"orderId": parcel["orderId"]})
        return httpx.Response(201, json=self.invoices[-1])

    def _receiveReturn(self, seen: Seen, return_id: str) -> httpx.Response:  # noqa: N802
        rma = self.returns[return_id]
        lines = {line["lineId"]: line for line in rma["lines"]}
        for received in seen.json["lines"]:
            lines[received["lineId"]]["receivedQuantity"] += received["quantity"]
            if received["condition"] != "WRONG_ITEM":
                lines[received["lineId"]]["refundableQuantity"] += received["quantity"]
        all_came = all(line["receivedQuantity"] == line["quantity"] for line in rma["lines"])
        self.change(rma, receipts=[*rma["receipts"], seen.json], status="RECEIVED" if all_came else "RECEIVED_IN_PART")
        return httpx.Response(201, json=rma)

    def _refundReturn(self, seen: Seen, return_id: str) -> httpx.Response:  # noqa: N802
        rma = self.returns[return_id]
        lines = {line["lineId"]: line for line in rma["lines"]}
        for refunded in seen.json["lines"]:
            lines[refunded["lineId"]]["refundedQuantity"] += refunded["quantity"]
            lines[refunded["lineId"]]["refundableQuantity"] -= refunded["quantity"]
        self.change(rma, status="REFUNDED" if rma["status"] == "RECEIVED" else rma["status"])
        return httpx.Response(201, json=rma)

    def _receiveTransfer(self, seen: Seen, transfer_id: str) -> httpx.Response:  # noqa: N802
        transfer, body = self.transfers[transfer_id], seen.json
        if transfer["status"] not in ("IN_TRANSIT", "PARTIALLY_RECEIVED"):
            return problem(409, "ILLEGAL_TRANSITION")
        lines = {line["sku"]: line for line in transfer["lines"]}
        for came in body["lines"]:
            lines[came["sku"]]["receivedQuantity"] += came["quantity"]
            lines[came["sku"]]["inTransitQuantity"] -= came["quantity"]
        ended = body["final"] or not any(line["inTransitQuantity"] for line in transfer["lines"])
        status = "RECEIVED" if ended else "PARTIALLY_RECEIVED"
        self.change(transfer, receipts=[*transfer["receipts"], body], status=status)
        return httpx.Response(201, json=transfer)

    def _createSubscription(self, seen: Seen) -> httpx.Response:  # noqa: N802
        made = {"subscriptionId": f"sub_{len(self.asked('createSubscription'))}", "secret": SECRET, **seen.json}
        self.subscriptions[made["subscriptionId"]] = made
        return httpx.Response(201, json=made)

    def _deleteSubscription(self, seen: Seen, subscription_id: str) -> httpx.Response:  # noqa: N802
        gone = self.subscriptions.pop(subscription_id, None)
        return problem(404, "NOT_FOUND") if gone is None else httpx.Response(204)


def _route(request: httpx.Request) -> tuple[str, list[str]]:
    parts = request.url.path.removeprefix("/v1/").split("/")
    shape = (request.method, *(part if number % 2 == 0 else "{}" for number, part in enumerate(parts)))
    if parts == ["oauth", "token"]:
        return "createToken", []
    return _OPERATIONS[shape], parts[1::2]


_OPERATIONS = {
    ("GET", "inventory"): "listInventory",
    ("PUT", "inventory"): "reportInventory",
    ("GET", "products"): "listProducts",
    ("GET", "orders"): "listOrders",
    ("GET", "orders", "{}"): "getOrder",
    ("POST", "orders", "{}", "acknowledgements"): "acknowledgeOrder",
    ("POST", "orders", "{}", "cancellations"): "cancelOrder",
    ("POST", "shipments"): "createShipment",
    ("GET", "shipments"): "listShipments",
    ("GET", "invoices"): "listInvoices",
    ("POST", "invoices"): "postInvoice",
    ("GET", "returns"): "listReturns",
    ("GET", "returns", "{}"): "getReturn",
    ("POST", "returns", "{}", "receipts"): "receiveReturn",
    ("POST", "returns", "{}", "refunds"): "refundReturn",
    ("GET", "transfers"): "listTransfers",
    ("GET", "prices"): "listPrices",
    ("PUT", "prices"): "reportPrices",
    ("GET", "transfers", "{}"): "getTransfer",
    ("POST", "transfers", "{}", "receipts"): "receiveTransfer",
    ("POST", "subscriptions"): "createSubscription",
    ("DELETE", "subscriptions", "{}"): "deleteSubscription",
}


def a_level(store_id: str, sku: str, on_hand: int = 0, *, allocated: int = 0, sequence: int = 0) -> Json:
    return {
        "storeId": store_id,
        "sku": sku,
        "onHand": on_hand,
        "reserved": 0,
        "allocated": allocated,
        "sequence": sequence,
        "updatedAt": format_time(NOON),
    }


def an_allocation(store_id: str, quantity: int, status: str = "RESERVED") -> Json:
    return {"storeId": store_id, "quantity": quantity, "shippedQuantity": 0, "status": status}


def a_line(line_id: str, sku: str, *allocations: Json) -> Json:
    quantity = sum(part["quantity"] for part in allocations)
    return {
        "lineId": line_id,
        "sku": sku,
        "quantity": quantity,
        "cancelledQuantity": 0,
        "tax": {"amount": "0.10", "currency": "USD"},
        "total": {"amount": f"{10 * quantity}.10", "currency": "USD"},
        "allocations": list(allocations),
    }


def an_order(order_id: str, *lines: Json, status: str = "NEW") -> Json:
    return {
        "orderId": order_id,
        "status": status,
        "serviceLevel": "STANDARD",
        "updatedAt": format_time(NOON),
        "lines": list(lines) or [a_line("1", "MUG", an_allocation("S1", 1))],
    }


def a_return(return_id: str, quantity: int = 1, amount: str = "12.90", currency: str = "USD") -> Json:
    line = {
        "lineId": "1",
        "sku": "MUG",
        "quantity": quantity,
        "receivedQuantity": 0,
        "refundedQuantity": 0,
        "refundableQuantity": 0,
        "reason": "NO_LONGER_WANTED",
        "refundable": {"amount": amount, "currency": currency},
    }
    return {
        "returnId": return_id,
        "status": "AUTHORISED",
        "openedAtStore": "S1",
        "updatedAt": format_time(NOON),
        "lines": [line],
        "receipts": [],
    }


def a_transfer(transfer_id: str, *units: tuple[str, int], status: str = "IN_TRANSIT", to: str | None = "S1") -> Json:
    chosen = units or (("MUG", 2),)
    transfer: Json = {
        "transferId": transfer_id,
        "status": status,
        "updatedAt": format_time(NOON),
        "dispatchedAt": format_time(NOON),
        "lines": [
            {"sku": sku, "quantity": quantity, "receivedQuantity": 0, "inTransitQuantity": quantity}
            for sku, quantity in chosen
        ],
        "receipts": [],
    }
    return transfer | ({"toStoreId": to} if to is not None else {})
