"""Invoices: posted for shipments, and refused where they do not say what those cost."""

from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, acknowledged, invoice, invoiced, shipment, shipped


def usd(amount: str) -> Any:
    return {"amount": amount, "currency": "USD"}


def line(quantity: int, net: str, tax: str, line_id: str = "1") -> Any:
    return {"lineId": line_id, "quantity": quantity, "net": usd(net), "tax": usd(tax)}


def test_an_invoice_is_posted_for_a_shipment(shop: Sandbox) -> None:
    parcel = shipped(shop, ("SKU-1", 1))
    answer = shop.post("/invoices", invoice(parcel["shipmentId"]))
    invoice_id = answer.json()["invoiceId"]
    assert answer.status_code == 201
    assert invoice_id.startswith("inv_")
    assert (answer.headers["location"], answer.headers["etag"]) == (f"/v1/invoices/{invoice_id}", '"1"')
    assert answer.json() == {
        "invoiceId": invoice_id,
        "shipmentId": parcel["shipmentId"],
        "orderId": parcel["orderId"],
        "number": "S0001-2026-00042",
        "issuedAt": WIRE_NOW,
        "createdAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
        "lines": [line(1, "12.90", "1.03")],
        "net": usd("12.90"),
        "tax": usd("1.03"),
        "total": usd("13.93"),
    }
    assert shop.get(f"/invoices/{invoice_id}").content == answer.content


def test_the_invoices_of_an_order_add_up_to_it(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 3))
    figures = [line(1, "12.90", "1.03"), line(1, "12.90", "1.04"), line(1, "12.90", "1.03")]
    totals = ["13.93", "13.94", "13.93"]
    for number, (wanted, total) in enumerate(zip(figures, totals, strict=True)):
        parcel = shop.post("/shipments", shipment(order_id, trackingNumber=f"123456789{number}")).json()
        body = invoice(parcel["shipmentId"], number=f"A-{number}", lines=[wanted], total=usd(total))
        assert shop.post("/invoices", body).status_code == 201
    found = shop.get("/invoices", orderId=order_id).json()["items"]
    order = shop.get(f"/orders/{order_id}").json()
    assert sum(int(one["total"]["amount"].replace(".", "")) for one in found) == 4180
    assert order["total"] == usd("41.80")


def test_a_shipment_may_be_invoiced_after_the_next_one(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 3))
    early, late = (
        shop.post("/shipments", shipment(order_id, {"lineId": "1", "quantity": units}, trackingNumber=number)).json()
        for units, number in ((2, "1234567890"), (1, "1234567891"))
    )
    for parcel, wanted, total in (
        (late, line(1, "12.90", "1.03"), "13.93"),
        (early, line(2, "25.80", "2.07"), "27.87"),
    ):
        body = invoice(parcel["shipmentId"], number=parcel["shipmentId"], lines=[wanted], total=usd(total))
        assert shop.post("/invoices", body).status_code == 201


def test_invoices_are_found_by_shipment_and_by_order(shop: Sandbox) -> None:
    posted = invoiced(shop)
    other = shipped(shop, ("SKU-1", 1), number="1234567891")
    body = invoice(other["shipmentId"], number="A-2")
    latest = shop.post("/invoices", body).json()
    assert shop.get("/invoices").json() == {"items": [posted, latest]}
    assert shop.get("/invoices", shipmentId=posted["shipmentId"]).json() == {"items": [posted]}
    assert shop.get("/invoices", orderId=other["orderId"]).json() == {"items": [latest]}
    assert shop.get("/invoices", shipmentId="shp_0000000000000000").json() == {"items": []}


def test_figures_that_are_not_the_shipments_are_named_with_what_is_expected(shop: Sandbox) -> None:
    parcel = shipped(shop, ("SKU-1", 1))
    before = shop.digest()
    answer = shop.post("/invoices", invoice(parcel["shipmentId"], lines=[line(2, "12.91", "1.00")], total=usd("13.91")))
    assert faults(answer, 422, "UNPROCESSABLE") == [
        ("/lines/0/quantity", "QUANTITY"),
        ("/lines/0/net", "NET"),
        ("/lines/0/tax", "TAX"),
        ("/total", "TOTAL"),
    ]
    assert [error["message"] for error in answer.json()["errors"]] == [
        "Of line 1 1 were shipped.",
        "Line 1 cost 12.90 USD.",
        "The tax on line 1 is 1.03 USD.",
        "The shipment cost 13.93 USD.",
    ]
    assert shop.digest() == before


