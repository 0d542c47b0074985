"""A shop small enough to know by heart: two stores and a third, three products, and whatever a test buys in it."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sandbox_server.domain.catalogue import Dimensions, Product, TaxClass
from sandbox_server.domain.inventory import StockReport
from sandbox_server.domain.orders import Buyer, Order
from sandbox_server.domain.stores import Address, Capability, ServiceLevel, Span, Store, StoreStatus
from sandbox_server.kernel.geo import Location
from sandbox_server.kernel.money import Money
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services import inventory, orders, stores
from sandbox_server.traffic.credentials import ALL_SCOPES, READ_SCOPES, Credential, digest
from sandbox_server.worlds import World
from tests.api.acorn.sandbox import Sandbox

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
"""A Friday, 10:00 in New York."""
WIRE_NOW = "2026-11-27T15:00:00.000Z"
NINE_TO_NINE = ((Span(time(9), time(21)),),) * 7
NEW_YORK, NEWARK, PHILADELPHIA = Location(40.7359, -73.9911), Location(40.7357, -74.1724), Location(39.9526, -75.1652)
BUYER = Buyer(
    "Zoë Núñez",
    "zoe@example.com",
    Address("853 Broadway", "New York", "US", region="NY", postal_code="10003", location=NEW_YORK),
    phone="+1 212 555 0142",
)
Basket = Sequence[tuple[str, int]]


def open_shop(currency: str = "USD") -> World:
    """Return the shop: S0001 in New York, S0002 in Newark, S0003 in Philadelphia, with stock of SKU-1 and SKU-2."""
    world = MemoryPersistence(seed=1, currency=currency)
    with world.begin("opening", NOW) as tx:
        stores.create(tx, _store("S0001", "Union Square", NEW_YORK))
        stores.create(tx, _store("S0002", "Newark Penn", NEWARK, safety_stock=1))
        stores.create(tx, _store("S0003", "Rittenhouse", PHILADELPHIA))
        tx.products.put(_product("SKU-1", "Mug 350 ml", Money(1290, currency), TaxClass.STANDARD))
        tx.products.put(_product("SKU-2", "Sea salt", Money(450, currency), TaxClass.REDUCED))
        tx.products.put(_product("SKU-3", "Atlas", Money(2000, currency), TaxClass.ZERO))
        inventory.report(
            tx,
            [
                StockReport(store_id, sku, on_hand, 7, NOW)
                for store_id, sku, on_hand in (
                    ("S0001", "SKU-1", 10),
                    ("S0001", "SKU-2", 5),
                    ("S0002", "SKU-1", 10),
                    ("S0002", "SKU-2", 5),
                    ("S0003", "SKU-1", 3),
                )
            ],
        )
        for credential in _credentials():
            tx.credentials.put(credential)
    return World("shop", 1, NOW, world, (), from_cache=False)


def buy(sandbox: Sandbox, *basket: tuple[str, int], buyer: Buyer = BUYER) -> Order:
    """Place an order, as a buyer does on the marketplace's own pages."""
    with sandbox.transaction("buyer-1") as tx:
        return orders.place(tx, buyer, basket, ServiceLevel.STANDARD)


def acknowledged(sandbox: Sandbox, *basket: tuple[str, int], buyer: Buyer = BUYER) -> str:
    """Return the id of an order whose every line its stores have accepted."""
    order = buy(sandbox, *basket, buyer=buyer)
    answer = sandbox.post(f"/orders/{order.order_id}/acknowledgements", accept(order))
    assert answer.json()["status"] == "ACKNOWLEDGED"
    return order.order_id


