"""Reads that tell how things were, as their client sees them."""

from typing import Any

from sandbox_server.middleware.faults.registry import EFFECTS
from tests.api.acorn.conformance import CONTRACT, problem
from tests.api.acorn.sandbox import READER_KEY
from tests.middleware.faults.market import Market

STALE = {"staleRead": {"bySeconds": 900}}


def ids(page: Any) -> list[str]:
    return [order["orderId"] for order in page["items"]]


def test_it_plays_on_every_read_of_the_business() -> None:
    reads = {operation.operation_id for operation in CONTRACT.operations() if operation.method == "GET"}
    of_one_state = {"getShipmentLabel", "getReportDocument", "getApplicationContract"}
    reckoned = {"getRateLimits", "getHealth", "getHealthChecks"}
    assert EFFECTS["staleRead"].about.operations == reads - of_one_state - reckoned


def test_a_client_does_not_see_what_it_has_just_done(market: Market) -> None:
    order_id = market.buy()
    path = f"/orders/{order_id}"
    before = market.call("GET", path)
    market.accept(order_id)
    market.play(STALE)
    stale = market.call("GET", path)
    assert (stale.content, stale.headers["etag"]) == (before.content, before.headers["etag"])
    assert stale.headers["content-type"] == before.headers["content-type"]
    assert stale.headers["x-request-id"] != before.headers["x-request-id"]
    assert market.last_call.entry.fault == ("it", "staleRead")
    market.stop()
    assert market.get(path)["status"] == "ACKNOWLEDGED"


def test_of_earlier_answers_the_newest_that_is_old_enough_comes(market: Market) -> None:
    order_id = market.buy(2)
    path, answers = f"/orders/{order_id}", []
    for step in (lambda: None, lambda: market.accept(order_id), lambda: market.ship(order_id)):
        step()
        answers.append(market.get(path))
        market.pass_time(minutes=20)
    for minutes, expected in ((10, 2), (20, 2), (25, 1), (45, 0), (500, 0)):
        market.play({"staleRead": {"bySeconds": minutes * 60}})
        assert market.get(path) == answers[expected]


def test_what_was_answered_by_a_fault_is_no_earlier_answer(market: Market) -> None:
    order_id = market.buy()
    market.pass_time(minutes=20)
    market.play({"drift": {"unknownField": "xNew"}})
    market.get(f"/orders/{order_id}")
    market.play(STALE)
    assert "xNew" not in market.get(f"/orders/{order_id}")


def test_what_another_client_was_answered_is_no_earlier_answer(market: Market) -> None:
    order_id = market.buy()
    market.pass_time(minutes=20)
    market.sandbox.get(f"/orders/{order_id}", key=READER_KEY)
    market.accept(order_id)
    market.play(STALE)
    assert market.get(f"/orders/{order_id}")["status"] == "ACKNOWLEDGED"


def test_another_query_is_another_request(market: Market) -> None:
    order_id = market.buy()
    market.pass_time(minutes=20)
    market.get("/orders", status="ACKNOWLEDGED")
    market.play(STALE)
    assert ids(market.get("/orders", status="NEW")) == [order_id]


def test_a_list_that_is_new_lacks_what_has_changed_since(market: Market) -> None:
    early, changed = market.buy(), market.buy()
    market.pass_time(minutes=20)
    market.accept(changed)
    market.buy()
    market.play(STALE)
    assert ids(market.get("/orders", limit=50)) == [early]
    market.pass_time(minutes=15)
    assert changed in ids(market.get("/orders", limit=49))


def test_the_ledger_lacks_what_was_written_since(market: Market) -> None:
    market.buy()
    before = market.get("/inventory/movements", limit=99)["items"]
    market.pass_time(minutes=20)
    market.buy()
    market.play(STALE)
    assert market.get("/inventory/movements", limit=98)["items"] == before


def test_what_was_made_since_is_not_there_yet(market: Market) -> None:
    order_id = market.buy()
    market.play(STALE)
    problem(market.call("GET", f"/orders/{order_id}"), 404, "NOT_FOUND")
    market.pass_time(minutes=15)
    assert market.get(f"/orders/{order_id}")["orderId"] == order_id


def test_a_level_that_was_never_read_is_told_as_it_is(market: Market) -> None:
    market.play(STALE)
    assert market.get("/inventory/SKU-1")["sku"] == "SKU-1"


def test_the_feed_of_events_lags_and_loses_nothing(market: Market) -> None:
    first = market.buy()
    market.pass_time(minutes=15)
    second = market.buy()
    market.play(STALE)
    page = market.get("/events")
    assert [event["data"]["orderId"] for event in page["items"]] == [first]
    market.pass_time(minutes=15)
    page = market.get("/events", cursor=page["nextCursor"])
    assert [event["data"]["orderId"] for event in page["items"]] == [second]


def test_a_refusal_is_no_older_than_it_is(market: Market) -> None:
    market.play(STALE)
    problem(market.call("GET", "/orders/ord_0000000000000000"), 404, "NOT_FOUND")
