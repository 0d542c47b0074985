"""Transfers: one receipt a delivery, at the store they come to, and nobody else's."""

from typing import Any

import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.cli import summary
from fixtures.clients.reference.dock import Delivery
from fixtures.clients.reference.shapes import Place
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import FakeMarketplace, a_transfer, lost
from tests.clients.sources import Counted, Deliveries


def test_what_is_on_its_way_to_a_store_is_received_once_however_often_it_is_met(
    client: Client, market: FakeMarketplace
) -> None:
    goods = market.transfers["trf_0001"] = a_transfer("trf_0001", ("MUG", 2), ("HAT", 1))
    for _ in range(3):
        client.worker.round(afresh=True)
    assert goods["status"] == "RECEIVED"
    (receipt,) = market.asked("receiveTransfer")
    assert receipt.json == {
        "lines": [{"sku": "MUG", "quantity": 2}, {"sku": "HAT", "quantity": 1}],
        "final": True,
    }
    assert "     1  transfers received" in summary(client)
    assert client.worker.unfinished() == []


@pytest.mark.parametrize(
    "other",
    [{"status": "REQUESTED"}, {"status": "RECEIVED"}, {"status": "CANCELLED"}, {"to": None}],
    ids=["not left yet", "received", "called off", "to a fulfilment centre"],
)
@pytest.mark.parametrize("afresh", [True, False])
def test_what_nobody_waits_for_is_left_alone(client: Client, market: FakeMarketplace, other: Any, afresh: bool) -> None:
    client.worker.round()
    market.transfers["trf_0001"] = a_transfer("trf_0001", **other)
    client.worker.round(afresh=afresh)
    assert not market.asked("receiveTransfer")
    assert client.worker.unfinished() == []


def test_what_leaves_later_is_received_then(client: Client, market: FakeMarketplace) -> None:
    goods = market.transfers["trf_0001"] = a_transfer("trf_0001", status="REQUESTED")
    client.worker.round()
    market.change(goods, status="IN_TRANSIT")
    client.worker.round()
    assert goods["status"] == "RECEIVED"


def test_each_delivery_is_one_receipt_and_an_intent_of_its_own(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    goods = market.transfers["trf_0001"] = a_transfer("trf_0001", ("MUG", 3))
    vans = [Delivery("van-1", [{"sku": "MUG", "quantity": 1}], final=False)]
    client = make_client(dock=Deliveries(trf_0001=vans))
    client.worker.round()
    assert (goods["status"], client.worker.unfinished()) == ("PARTIALLY_RECEIVED", ["trf_0001"])
    vans.append(Delivery("van-2", [{"sku": "MUG", "quantity": 1}], final=True))
    market.clock.now += 10
    client.worker.round()
    assert (goods["status"], client.worker.unfinished()) == ("RECEIVED", [])
    first, second = market.asked("receiveTransfer")
    assert first.key != second.key
    assert (first.json["final"], second.json["final"]) == (False, True)


def test_two_vans_on_one_day_are_two_receipts_in_one_round(make_client: MakeClient, market: FakeMarketplace) -> None:
    goods = market.transfers["trf_0001"] = a_transfer("trf_0001", ("MUG", 2))
    vans = [Delivery(name, [{"sku": "MUG", "quantity": 1}], final=False) for name in ("van-1", "van-2")]
    make_client(dock=Deliveries(trf_0001=vans)).worker.round()
    assert (goods["status"], len(goods["receipts"])) == ("RECEIVED", 2)


def test_a_lost_answer_takes_nothing_in_twice(make_client: MakeClient, market: FakeMarketplace) -> None:
    goods = market.transfers["trf_0001"] = a_transfer("trf_0001")
    market.fail("receiveTransfer", lost)
    source = Counted({Place("S1", "MUG"): 1})
    make_client(source=source).worker.round()
    assert goods["lines"][0]["receivedQuantity"] == 2
    assert len({(seen.key, seen.request.content) for seen in market.asked("receiveTransfer")}) == 1
    assert source.shelves == {Place("S1", "MUG"): 3}


def test_what_left_first_is_received_first(client: Client, market: FakeMarketplace) -> None:
    for number, hour in ((1, 12), (2, 9), (3, 11)):
        transfer = a_transfer(f"trf_000{number}")
        market.transfers[f"trf_000{number}"] = transfer | {"dispatchedAt": f"2026-11-27T{hour:02}:00:00.000Z"}
    client.worker.round()
    order = [seen.request.url.path.split("/")[3] for seen in market.asked("receiveTransfer")]
    assert order == ["trf_0002", "trf_0003", "trf_0001"]


def test_one_that_is_refused_leaves_the_others_alone(client: Client, market: FakeMarketplace) -> None:
    for number in (1, 2):
        market.transfers[f"trf_000{number}"] = a_transfer(f"trf_000{number}")
    market.poisoned.add("/v1/transfers/trf_0001/receipts")
    client.worker.round()
    assert market.transfers["trf_0002"]["status"] == "RECEIVED"
    assert client.worker.unfinished() == ["trf_0001"]
