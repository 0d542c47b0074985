"""Events that come twice, out of order, late, or never, as their client sees them."""

from typing import Any

import pytest

from tests.api.acorn.conformance import CONTRACT
from tests.middleware.faults.market import Market


def orders(page: Any) -> list[str]:
    return [event["data"]["orderId"] for event in page["items"]]


def test_every_event_comes_so_many_times(market: Market) -> None:
    placed = [market.buy() for _ in range(2)]
    plain = market.get("/events")
    market.play({"duplicateEvent": {"times": 3}})
    page = market.get("/events")
    assert orders(page) == [order_id for order_id in placed for _ in range(3)]
    assert len({event["eventId"] for event in page["items"]}) == 2
    assert page["nextCursor"] == plain["nextCursor"]


def test_events_come_in_another_order_than_they_happened(market: Market) -> None:
    placed = [market.buy() for _ in range(6)]
    market.play({"reorderEvent": True}, seed=1)
    page = market.get("/events")
    assert sorted(orders(page)) == sorted(placed)
    assert orders(page) != placed


@pytest.mark.parametrize("seed", range(4))
def test_two_events_are_always_the_wrong_way_round(market: Market, seed: int) -> None:
    placed = [market.buy() for _ in range(2)]
    market.play({"reorderEvent": True}, seed=seed)
    assert orders(market.get("/events")) == placed[::-1]


def test_one_event_never_comes(market: Market) -> None:
    placed = [market.buy() for _ in range(5)]
    market.play({"dropEvent": True}, max_count=1, seed=2)
    page = market.get("/events")
    assert len(page["items"]) == 4
    assert set(orders(page)) < set(placed)
    assert market.get("/events", cursor=page["nextCursor"])["items"] == []


def test_a_feed_without_news_has_nothing_to_lose(market: Market) -> None:
    market.play({"dropEvent": True})
    assert market.get("/events")["items"] == []
    market.play({"reorderEvent": True})
    assert market.get("/events")["items"] == []


def test_which_event_is_lost_follows_from_the_rule(market: Market) -> None:
    for _ in range(8):
        market.buy()
    runs = []
    for _ in range(2):
        market.play({"dropEvent": True}, seed=2)
        runs.append([orders(market.get("/events")) for _ in range(4)])
    assert runs[0] == runs[1]
    assert len({tuple(page) for page in runs[0]}) > 1


class TestDelay:
    """Events that come late are told in full and in order, once, to a client that follows its cursor."""

    def test_what_is_young_comes_when_its_time_has_come(self, market: Market) -> None:
        market.play({"delayEvent": {"seconds": 600}})
        first = market.buy()
        market.pass_time(minutes=5)
        second = market.buy()
        market.pass_time(minutes=5)
        page = market.get("/events")
        assert orders(page) == [first]
        assert market.get("/events", cursor=page["nextCursor"]) == {"items": [], "nextCursor": page["nextCursor"]}
        market.pass_time(minutes=5)
        page = market.get("/events", cursor=page["nextCursor"])
        assert orders(page) == [second]
        assert market.get("/events", cursor=page["nextCursor"])["items"] == []

    def test_a_feed_of_young_events_has_not_begun(self, market: Market) -> None:
        order_id = market.buy()
        market.play({"delayEvent": {"seconds": 600}})
        assert market.get("/events") == {"items": []}
        market.pass_time(minutes=10)
        assert orders(market.get("/events")) == [order_id]

    def test_the_size_of_the_page_and_its_filter_stay_as_they_were_asked_for(self, market: Market) -> None:
        placed = [market.buy() for _ in range(4)]
        market.pass_time(minutes=10)
        market.buy()
        market.play({"delayEvent": {"seconds": 600}})
        page = market.get("/events", limit=3, type="order.created")
        assert orders(page) == placed[:3]
        page = market.get("/events", limit=3, type="order.created", cursor=page["nextCursor"])
        assert orders(page) == placed[3:]
        page = market.get("/events", limit=3, type="order.created", cursor=page["nextCursor"])
        assert page["items"] == []

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_a_client_that_follows_its_cursor_misses_nothing(self, market: Market, limit: int) -> None:
        market.play({"delayEvent": {"seconds": 250}})
        placed, seen = [], []
        cursor: dict[str, str] = {}
        for minute in range(14):
            placed += [market.buy() for _ in range(2)] if minute < 5 else []
            page = market.get("/events", limit=limit, **cursor)
            cursor = {"cursor": page["nextCursor"]} if "nextCursor" in page else cursor
            seen += orders(page)
            market.pass_time(minutes=1)
        market.stop()
        seen += orders(market.get("/events", **cursor))
        assert seen == placed

    def test_a_refusal_comes_at_once(self, market: Market) -> None:
        market.play({"delayEvent": {"seconds": 600}})
        assert market.call("GET", "/events", type="order.lost").status_code == 400

    def test_the_answer_is_one_that_the_contract_has(self, market: Market) -> None:
        schema = CONTRACT.place("#/components/schemas/EventPage").node
        assert schema["required"] == ["items"]
