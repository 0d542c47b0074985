"""Invoices: one a parcel, to the cent, whenever the client is killed."""

from pathlib import Path
from typing import Any

import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.cli import summary
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import FakeMarketplace, a_level, a_line, an_allocation, an_order, lost, problem


def an_order_of(market: FakeMarketplace, *allocations: tuple[str, int]) -> Any:
    """Put an order of mugs on the marketplace, allocated to stores that have them."""
    for store_id, units in allocations:
        market.levels[store_id, "MUG"] = a_level(store_id, "MUG", units)
    line = a_line("1", "MUG", *(an_allocation(store_id, units) for store_id, units in allocations))
    order = market.orders["ord_1"] = an_order("ord_1", line)
    return order


def money(amount: str) -> Any:
    return {"amount": amount, "currency": "USD"}


def test_a_parcel_is_invoiced_once_however_often_the_client_comes_round(
    client: Client, market: FakeMarketplace
) -> None:
    an_order_of(market, ("S1", 2))
    for _ in range(3):
        client.worker.round(afresh=True)
    (posted,) = market.asked("postInvoice")
    assert posted.json == {
        "shipmentId": "shp_0001",
        "number": "shp_0001",
        "issuedAt": market.shipments[0]["shippedAt"],
        "lines": [{"lineId": "1", "quantity": 2, "net": money("20.00"), "tax": money("0.10")}],
        "total": money("20.10"),
    }
    assert "     1  invoices posted" in summary(client)
    assert client.worker.unfinished() == []


def test_the_invoices_of_a_line_that_leaves_in_parts_add_up_to_it(client: Client, market: FakeMarketplace) -> None:
    an_order_of(market, ("S1", 1), ("S2", 2))
    client.worker.round()
    figures = [(one["lines"][0]["net"], one["lines"][0]["tax"], one["total"]) for one in market.invoices]
    assert figures == [
        (money("10.00"), money("0.03"), money("10.03")),
        (money("20.00"), money("0.07"), money("20.07")),
    ]


@pytest.mark.parametrize("operation", ["createShipment", "getOrder", "listShipments", "listInvoices", "postInvoice"])
def test_an_invoice_is_posted_by_the_next_client_where_this_one_was_lost(
    make_client: MakeClient, market: FakeMarketplace, operation: str, tmp_path: Path
) -> None:
    an_order_of(market, ("S1", 1))
    market.fail(operation, *[lost] * 50)
    make_client(state_path=str(tmp_path / "state")).worker.round()
    market.faults[operation].clear()
    client = make_client(state_path=str(tmp_path / "state"))
    for _ in range(2):
        client.worker.round(afresh=True)
    assert [one["shipmentId"] for one in market.invoices] == ["shp_0001"]


def test_an_invoice_that_is_refused_is_left_to_people(client: Client, market: FakeMarketplace) -> None:
    an_order_of(market, ("S1", 1))
    market.fail("postInvoice", problem(422, "UNPROCESSABLE"))
    client.worker.round()
    client.worker.round()
    assert len(market.asked("postInvoice")) == 1
    assert client.worker.unfinished() == ["the invoices of ord_1"]
