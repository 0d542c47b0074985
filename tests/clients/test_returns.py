"""Returns: one receipt a drop-off, at the right counter, and every unit paid back once."""

from decimal import Decimal

import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.cli import summary
from fixtures.clients.reference.counter import DropOff
from fixtures.clients.reference.shapes import Place
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import FakeMarketplace, a_return, lost
from tests.clients.sources import Counted, DropOffs


def test_a_return_is_received_and_refunded_once_however_often_it_is_met(
    client: Client, market: FakeMarketplace
) -> None:
    rma = market.returns["ret_0001"] = a_return("ret_0001", 2)
    for _ in range(3):
        client.worker.round(afresh=True)
    assert rma["status"] == "REFUNDED"
    assert len(market.asked("receiveReturn")) == len(market.asked("refundReturn")) == 1


def test_the_store_where_the_goods_were_dropped_off_receives_them(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    market.returns["ret_0001"] = a_return("ret_0001")
    lines = [{"lineId": "1", "quantity": 1, "condition": "DAMAGED"}]
    make_client(counter=DropOffs(ret_0001=[DropOff("till-7/31", "S4", lines)])).worker.round()  # type: ignore[arg-type]
    assert market.asked("receiveReturn")[0].json == {"storeId": "S4", "lines": lines}


def test_each_drop_off_is_one_receipt_and_each_refund_an_intent_of_its_own(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    rma = market.returns["ret_0001"] = a_return("ret_0001", 2)
    drop_offs = [
        DropOff(name, "S1", [{"lineId": "1", "quantity": 1, "condition": "SELLABLE"}]) for name in ("one", "two")
    ]
    brought = drop_offs[:1]
    client = make_client(counter=DropOffs(ret_0001=brought))
    client.worker.round()
    brought.append(drop_offs[1])
    market.clock.now += 10
    client.worker.round()
    assert rma["status"] == "REFUNDED"
    for operation in ("receiveReturn", "refundReturn"):
        first, second = market.asked(operation)
        assert first.key != second.key


def test_a_member_that_an_answer_has_gained_is_not_sent_back(client: Client, market: FakeMarketplace) -> None:
    rma = market.returns["ret_0001"] = a_return("ret_0001")
    rma["lines"][0]["refundable"]["xNew"] = True
    client.worker.round()
    [line] = market.asked("refundReturn")[0].json["lines"]
    assert set(line["amount"]) == {"amount", "currency"}


def test_a_lost_answer_pays_nobody_twice(client: Client, market: FakeMarketplace) -> None:
    rma = market.returns["ret_0001"] = a_return("ret_0001")
    market.fail("receiveReturn", lost)
    market.fail("refundReturn", lost)
    client.worker.round()
    assert rma["lines"][0]["receivedQuantity"] == rma["lines"][0]["refundedQuantity"] == 1
    for operation in ("receiveReturn", "refundReturn"):
        assert len({(seen.key, seen.request.content) for seen in market.asked(operation)}) == 1


def test_only_sellable_goods_lie_on_the_shelf_again(make_client: MakeClient, market: FakeMarketplace) -> None:
    market.returns["ret_0001"] = a_return("ret_0001", 3)
    source = Counted({Place("S1", "MUG"): 0})
    drop_off = DropOff(
        "one",
        "S1",
        [
            {"lineId": "1", "quantity": 1, "condition": "SELLABLE"},
            {"lineId": "1", "quantity": 2, "condition": "DAMAGED"},
        ],
    )
    make_client(source=source, counter=DropOffs(ret_0001=[drop_off])).worker.round()
    assert source.shelves == {Place("S1", "MUG"): 1}


def test_a_return_that_nobody_has_brought_yet_waits(make_client: MakeClient, market: FakeMarketplace) -> None:
    rma = market.returns["ret_0001"] = a_return("ret_0001")
    client = make_client(counter=DropOffs())
    client.worker.round()
    assert rma["status"] == "AUTHORISED"
    assert client.worker.unfinished() == ["ret_0001"]


def test_a_return_that_names_no_store_waits_for_one(client: Client, market: FakeMarketplace) -> None:
    market.returns["ret_0001"] = a_return("ret_0001")
    del market.returns["ret_0001"]["openedAtStore"]
    client.worker.round()
    assert not market.asked("receiveReturn")


@pytest.mark.parametrize(("amount", "currency"), [("0.30", "USD"), ("1980", "JPY"), ("12.345", "KWD")])
def test_amounts_go_back_as_they_came(client: Client, market: FakeMarketplace, amount: str, currency: str) -> None:
    market.returns["ret_0001"] = a_return("ret_0001", 1, amount, currency)
    client.worker.round()
    refunded = {"lineId": "1", "quantity": 1, "amount": {"amount": amount, "currency": currency}}
    assert market.asked("refundReturn")[0].json == {"lines": [refunded]}


def test_sums_are_exact(client: Client, market: FakeMarketplace) -> None:
    for number, amount in enumerate(("0.10", "0.20")):
        market.returns[f"ret_{number:04}"] = a_return(f"ret_{number:04}", 1, amount)
    client.worker.round()
    assert client.returns.refunded == {"USD": Decimal("0.30")}
    assert "  0.30  USD refunded" in summary(client)