def test_lines_are_those_of_the_shipment_each_once(shop: Sandbox) -> None:
    parcel = shipped(shop, ("SKU-1", 1), ("SKU-2", 1))
    lines = [line(1, "12.90", "1.03"), line(1, "12.90", "1.03"), line(1, "1.00", "0.00", "7")]
    answer = shop.post("/invoices", invoice(parcel["shipmentId"], lines=lines))
    assert faults(answer, 422, "UNPROCESSABLE")[:3] == [
        ("/lines/1/lineId", "REPEATED"),
        ("/lines/2/lineId", "UNKNOWN_LINE"),
        ("/lines", "MISSING_LINE"),
    ]


@pytest.mark.parametrize("money", [{"amount": "12.9", "currency": "USD"}, {"amount": "12", "currency": "JPY"}])
def test_amounts_that_are_not_the_marketplaces_money_are_refused(shop: Sandbox, money: Any) -> None:
    parcel = shipped(shop, ("SKU-1", 1))
    lines = [{"lineId": "1", "quantity": 1, "net": money, "tax": money}]
    answer = shop.post("/invoices", invoice(parcel["shipmentId"], lines=lines, total=money))
    pointers = ["/lines/0/net", "/lines/0/tax", "/total"]
    assert faults(answer, 422, "UNPROCESSABLE") == [(pointer, "AMOUNT") for pointer in pointers]


def test_a_shipment_has_one_invoice_and_a_number_names_one(shop: Sandbox) -> None:
    posted = invoiced(shop)
    again = shop.post("/invoices", invoice(posted["shipmentId"], number="A-2"))
    assert problem(again, 409, "DUPLICATE")["detail"] == (
        f"The shipment {posted['shipmentId']} has an invoice: {posted['invoiceId']}."
    )
    other = shipped(shop, ("SKU-1", 1), number="1234567891")
    taken = shop.post("/invoices", invoice(other["shipmentId"]))
    assert problem(taken, 409, "DUPLICATE")["detail"] == (
        f"S0001-2026-00042 is the number of another invoice: {posted['invoiceId']}."
    )


@pytest.mark.parametrize(
    ("issued_at", "code"), [("2026-11-27T15:00:00.001Z", "IN_FUTURE"), ("2026-11-27T14:59:59Z", "BEFORE_ORDER")]
)
def test_an_invoice_from_another_time_is_refused(shop: Sandbox, issued_at: str, code: str) -> None:
    parcel = shipped(shop, ("SKU-1", 1))
    answer = shop.post("/invoices", invoice(parcel["shipmentId"], issuedAt=issued_at))
    assert faults(answer, 422, "UNPROCESSABLE") == [("/issuedAt", code)]


def test_what_is_not_there_is_not_found(shop: Sandbox) -> None:
    problem(shop.post("/invoices", invoice("shp_0000000000000000")), 404, "NOT_FOUND")
    problem(shop.get("/invoices/inv_0000000000000000"), 404, "NOT_FOUND")


def test_a_store_posts_invoices_for_its_own_shipments(shop: Sandbox) -> None:
    own = shipped(shop, ("SKU-1", 1))
    assert shop.post("/invoices", invoice(own["shipmentId"]), key=STORE_KEY).status_code == 201
    order_id = acknowledged(shop, ("SKU-1", 10))
    order = shop.get(f"/orders/{order_id}").json()
    (part,) = [part for part in order["lines"][0]["allocations"] if part["storeId"] != "S0001"]
    body = shipment(order_id, {"lineId": "1", "quantity": 1}, storeId=part["storeId"], trackingNumber="1234567899")
    other = shop.post("/shipments", body).json()
    problem(shop.post("/invoices", invoice(other["shipmentId"], number="A-9"), key=STORE_KEY), 403, "STORE_NOT_YOURS")
