"""Subscriptions over the wire: made, read, tried, ended, and refused. Nothing is sent: no server lives here."""

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest

from sandbox_server.domain.webhooks import Outcome
from sandbox_server.services import outbox
from sandbox_server.services.destinations import Destinations
from sandbox_server.services.outbox import Result
from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import KEY, READER_KEY, STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, buy, subscribed, subscription


def deliver(shop: Sandbox, name: str, outcome: Outcome, status: int | None = None) -> str:
    """Have the next attempt end so; return the event's id."""
    with shop.transaction("webhook/test") as tx:
        letter = outbox.next_letter(tx, name)
        assert letter is not None
        outbox.record(tx, letter, Result(shop.now, outcome, 12, status))
    return letter.event.event_id


def without(body: Any, *names: str) -> Any:
    return {name: value for name, value in body.items() if name not in names}


def test_a_subscription_is_answered_with_its_secret_once(shop: Sandbox) -> None:
    asked = subscription(eventTypes=["order.late", "order.created"], description="Order desk")
    answer = shop.post("/subscriptions", asked)
    made = answer.json()
    assert answer.headers["location"] == f"/v1/subscriptions/{made['subscriptionId']}"
    assert answer.headers["etag"] == '"1"'
    assert without(made, "subscriptionId", "secret") == {
        "url": "https://hooks.example.com/acorn",
        "eventTypes": ["order.created", "order.late"],
        "description": "Order desk",
        "status": "ENABLED",
        "createdAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
    }
    assert len(b64decode(made["secret"].removeprefix("whsec_"))) == 32
    read = shop.get(f"/subscriptions/{made['subscriptionId']}")
    assert read.json() == without(made, "secret")
    assert read.headers["etag"] == '"1"'
    assert shop.get("/subscriptions").json()["items"] == [without(made, "secret")]


def test_without_types_everything_is_sent(shop: Sandbox) -> None:
    assert "eventTypes" not in subscribed(shop)


def test_a_repeated_call_shows_the_same_secret(shop: Sandbox) -> None:
    first, again = (shop.post("/subscriptions", subscription(), once="desk-1") for _ in range(2))
    assert first.content == again.content
    assert len(shop.get("/subscriptions").json()["items"]) == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://hooks.example.com", "SCHEME"),
        ("hooks", "SCHEME"),
        ("https://", "NOT_A_URL"),
        ("https://me:word@hooks.example.com", "CREDENTIALS"),
        ("https://hooks.example.com:0", "PORT"),
        ("http://127.0.0.1:9000/webhooks", "ADDRESS_NOT_ALLOWED"),
        ("http://localhost:9000/webhooks", "ADDRESS_NOT_ALLOWED"),
        ("http://192.168.0.7/webhooks", "ADDRESS_NOT_ALLOWED"),
        ("http://[::1]/webhooks", "ADDRESS_NOT_ALLOWED"),
    ],
)
def test_a_url_that_nothing_may_be_sent_to_is_refused(shop: Sandbox, url: str, code: str) -> None:
    before = shop.digest()
    answer = shop.post("/subscriptions", subscription(url=url))
    assert faults(answer, 422, "UNPROCESSABLE") == [("/url", code)]
    assert shop.digest() == before


def test_a_refusal_tells_how_the_operator_allows_a_receiver_on_this_machine(shop: Sandbox) -> None:
    body = problem(shop.post("/subscriptions", subscription(url="http://127.0.0.1:9000")), 422, "UNPROCESSABLE")
    assert "serve --allow-webhook-hosts 127.0.0.1" in body["errors"][0]["message"]


def test_a_receiver_that_is_allowed_is_subscribed(shop: Sandbox) -> None:
    shop.tenant.equip(Destinations(["localhost"]))
    try:
        assert subscribed(shop, url="http://localhost:9000/webhooks")["status"] == "ENABLED"
    finally:
        shop.tenant.equip(Destinations())


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"url": "https://hooks.example.com/a b"}, [("/url", "PATTERN")]),
        ({"url": "https://hooks.example.com/é"}, [("/url", "PATTERN")]),
        ({"url": "https://hooks.example.com/" + "a" * 2000}, [("/url", "MAX_LENGTH")]),
        ({"eventTypes": []}, [("/eventTypes", "MIN_ITEMS")]),
        ({"eventTypes": ["order.lost"]}, [("/eventTypes/0", "ENUM")]),
        ({"description": ""}, [("/description", "MIN_LENGTH"), ("/description", "PATTERN")]),
    ],
)
def test_what_is_none_by_its_form_is_refused(shop: Sandbox, changes: Any, found: list[tuple[str, str]]) -> None:
    assert faults(shop.post("/subscriptions", subscription(**changes)), 400, "INVALID_REQUEST") == found


def test_a_fifty_first_subscription_is_refused(shop: Sandbox) -> None:
    names = [subscribed(shop)["subscriptionId"] for _ in range(50)]
    assert faults(shop.post("/subscriptions", subscription()), 422, "UNPROCESSABLE") == [("", "TOO_MANY")]
    shop.call("DELETE", f"/subscriptions/{names[0]}")
    assert subscribed(shop)["subscriptionId"] not in names


