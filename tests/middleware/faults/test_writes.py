"""Writes that go wrong: in part, not at all, or because somebody else was faster."""

from typing import Any

import pytest

from sandbox_server.domain.inventory import level_key
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.middleware.faults.registry import EFFECTS
from sandbox_server.middleware.faults.write_lost import Forgetful
from sandbox_server.services import tills
from tests.api.acorn.conformance import CONTRACT, problem
from tests.api.acorn.shop import WIRE_NOW
from tests.middleware.faults.market import Market

OF_OAUTH = {"createToken", "revokeToken"}


class TestPartialAcceptance:
    """Some items of a stock report are rejected that are right."""

    def report(self, market: Market, items: int = 5) -> Any:
        places = [("S0001", "SKU-1"), ("S0001", "SKU-2"), ("S0002", "SKU-1"), ("S0002", "SKU-2"), ("S0003", "SKU-1")]
        counts = [
            {"storeId": store, "sku": sku, "onHand": 40 + place, "sequence": 100, "asOf": WIRE_NOW}
            for place, (store, sku) in enumerate(places[:items])
        ]
        answer = market.call("PUT", "/inventory", {"items": counts})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def on_hand(self, market: Market) -> list[int]:
        return [level["onHand"] for level in market.get("/inventory")["items"]]

    def test_what_is_rejected_changes_nothing_and_the_rest_is_done(self, market: Market) -> None:
        before = self.on_hand(market)
        market.play({"partialAcceptance": {"fraction": 0.5}}, seed=4)
        result = self.report(market)
        verdicts = [item["status"] for item in result["items"]]
        assert set(verdicts) == {"ACCEPTED", "REJECTED"}
        assert (result["accepted"], result["rejected"]) == (verdicts.count("ACCEPTED"), verdicts.count("REJECTED"))
        assert {item.get("code") for item in result["items"]} == {None, "AS_OF_IN_FUTURE"}
        assert self.on_hand(market) == [
            40 + place if verdict == "ACCEPTED" else before[place] for place, verdict in enumerate(verdicts)
        ]

    def test_what_was_rejected_is_accepted_when_it_is_sent_again(self, market: Market) -> None:
        market.play({"partialAcceptance": {"fraction": 1}}, max_count=1)
        assert self.report(market)["accepted"] == 0
        assert self.report(market)["rejected"] == 0
        assert self.on_hand(market) == [40, 41, 42, 43, 44]

    def test_the_same_items_are_rejected_again(self, market: Market) -> None:
        runs = []
        for _ in range(2):
            market.begin_anew()
            market.play({"partialAcceptance": {"fraction": 0.5}}, seed=4)
            runs.append([self.report(market)["items"] for _ in range(2)])
        assert runs[0] == runs[1]

    @pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"items":3}', b'{"items":[3]}', b'{"items":[{}]}'])
    def test_what_is_no_report_is_refused_as_ever(self, market: Market, body: bytes) -> None:
        headers = {"x-api-key": "acorn-key", "content-type": "application/json"}
        plain = market.send("PUT", "/inventory", body, headers)
        market.play({"partialAcceptance": {"fraction": 1}})
        answer = market.send("PUT", "/inventory", body, headers)
        assert answer.status_code == plain.status_code == 400
        assert answer.json()["errors"] == plain.json()["errors"]

    def test_the_journal_has_the_report_as_it_was_sent(self, market: Market) -> None:
        market.play({"partialAcceptance": {"fraction": 1}})
        self.report(market)
        assert market.last_call.request.count(WIRE_NOW.encode()) == 5


