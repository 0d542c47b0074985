"""Calls that found no operation, explained."""

import pytest

from sandbox_server.traffic.unmatched import Offer, explain

OFFERS = [
    Offer("listStores", "GET", "/v1/stores", "/v1"),
    Offer("updateStore", "PATCH", "/v1/stores/{storeId}", "/v1"),
    Offer("listOrders", "GET", "/v1/orders", "/v1"),
    Offer("getOrder", "GET", "/v1/orders/{orderId}", "/v1"),
    Offer("acknowledgeOrder", "POST", "/v1/orders/{orderId}/acknowledgements", "/v1"),
    Offer("listMovements", "GET", "/v1/inventory/movements", "/v1"),
    Offer("getStock", "GET", "/v1/inventory/{sku}", "/v1"),
    Offer("putInventory", "PUT", "/v1/inventory", "/v1"),
    Offer("createShipment", "POST", "/v1/shipments", "/v1"),
    Offer("getLabel", "GET", "/v1/shipments/{shipmentId}/label", "/v1"),
    Offer("createToken", "POST", "/v1/oauth/token", "/v1"),
]


@pytest.mark.parametrize(
    ("method", "path", "operation", "differences", "remedy"),
    [
        ("GET", "/orders", "listOrders", ['"/v1" is missing at the beginning'], "GET /v1/orders"),
        ("GET", "/v1/order", "listOrders", ['"order" should be "orders"'], "GET /v1/orders"),
        ("GET", "/v1/Orders", "listOrders", ['"Orders" should be "orders" (case matters)'], "GET /v1/orders"),
        ("GET", "/v1/orders/", "listOrders", ["a slash is too much at the end"], "GET /v1/orders"),
        ("GET", "/v2/orders", "listOrders", ['"v2" should be "v1"'], "GET /v1/orders"),
        ("GET", "//v1/orders", "listOrders", ["a slash is too much"], "GET /v1/orders"),
        ("POST", "/v1/orders/ord_7", "getOrder", ["the method is GET, not POST"], "GET /v1/orders/ord_7"),
        (
            "POST",
            "/v1/orders/ord_7/acknowledge",
            "acknowledgeOrder",
            ['"acknowledge" should be "acknowledgements"'],
            "POST /v1/orders/ord_7/acknowledgements",
        ),
        (
            "GET",
            "/v1/shipment/shp_1/Label/",
            "getLabel",
            [
                '"shipment" should be "shipments"',
                '"Label" should be "label" (case matters)',
                "a slash is too much at the end",
            ],
            "GET /v1/shipments/shp_1/label",
        ),
        ("GET", "/v1/api/orders", "listOrders", ['"api" is too much'], "GET /v1/orders"),
        ("POST", "/v1/token", "createToken", ['"oauth" is missing'], "POST /v1/oauth/token"),
        (
            "GET",
            "/v1/orders/a%2Fb",
            "getOrder",
            ["a separator or a control character is percent-encoded"],
            "GET /v1/orders/a%2Fb",
        ),
        ("PUT", "/v1/inventory/SKU-1", "getStock", ["the method is GET, not PUT"], "GET /v1/inventory/SKU-1"),
    ],
)
def test_the_nearest_operation_is_named_with_what_differs_and_how_to_mend_it(
    method: str, path: str, operation: str, differences: list[str], remedy: str
) -> None:
    found = explain(method, path, OFFERS)
    assert found.nearest is not None
    assert (found.nearest.operation_id, list(found.differences), found.remedy) == (operation, differences, remedy)


def test_a_wrong_method_is_told_from_a_wrong_path() -> None:
    assert explain("DELETE", "/v1/orders", OFFERS).text == "/v1/orders takes GET, not DELETE."
    assert explain("DELETE", "/v1/order", OFFERS).text == "There is no path /v1/order."


def test_an_encoded_separator_is_named_as_such() -> None:
    assert explain("GET", "/v1/orders/a%2fb", OFFERS).text == "The path hides a separator or a control character."


@pytest.mark.parametrize(
    "path",
    ["/", "/wp-admin/setup.php", "/a/b/c/d/e/f/g/h", "/" + "x/" * 500, "/" + "y" * 9000],
    ids=["root", "another", "strange", "deep", "long"],
)
def test_what_is_like_nothing_is_not_likened(path: str) -> None:
    found = explain("GET", path, OFFERS)
    assert (found.nearest, found.differences) == (None, ())
    assert "none like it" in found.text
    assert len(found.text) < 300
