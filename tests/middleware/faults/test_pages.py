"""Lists that are empty, lead to themselves, or leave things out, as their client sees them."""

from typing import Any

import pytest

from sandbox_server.middleware.faults.pages import FEED, LISTS
from sandbox_server.middleware.faults.registry import EFFECTS
from tests.api.acorn.conformance import CONTRACT
from tests.middleware.faults.market import Market
from tests.middleware.faults.waits import Waits

ON_LISTS = ("emptyPage", "repeatCursor", "missingItems", "shortPages")
ON_FEED = ("duplicateEvent", "reorderEvent", "dropEvent", "delayEvent")


def ids(page: Any) -> list[str]:
    return [order["orderId"] for order in page["items"]]


def test_the_lists_are_those_of_the_contract() -> None:
    paged = {o.operation_id for o in CONTRACT.operations() if any(p.node["name"] == "cursor" for p in o.parameters)}
    assert paged == LISTS
    assert {"listEvents"} == FEED
    assert all(EFFECTS[name].about.operations == LISTS for name in ON_LISTS)
    assert all(EFFECTS[name].about.operations == FEED for name in ON_FEED)


def test_an_empty_page_ends_the_list(market: Market) -> None:
    placed = [market.buy() for _ in range(3)]
    market.play({"emptyPage": True}, "listOrders", max_count=1)
    assert market.get("/orders", limit=2) == {"items": []}
    assert ids(market.get("/orders", limit=2)) == placed[:2]


def test_the_journal_has_the_empty_page_and_the_rule(market: Market) -> None:
    market.buy()
    market.play({"emptyPage": True})
    market.get("/orders")
    assert market.last_call.entry.fault == ("it", "emptyPage")
    assert market.last_call.response == b'{"items":[]}'


def test_a_list_that_is_refused_is_refused_all_the_same(market: Market) -> None:
    for effect in ({"emptyPage": True}, {"missingItems": 1}, {"repeatCursor": True}, {"shortPages": {"items": 3}}):
        market.play(effect)
        answer = market.call("GET", "/orders", limit="0")
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_what_is_no_list_is_left_alone(market: Market) -> None:
    order_id = market.buy()
    market.play({"emptyPage": True})
    assert market.get(f"/orders/{order_id}")["orderId"] == order_id
    assert [standing.matched for standing in market.rules] == [0]


def test_a_repeated_cursor_leads_to_the_same_page_for_ever(market: Market) -> None:
    placed = [market.buy() for _ in range(6)]
    market.play({"repeatCursor": True}, "listOrders")
    first = market.get("/orders", limit=2)
    assert ids(first) == placed[:2]
    cursor = first["nextCursor"]
    for _ in range(3):
        page = market.get("/orders", limit=2, cursor=cursor)
        assert (ids(page), page["nextCursor"]) == (placed[2:4], cursor)


def test_a_repeated_cursor_gives_the_last_page_a_next_one(market: Market) -> None:
    placed = [market.buy() for _ in range(3)]
    cursor = market.get("/orders", limit=2)["nextCursor"]
    market.play({"repeatCursor": True})
    page = market.get("/orders", limit=2, cursor=cursor)
    assert (ids(page), page["nextCursor"]) == (placed[2:], cursor)


def test_a_list_of_one_page_has_no_cursor_to_repeat(market: Market) -> None:
    market.buy()
    market.play({"repeatCursor": True})
    assert "nextCursor" not in market.get("/orders")


@pytest.mark.parametrize(("share", "left"), [(0, 9), (1, 0)])
def test_none_or_all_of_the_items_are_missing(market: Market, share: float, left: int) -> None:
    for _ in range(9):
        market.buy()
    market.play({"missingItems": share})
    assert len(market.get("/orders")["items"]) == left


def test_a_share_of_the_items_is_missing_and_the_cursor_leads_past_them(market: Market) -> None:
    placed = [market.buy() for _ in range(10)]
    whole = market.get("/orders", limit=8)
    market.play({"missingItems": 0.5}, seed=5)
    page = market.get("/orders", limit=8)
    assert 0 < len(page["items"]) < 8
    assert set(ids(page)) < set(placed[:8])
    assert ids(page) == [order_id for order_id in placed if order_id in ids(page)]
    assert page["nextCursor"] == whole["nextCursor"]


def test_what_is_missing_follows_from_the_rule_and_the_number_of_the_call(market: Market) -> None:
    for _ in range(10):
        market.buy()
    runs = []
    for _ in range(2):
        market.play({"missingItems": 0.5}, seed=5)
        runs.append([ids(market.get("/orders")) for _ in range(3)])
    assert runs[0] == runs[1]
    assert len({tuple(page) for page in runs[0]}) > 1


def walk(market: Market, **query: Any) -> list[Any]:
    """The pages of all orders, read as they ask for it."""
    pages = [market.get("/orders", **query)]
    while "nextCursor" in pages[-1]:
        pages.append(market.get("/orders", **query, cursor=pages[-1]["nextCursor"]))
    return pages


def test_a_list_comes_in_pages_of_so_many_items_at_the_most(market: Market) -> None:
    placed = [market.buy() for _ in range(5)]
    market.play({"shortPages": {"items": 2}})
    assert [ids(page) for page in walk(market, limit=100)] == [placed[:2], placed[2:4], placed[4:]]
    assert [ids(page) for page in walk(market)] == [placed[:2], placed[2:4], placed[4:]]
    assert [len(page["items"]) for page in walk(market, limit=1)] == [1, 1, 1, 1, 1]


def test_pages_of_none_come_between_the_others(market: Market) -> None:
    placed = [market.buy() for _ in range(5)]
    market.play({"shortPages": {"items": 2, "blanks": True}})
    assert [ids(page) for page in walk(market)] == [placed[:2], [], placed[2:4], [], placed[4:]]


def test_cursors_of_short_pages_are_masked_and_what_is_trimmed_leads_on_all_the_same(market: Market) -> None:
    placed = [market.buy() for _ in range(3)]
    plain = market.get("/orders", limit=2)["nextCursor"]
    market.play({"shortPages": {"items": 2}})
    cursor = market.get("/orders")["nextCursor"]
    assert plain in cursor
    assert ids(market.get("/orders", cursor=cursor.rstrip("="))) == placed[2:]
    assert ids(market.get("/orders", cursor=plain)) == placed[2:]


def test_a_further_page_takes_its_time(market: Market, waits: Waits) -> None:
    for _ in range(3):
        market.buy()
    market.play({"shortPages": {"items": 2, "milliseconds": 250}})
    walk(market)
    assert waits.seconds == [0.25]