class TestWriteLost:
    """A call is answered as if it were done, and is not."""

    def test_it_plays_on_every_write_of_the_marketplace(self) -> None:
        writes = {o.operation_id for o in CONTRACT.operations() if o.method != "GET"}
        assert EFFECTS["writeLost"].about.operations == writes - OF_OAUTH

    def test_but_for_its_writes_the_world_is_as_it_is(self, market: Market) -> None:
        forgetful = Forgetful(market.tenant)
        assert forgetful.now() == market.sandbox.now
        with forgetful.read() as tx:
            assert tx.stores.has("S0001")

    def test_nothing_is_left_of_it(self, market: Market) -> None:
        order_id = market.buy()
        before = market.sandbox.digest()
        market.play({"writeLost": True})
        answer = market.accept(order_id)
        assert (answer.status_code, answer.json()["status"]) == (200, "ACKNOWLEDGED")
        assert market.sandbox.digest() == before
        assert market.last_call.entry.changes == ()
        assert market.get(f"/orders/{order_id}")["status"] == "NEW"

    def test_the_same_key_does_it_later(self, market: Market) -> None:
        order_id = market.buy()
        market.play({"writeLost": True}, max_count=1)
        for _ in range(2):
            answer = market.accept(order_id, once="key-1")
            assert answer.status_code == 200
            assert "idempotent-replayed" not in answer.headers
        assert market.get(f"/orders/{order_id}")["status"] == "ACKNOWLEDGED"
        assert market.accept(order_id, once="key-1").headers["idempotent-replayed"] == "true"

    def test_a_shipment_that_was_announced_is_not_there(self, market: Market) -> None:
        order_id = market.buy()
        market.accept(order_id)
        market.play({"writeLost": True}, "createShipment")
        answer = market.ship(order_id)
        assert answer.status_code == 201
        problem(market.call("GET", answer.headers["location"].removeprefix("/v1")), 404, "NOT_FOUND")
        assert market.get("/events", type="shipment.delivered")["items"] == []

    def test_a_refusal_is_a_refusal(self, market: Market) -> None:
        market.play({"writeLost": True})
        problem(market.ship("ord_0000000000000000"), 404, "NOT_FOUND")

    def test_what_was_due_before_it_is_done(self, market: Market) -> None:
        late, order_id = market.buy(), market.buy()
        market.sandbox.tenant.clock.move_to(market.sandbox.now.replace(hour=18))
        market.play({"writeLost": True})
        market.post(f"/orders/{order_id}/cancellations", {"reason": "OTHER"})
        allocations = market.get(f"/orders/{late}")["lines"][0]["allocations"]
        assert [part["storeId"] for part in allocations] == ["S0001", "S0002"]


class TestCancelDuringShipment:
    """A buyer cancels just before the parcel is created."""

    def test_the_shipment_is_refused_and_the_stock_is_free(self, market: Market) -> None:
        order_id = market.buy()
        market.accept(order_id)
        market.play({"cancelDuringShipment": True}, max_count=1)
        problem(market.ship(order_id), 409, "ILLEGAL_TRANSITION")
        order = market.get(f"/orders/{order_id}")
        assert (order["status"], order["cancellation"]["by"]) == ("CANCELLED", "BUYER")
        assert market.get("/shipments")["items"] == []
        (level,) = market.get("/inventory", storeId="S0001", sku="SKU-1")["items"]
        assert (level["onHand"], level["reserved"], level["allocated"]) == (10, 0, 0)
        assert market.get("/events")["items"][-1]["type"] == "order.cancelled"

    def test_what_was_shipped_before_stays_shipped(self, market: Market) -> None:
        order_id = market.buy(3)
        market.accept(order_id)
        assert market.ship(order_id).status_code == 201
        market.play({"cancelDuringShipment": True})
        assert market.ship(order_id, number="1234567891").status_code in {409, 422}
        (line,) = market.get(f"/orders/{order_id}")["lines"]
        assert (line["shippedQuantity"], line["cancelledQuantity"]) == (1, 2)

    def test_a_repetition_of_what_was_shipped_is_answered_as_it_was(self, market: Market) -> None:
        order_id = market.buy()
        market.accept(order_id)
        first = market.ship(order_id, once="key-1")
        market.play({"cancelDuringShipment": True})
        assert market.ship(order_id, once="key-1").content == first.content

    @pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"orderId":3}'])
    def test_what_is_no_shipment_is_refused_as_ever(self, market: Market, body: bytes) -> None:
        market.play({"cancelDuringShipment": True})
        headers = {"x-api-key": "acorn-key", "content-type": "application/json"}
        problem(market.send("POST", "/shipments", body, headers), 400, "INVALID_REQUEST")

    def test_an_order_that_there_is_not_cannot_be_cancelled(self, market: Market) -> None:
        market.play({"cancelDuringShipment": True})
        problem(market.ship("ord_0000000000000000"), 404, "NOT_FOUND")


