"""The feed of events: everything that happened, once, in order, for ever."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox_server.domain.events import EventType
from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import READER_KEY, STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, buy, returned, shipped

SUBJECTS = {"order": "orderId", "shipment": "shipmentId", "return": "returnId"}


def told(page: Any) -> list[tuple[str, dict[str, str]]]:
    return [(event["type"], event["data"]) for event in page["items"]]


def test_an_event_names_what_it_happened_to_and_the_request_behind_it(shop: Sandbox) -> None:
    order = buy(shop, ("SKU-1", 1))
    cancellation = shop.post(f"/orders/{order.order_id}/cancellations", {"reason": "OTHER"})
    created, cancelled = shop.get("/events").json()["items"]
    assert created == {
        "eventId": created["eventId"],
        "type": "order.created",
        "timestamp": WIRE_NOW,
        "data": {"orderId": order.order_id},
        "cause": "buyer-1",
    }
    assert (cancelled["type"], cancelled["data"]) == ("order.cancelled", {"orderId": order.order_id})
    assert cancelled["cause"] == cancellation.headers["x-request-id"]
    assert created["eventId"] != cancelled["eventId"]


def test_shipments_and_returns_are_named_by_their_own_ids(shop: Sandbox) -> None:
    goods = returned(shop, ("SKU-1", 1))
    (authorised,) = shop.get("/events", type="return.authorised").json()["items"]
    assert authorised["data"] == {"returnId": goods["returnId"]}
    parcel = shipped(shop, ("SKU-1", 1), number="1234567891")
    shop.pass_time(timedelta(days=10))
    arrived = shop.get("/events", type="shipment.delivered").json()["items"]
    assert {"shipmentId": parcel["shipmentId"]} in [event["data"] for event in arrived]
    assert f"carrier_step/{parcel['shipmentId']}" in [event["cause"] for event in arrived]


def test_what_the_clock_did_is_told_with_its_own_time(shop: Sandbox) -> None:
    order = buy(shop, ("SKU-1", 1))
    shop.pass_time(timedelta(hours=5))
    moved = shop.get("/events", type="order.reassigned").json()["items"][0]
    assert moved["data"] == {"orderId": order.order_id}
    assert (moved["timestamp"], moved["cause"]) == ("2026-11-27T17:00:00.000Z", f"acknowledge_by/{order.order_id}")


UNHEARD = {
    EventType.INVENTORY_LOW,
    EventType.INVENTORY_STALE,
    EventType.PRICE_REJECTED,
    EventType.REPORT_DONE,
    EventType.ACCOUNT_WARNING,
    EventType.SUBSCRIPTION_TEST,
}
"""Nobody has subscribed, or asked for a report, in a world's past."""


def test_a_world_with_a_past_tells_of_every_kind(chain: Sandbox) -> None:
    events = [event for page in _pages(chain, limit=100) for event in page]
    assert {event["type"] for event in events} == set(EventType) - UNHEARD
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
    assert len({event["eventId"] for event in events}) == len(events)
    assert all(SUBJECTS[event["type"].partition(".")[0]] in event["data"] for event in events)


@pytest.mark.parametrize("limit", [7, 100])
def test_a_walk_finds_each_event_once_whatever_the_size_of_its_pages(chain: Sandbox, limit: int) -> None:
    with chain.transaction() as tx:
        kept = [event.event_id for event in tx.events.select()]
    pages = _pages(chain, limit=limit)
    assert [event["eventId"] for page in pages for event in page] == kept
    assert all(len(page) == limit for page in pages[:-2])


def test_every_type_can_be_asked_for_alone(chain: Sandbox) -> None:
    whole = [event for page in _pages(chain, limit=100) for event in page]
    for kind in EventType:
        found = [event for page in _pages(chain, limit=100, type=kind) for event in page]
        assert found == [event for event in whole if event["type"] == kind]


def test_the_feed_goes_on_from_where_it_was_read_to(shop: Sandbox) -> None:
    first = buy(shop, ("SKU-1", 1))
    page = shop.get("/events").json()
    assert told(page) == [("order.created", {"orderId": first.order_id})]
    nothing = shop.get("/events", cursor=page["nextCursor"]).json()
    assert nothing == {"items": [], "nextCursor": page["nextCursor"]}
    second = buy(shop, ("SKU-1", 1))
    page = shop.get("/events", cursor=nothing["nextCursor"]).json()
    assert told(page) == [("order.created", {"orderId": second.order_id})]


def test_a_feed_that_begins_with_nothing_has_a_place_to_go_on_from(shop: Sandbox) -> None:
    page = shop.get("/events").json()
    assert page["items"] == []
    order = buy(shop, ("SKU-1", 1))
    assert told(shop.get("/events", cursor=page["nextCursor"]).json()) == [
        ("order.created", {"orderId": order.order_id})
    ]


def test_a_filtered_feed_passes_over_what_does_not_match(shop: Sandbox) -> None:
    buy(shop, ("SKU-1", 1))
    page = shop.get("/events", type="order.cancelled").json()
    assert page["items"] == []
    order = buy(shop, ("SKU-1", 1))
    shop.post(f"/orders/{order.order_id}/cancellations", {"reason": "OTHER"})
    page = shop.get("/events", type="order.cancelled", cursor=page["nextCursor"]).json()
    assert told(page) == [("order.cancelled", {"orderId": order.order_id})]


def test_a_window_is_from_its_beginning_to_before_its_end(shop: Sandbox) -> None:
    placed = []
    for _ in range(3):
        placed.append(buy(shop, ("SKU-1", 1)).order_id)
        shop.pass_time(timedelta(minutes=1))
    window = {"updatedAfter": "2026-11-27T15:01:00Z", "updatedBefore": "2026-11-27T15:02:00Z"}
    assert told(shop.get("/events", **window).json()) == [("order.created", {"orderId": placed[1]})]


def test_a_cursor_is_bound_to_the_type_it_was_given_for(shop: Sandbox) -> None:
    cursor = shop.get("/events", type="order.created").json()["nextCursor"]
    problem(shop.get("/events", type="order.late", cursor=cursor), 400, "CURSOR_MISMATCH")
    problem(shop.get("/orders", cursor=cursor), 400, "CURSOR_MISMATCH")


def test_a_type_that_there_is_not_is_refused(shop: Sandbox) -> None:
    assert faults(shop.get("/events", type="order.lost"), 400, "INVALID_REQUEST") == [("type", "ENUM")]


@pytest.mark.parametrize("key", [READER_KEY, STORE_KEY])
def test_whoever_may_read_events_reads_all_of_them(shop: Sandbox, key: str) -> None:
    buy(shop, ("SKU-1", 1))
    assert shop.get("/events", key=key).content == shop.get("/events").content


def test_a_token_without_the_scope_reads_none(shop: Sandbox) -> None:
    client = {"client_id": "acorn-reader", "client_secret": "acorn-reader-secret", "scope": "orders:read"}
    granted = shop.call("POST", "/oauth/token", {"grant_type": "client_credentials", **client}, key=None).json()
    bearer = {"authorization": f"Bearer {granted['access_token']}"}
    problem(shop.call("GET", "/events", key=None, headers=bearer), 403, "SCOPE_MISSING")


def _pages(sandbox: Sandbox, **parameters: Any) -> list[list[Any]]:
    """Return the pages of the feed up to the first one with nothing on it."""
    pages = []
    while True:
        page = sandbox.get("/events", **parameters).json()
        pages.append(page["items"])
        if not page["items"]:
            return pages
        parameters["cursor"] = page["nextCursor"]