def test_a_list_is_narrowed_by_state(shop: Sandbox) -> None:
    one, two = (subscribed(shop)["subscriptionId"] for _ in range(2))
    buy(shop, ("SKU-1", 1))
    deliver(shop, one, Outcome.GONE, 410)
    (disabled,) = shop.get("/subscriptions", status="DISABLED").json()["items"]
    assert (disabled["subscriptionId"], disabled["status"], disabled["disabledReason"]) == (one, "DISABLED", "GONE")
    assert [found["subscriptionId"] for found in shop.get("/subscriptions", status="ENABLED").json()["items"]] == [two]
    assert shop.get(f"/subscriptions/{one}").headers["etag"] == '"2"'


def test_a_test_is_an_event_of_its_subscription(shop: Sandbox) -> None:
    name = subscribed(shop, eventTypes=["order.late"])["subscriptionId"]
    answer = shop.call("POST", f"/subscriptions/{name}/test")
    event = answer.json()
    assert (event["type"], event["data"], event["timestamp"]) == (
        "subscription.test",
        {"subscriptionId": name},
        WIRE_NOW,
    )
    assert event["cause"] == answer.headers["x-request-id"]
    assert shop.get("/events").json()["items"] == []
    assert deliver(shop, name, Outcome.DELIVERED, 204) == event["eventId"]


def test_a_disabled_subscription_is_not_tried(shop: Sandbox) -> None:
    name = subscribed(shop)["subscriptionId"]
    shop.call("POST", f"/subscriptions/{name}/test")
    deliver(shop, name, Outcome.GONE, 410)
    problem(shop.call("POST", f"/subscriptions/{name}/test"), 409, "ILLEGAL_TRANSITION")


def test_every_attempt_can_be_read_in_its_order(shop: Sandbox) -> None:
    name, other = (subscribed(shop)["subscriptionId"] for _ in range(2))
    buy(shop, ("SKU-1", 1))
    event_id = deliver(shop, name, Outcome.TIMED_OUT)
    deliver(shop, other, Outcome.DELIVERED, 200)
    with shop.transaction("webhook/test") as tx:
        outbox.retry(tx, f"{event_id}-{name}")
    deliver(shop, name, Outcome.DELIVERED, 204)
    attempt = {
        "webhookId": f"{event_id}-{name}",
        "eventId": event_id,
        "eventType": "order.created",
        "at": WIRE_NOW,
        "latencyMs": 12,
    }
    path = f"/subscriptions/{name}/deliveries"
    failed = attempt | {"attempt": 1, "outcome": "TIMED_OUT", "nextAttemptAt": "2026-11-27T15:00:05.000Z"}
    delivered = attempt | {"attempt": 2, "outcome": "DELIVERED", "status": 204}
    assert shop.get(path).json()["items"] == [failed, delivered]
    assert shop.get(path, outcome="DELIVERED").json()["items"] == [delivered]
    assert shop.get(path, eventId="evt_00000000").json()["items"] == []
    assert [page for page in shop.walk(path, limit=1) if page] == [[failed], [delivered]]


def test_a_cursor_of_one_subscriptions_attempts_is_none_for_anothers(shop: Sandbox) -> None:
    one, two = (subscribed(shop)["subscriptionId"] for _ in range(2))
    for _ in range(2):
        buy(shop, ("SKU-1", 1))
        deliver(shop, one, Outcome.DELIVERED, 200)
    cursor = shop.get(f"/subscriptions/{one}/deliveries", limit=1).json()["nextCursor"]
    problem(shop.get(f"/subscriptions/{two}/deliveries", limit=1, cursor=cursor), 400, "CURSOR_MISMATCH")


def test_a_subscription_that_was_ended_is_not_there(shop: Sandbox) -> None:
    name = subscribed(shop)["subscriptionId"]
    ended = shop.call("DELETE", f"/subscriptions/{name}")
    assert (ended.status_code, ended.content) == (204, b"")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        problem(shop.call(method, f"/subscriptions/{name}{path}"), 404, "NOT_FOUND")
    assert shop.get("/subscriptions").json()["items"] == []


@pytest.mark.parametrize("key", [READER_KEY, STORE_KEY, KEY])
def test_whoever_may_read_events_reads_subscriptions(shop: Sandbox, key: str) -> None:
    name = subscribed(shop)["subscriptionId"]
    assert shop.get(f"/subscriptions/{name}", key=key).json()["subscriptionId"] == name


def test_stock_that_runs_low_and_a_silent_store_are_told_while_somebody_asks(shop: Sandbox) -> None:
    subscribed(shop, eventTypes=["inventory.low", "inventory.stale"])
    item = {"storeId": "S0002", "sku": "SKU-1", "onHand": 1, "sequence": 99, "asOf": "2026-11-27T14:30:00Z"}
    assert shop.call("PUT", "/inventory", {"items": [item]}).json()["accepted"] == 1
    shop.tenant.keep_up()
    low, stale = shop.get("/events").json()["items"]
    assert (low["type"], low["data"]) == ("inventory.low", {"storeId": "S0002", "sku": "SKU-1"})
    assert (stale["type"], stale["data"]) == ("inventory.stale", {"storeId": "S0002"})


def test_an_account_is_warned_of_a_subscription_that_failed_too_long(shop: Sandbox) -> None:

    name = subscribed(shop)["subscriptionId"]
    buy(shop, ("SKU-1", 1))
    deliver(shop, name, Outcome.UNREACHABLE)
    shop.pass_time(timedelta(days=3))
    (warning,) = shop.get("/events", type="account.warning").json()["items"]
    assert warning["data"] == {"subscriptionId": name}
    assert shop.get(f"/subscriptions/{name}").json()["disabledReason"] == "FAILING"