def shipped(sandbox: Sandbox, *basket: tuple[str, int], number: str = "1234567890", buyer: Buyer = BUYER) -> Any:
    """Return a shipment of a whole new order from S0001."""
    order_id = acknowledged(sandbox, *basket, buyer=buyer)
    lines = [{"lineId": str(place), "quantity": units} for place, (_, units) in enumerate(basket, start=1)]
    body = shipment(order_id, *lines, trackingNumber=number, shippedAt=sandbox.now.isoformat())
    answer = sandbox.post("/shipments", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def accept(order: Order) -> Any:
    return {"lines": [{"lineId": line.line_id, "decision": "ACCEPT"} for line in order.lines]}


def shipment(order_id: str, *lines: Any, **changes: Any) -> Any:
    """Return the body of a shipment of one unit of line 1 from S0001, changed where a test says so."""
    body = {
        "orderId": order_id,
        "storeId": "S0001",
        "lines": list(lines) or [{"lineId": "1", "quantity": 1}],
        "carrier": "DHL",
        "trackingNumber": "1234567890",
        "shippedAt": WIRE_NOW,
        "packages": [{"weightGrams": 900}],
    }
    return body | changes


def returned(sandbox: Sandbox, *basket: tuple[str, int], quantity: int = 1) -> Any:
    """Return a new return of units of line 1 of a shipped order, opened at S0001."""
    order_id = shipped(sandbox, *basket)["orderId"]
    answer = sandbox.post("/returns", opened(order_id, quantity=quantity))
    assert answer.status_code == 201, answer.text
    return answer.json()


def opened(order_id: str, *, quantity: int = 1, store_id: str = "S0001", line_id: str = "1") -> Any:
    """Return the body that opens a return."""
    line = {"lineId": line_id, "quantity": quantity, "reason": "NO_LONGER_WANTED"}
    return {"orderId": order_id, "storeId": store_id, "lines": [line]}


def receipt(*, quantity: int = 1, condition: str = "SELLABLE", store_id: str = "S0001", line_id: str = "1") -> Any:
    """Return the body that records goods that came back."""
    return {"storeId": store_id, "lines": [{"lineId": line_id, "quantity": quantity, "condition": condition}]}


def refund(amount: str, *, quantity: int = 1, currency: str = "USD", line_id: str = "1") -> Any:
    """Return the body that pays back."""
    money = {"amount": amount, "currency": currency}
    return {"lines": [{"lineId": line_id, "quantity": quantity, "amount": money}]}


def report(*items: Any, **changes: Any) -> Any:
    """Return the body of a stock report: one right item, changed where a test says so, or the items given."""
    item = {"storeId": "S0001", "sku": "SKU-1", "onHand": 25, "sequence": 8, "asOf": WIRE_NOW}
    return {"items": list(items) or [item | changes]}


def new_store(**changes: Any) -> Any:
    """Return the body of a new store."""
    body = {
        "storeId": "S0009",
        "name": "Harbour East",
        "address": {
            "line1": "1 Harbour Way",
            "line2": "Floor 2",
            "city": "Baltimore",
            "region": "MD",
            "postalCode": "21202",
            "country": "US",
            "location": {"latitude": 39.2833, "longitude": -76.6},
        },
        "timeZone": "America/New_York",
        "openingHours": {"monday": [{"opens": "09:00", "closes": "12:30"}, {"opens": "13:30", "closes": "21:00"}]},
        "cutOff": "16:00",
        "dailyOrderCapacity": 80,
        "safetyStock": 2,
        "capabilities": ["SHIP_FROM_STORE"],
    }
    return body | changes


def transfer(**changes: Any) -> Any:
    """Return the body that asks for two SKU-1 to go from S0001 to S0003, changed where a test says so."""
    body = {
        "kind": "STORE_TO_STORE",
        "fromStoreId": "S0001",
        "toStoreId": "S0003",
        "lines": [{"sku": "SKU-1", "quantity": 2}],
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def requested(sandbox: Sandbox, **changes: Any) -> Any:
    """Return a new transfer."""
    answer = sandbox.post("/transfers", transfer(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def transferred(sandbox: Sandbox, **changes: Any) -> Any:
    """Return a transfer on its way."""
    answer = sandbox.post(f"/transfers/{requested(sandbox, **changes)['transferId']}/dispatches", {})
    assert answer.status_code == 201, answer.text
    return answer.json()


def sent(quantity: int = 2, sku: str = "SKU-1") -> Any:
    """Return the body that records goods of a transfer that came."""
    return {"lines": [{"sku": sku, "quantity": quantity}]}


def invoice(shipment_id: str, **changes: Any) -> Any:
    """Return the body of the invoice for a shipment of one SKU-1, changed where a test says so."""
    net, tax, total = ({"amount": amount, "currency": "USD"} for amount in ("12.90", "1.03", "13.93"))
    body = {
        "shipmentId": shipment_id,
        "number": "S0001-2026-00042",
        "issuedAt": WIRE_NOW,
        "lines": [{"lineId": "1", "quantity": 1, "net": net, "tax": tax}],
        "total": total,
    }
    return body | changes


def invoiced(sandbox: Sandbox) -> Any:
    """Return the invoice of a new shipment of one SKU-1."""
    answer = sandbox.post("/invoices", invoice(shipped(sandbox, ("SKU-1", 1))["shipmentId"]))
    assert answer.status_code == 201, answer.text
    return answer.json()


def settled(sandbox: Sandbox) -> Any:
    """Return the settlement of a fortnight in which one SKU-1 was sold."""
    shipped(sandbox, ("SKU-1", 1))
    sandbox.pass_time(timedelta(days=14))
    (settlement,) = sandbox.get("/settlements").json()["items"]
    return settlement


def subscription(**changes: Any) -> Any:
    """Return the body that subscribes a public receiver to everything, changed where a test says so."""
    return {"url": "https://hooks.example.com/acorn", **changes}


def subscribed(sandbox: Sandbox, **changes: Any) -> Any:
    """Return a new subscription, with its secret."""
    answer = sandbox.post("/subscriptions", subscription(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def report_on(**changes: Any) -> Any:
    """Return the body that asks for last week's sales as JSON, changed where a test says so."""
    body = {
        "type": "SALES_BY_CHANNEL",
        "from": "2026-11-20T15:00:00Z",
        "to": "2026-11-27T15:00:00Z",
        "format": "JSON",
    }
    return body | changes


def asked_for(sandbox: Sandbox, **changes: Any) -> Any:
    """Return a new report."""
    answer = sandbox.post("/reports", report_on(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def told(sandbox: Sandbox, **changes: Any) -> Any:
    """Return a report that is done."""
    asked = asked_for(sandbox, **changes)
    sandbox.pass_time(timedelta(seconds=90))
    return sandbox.get(f"/reports/{asked['reportId']}").json()


def level(sandbox: Sandbox, store_id: str, sku: str) -> tuple[int, int, int]:
    """Return what a store has of a SKU: on hand, reserved, allocated."""
    (item,) = sandbox.get("/inventory", storeId=store_id, sku=sku).json()["items"]
    return item["onHand"], item["reserved"], item["allocated"]


def _store(store_id: str, name: str, location: Location, safety_stock: int = 0) -> Store:
    return Store(
        store_id,
        name,
        Address("1 Main Street", "Springfield", "US", location=location),
        location,
        "America/New_York",
        NINE_TO_NINE,
        cut_off=time(16),
        daily_order_capacity=100,
        safety_stock=safety_stock,
        status=StoreStatus.ACTIVE,
        capabilities=tuple(Capability),
        created_at=NOW,
        updated_at=NOW,
    )


def _product(sku: str, title: str, price: Money, tax_class: TaxClass) -> Product:
    size = Dimensions(240, 160, 90)
    return Product(sku, title, "4006381333931", "Oakline", "Kitchen", 420, size, tax_class, price, NOW, NOW)


def _credentials() -> list[Credential]:
    return [
        Credential("acorn-sandbox", digest("acorn-secret"), digest("acorn-key"), ALL_SCOPES),
        Credential("acorn-store", digest("acorn-store-secret"), digest("acorn-store-key"), ALL_SCOPES, ("S0001",)),
        Credential("acorn-reader", digest("acorn-reader-secret"), digest("acorn-reader-key"), READ_SCOPES),
        Credential(
            "acorn-suspended",
            digest("acorn-suspended-secret"),
            digest("acorn-suspended-key"),
            ALL_SCOPES,
            suspended=True,
        ),
    ]
