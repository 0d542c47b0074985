"""What the marketplace says of itself, and whole worlds held against its contract."""

from datetime import timedelta

import pytest

from sandbox_server.domain.events import DueKind
from tests.api.acorn.conformance import CONTRACT
from tests.api.acorn.requests import OPERATIONS
from tests.api.acorn.sandbox import READER_KEY, STORE_KEY, Sandbox
from tests.api.acorn.shop import open_shop, opened, receipt, refund, shipped


def test_health_needs_no_credential_and_tells_the_contract_the_world_and_its_time(shop: Sandbox) -> None:
    shop.pass_time(timedelta(minutes=1))
    assert shop.get("/health", key=None).json() == {
        "status": "ok",
        "contractVersion": CONTRACT.document["info"]["version"],
        "time": "2026-11-27T15:01:00.000Z",
        "world": "shop",
    }


@pytest.mark.parametrize("key", [READER_KEY, STORE_KEY])
def test_any_credential_may_ask_for_the_rate_limits_of_the_document(shop: Sandbox, key: str) -> None:
    body = shop.get("/rate-limits", key=key).json()
    assert body["profile"] == "off"
    assert [item["operationId"] for item in body["operations"]] == list(OPERATIONS)
    for item in body["operations"]:
        limit = OPERATIONS[item["operationId"]].rate_limit
        assert item == {
            "operationId": item["operationId"],
            "perMinute": limit["perMinute"],
            "burst": limit["burst"],
            "remaining": limit["burst"],
            "resetSeconds": 0,
        }


@pytest.mark.parametrize(
    ("currency", "price", "paid", "fractional"),
    [("USD", "12.90", "13.93", "13.9"), ("JPY", "1290", "1393", "1393.0"), ("KWD", "1.290", "1.393", "1.39")],
)
def test_a_worlds_money_has_its_currencys_own_decimals_everywhere(
    currency: str, price: str, paid: str, fractional: str
) -> None:
    shop = Sandbox(open_shop(currency))
    order_id = shipped(shop, ("SKU-1", 1))["orderId"]
    order = shop.get(f"/orders/{order_id}").json()
    assert order["lines"][0]["unitPrice"] == {"amount": price, "currency": currency}
    assert order["total"] == {"amount": paid, "currency": currency}
    path = f"/returns/{shop.post('/returns', opened(order_id)).json()['returnId']}"
    shop.post(f"{path}/receipts", receipt())
    assert shop.post(f"{path}/refunds", refund(fractional, currency=currency)).status_code == 422
    refunded = shop.post(f"{path}/refunds", refund(paid, currency=currency)).json()
    assert refunded["refunds"][0]["total"] == {"amount": paid, "currency": currency}
    assert refunded["status"] == "REFUNDED"


@pytest.mark.parametrize(
    ("path", "name"),
    [("/orders", "orderId"), ("/shipments", "shipmentId"), ("/returns", "returnId"), ("/stores", "storeId")],
)
def test_everything_in_a_world_is_as_documented_and_reads_alone_as_in_its_list(
    chain: Sandbox, path: str, name: str
) -> None:
    for page in chain.walk(path):
        for item in page:
            assert chain.get(f"{path}/{item[name]}").json() == item


def test_every_shipment_of_a_world_has_its_label(chain: Sandbox) -> None:
    shipments = [item for page in chain.walk("/shipments") for item in page]
    for item in shipments[:: len(shipments) // 12]:
        for accept in ("application/pdf", "image/png"):
            assert chain.get(f"/shipments/{item['shipmentId']}/label", accept=accept).status_code == 200


def test_a_world_shows_every_state_of_an_order_and_a_return(chain: Sandbox) -> None:
    for path, kind in (("/orders", "OrderStatus"), ("/returns", "ReturnStatus")):
        for status in CONTRACT.place(f"#/components/schemas/{kind}").node["enum"]:
            assert chain.get(path, status=status).json()["items"], status


def test_a_month_of_a_worlds_time_leaves_every_answer_as_documented(chain: Sandbox) -> None:
    chain.pass_time(timedelta(days=40))
    assert chain.get("/orders", status="NEW").json()["items"] == []
    assert chain.get("/returns", status="AUTHORISED").json()["items"] == []
    for path in ("/orders", "/shipments", "/returns", "/inventory"):
        assert sum(map(len, chain.walk(path))) > 0
    with chain.tenant.read() as tx:
        assert not {event.kind for event in tx.due.select()} & {DueKind.ACKNOWLEDGE_BY, DueKind.SHIP_BY}