class TestDuplicateOrder:
    """An order comes twice."""

    def test_the_list_has_the_newest_order_twice(self, market: Market) -> None:
        placed = [market.buy(), market.buy(2, ServiceLevel.EXPEDITED)]
        market.play({"duplicateOrder": True}, "listOrders", max_count=1)
        items = market.get("/orders")["items"]
        assert [order["orderId"] for order in items[:2]] == placed
        original, twin = items[1:]
        assert twin["orderId"] not in placed
        assert twin["buyer"] == original["buyer"]
        assert [(line["sku"], line["quantity"]) for line in twin["lines"]] == [("SKU-1", 2)]
        assert twin["serviceLevel"] == original["serviceLevel"] == "EXPEDITED"
        assert twin["total"] == original["total"]
        assert market.get("/orders")["items"] == items

    def test_both_are_orders_like_any_other(self, market: Market) -> None:
        order_id = market.buy()
        market.play({"duplicateOrder": True}, max_count=1)
        _, twin = market.get("/orders")["items"]
        assert [event["data"]["orderId"] for event in market.get("/events")["items"]] == [order_id, twin["orderId"]]
        assert market.accept(order_id).json()["status"] == "ACKNOWLEDGED"
        assert market.accept(twin["orderId"]).json()["status"] == "ACKNOWLEDGED"
        (level,) = market.get("/inventory", storeId="S0001", sku="SKU-1")["items"]
        assert level["allocated"] == 2

    def test_a_call_about_an_order_doubles_that_one(self, market: Market) -> None:
        order_id = market.buy(3)
        market.buy()
        market.play({"duplicateOrder": True}, "acknowledgeOrder", max_count=1)
        assert market.accept(order_id).status_code == 200
        assert [order["lines"][0]["quantity"] for order in market.get("/orders")["items"]] == [3, 1, 3]

    def test_where_there_is_no_order_none_is_doubled(self, market: Market) -> None:
        market.play({"duplicateOrder": True})
        assert market.get("/orders")["items"] == []
        problem(market.call("GET", "/orders/ord_0000000000000000"), 404, "NOT_FOUND")


class TestPhantomStock:
    """Goods are gone, and nobody has said so."""

    def there(self, market: Market, store: str) -> int:
        with market.tenant.read() as tx:
            level = tx.levels.get(level_key(store, "SKU-1"))
            return tills.units(tx, level)

    def believed(self, market: Market, store: str) -> int:
        (level,) = market.get("/inventory", storeId=store, sku="SKU-1")["items"]
        units: int = level["onHand"]
        return units

    def test_the_shelf_empties_and_the_marketplace_believes_in_it(self, market: Market) -> None:
        market.play({"phantomStock": {"sku": "SKU-1", "by": 3}}, store="S0002", max_count=1)
        assert self.believed(market, "S0002") == 10
        assert self.there(market, "S0002") == 7
        assert self.there(market, "S0001") == 10

    def test_the_store_of_the_path_is_meant_where_the_rule_names_none(self, market: Market) -> None:
        market.play({"phantomStock": {"sku": "SKU-1", "by": 1}}, max_count=1)
        market.get("/stores/S0003")
        assert self.there(market, "S0003") == 2

    def test_else_it_is_the_fullest_shelf(self, market: Market) -> None:
        market.play({"phantomStock": {"sku": "SKU-1", "by": 3}}, "listOrders")
        for expected in ([7, 10, 3], [7, 7, 3], [4, 7, 3]):
            market.get("/orders")
            assert [self.there(market, store) for store in ("S0001", "S0002", "S0003")] == expected

    def test_no_more_is_gone_than_was_there(self, market: Market) -> None:
        market.play({"phantomStock": {"sku": "SKU-1", "by": 99}}, store="S0003")
        for _ in range(2):
            market.get("/inventory", storeId="S0003")
            assert self.there(market, "S0003") == 0

    def test_a_sku_that_nobody_has_is_missed_by_nobody(self, market: Market) -> None:
        before = market.sandbox.digest()
        market.play({"phantomStock": {"sku": "SKU-9", "by": 1}})
        market.get("/orders")
        assert market.sandbox.digest() == before

    def test_a_report_brings_it_to_light(self, market: Market) -> None:
        market.play({"phantomStock": {"sku": "SKU-1", "by": 3}}, store="S0002", max_count=1)
        self.believed(market, "S0002")
        item = {"storeId": "S0002", "sku": "SKU-1", "onHand": 7, "sequence": 9, "asOf": WIRE_NOW}
        market.call("PUT", "/inventory", {"items": [item]})
        assert self.believed(market, "S0002") == self.there(market, "S0002") == 7
