"""Webhooks over real sockets: a receiver that fails, hangs, answers 410 and comes back, on the virtual clock."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from standardwebhooks import Webhook

from tests.e2e.server import Server, running
from tests.receiver import Receiver, receiving

CONTROL = "/_sandbox/v1/tenants"


class Desk(NamedTuple):
    """A tenant of its own on a running server, and a receiver."""

    operator: httpx.Client
    client: httpx.Client
    receiver: Receiver
    tenant: str

    def subscribe(self, *kinds: str, url: str | None = None) -> Any:
        asked = {"url": url or self.receiver.url} | ({"eventTypes": list(kinds)} if kinds else {})
        return done(self.client.post("/subscriptions", json=asked))

    def buy(self, number: int = 1) -> list[str]:
        placed = done(self.operator.post(f"{self.tenant}/buyers/orders", json={"count": number}))
        return [order["orderId"] for order in placed["items"]]

    def advance(self, by: str) -> Any:
        return done(self.operator.post(f"{self.tenant}/clock/advance", json={"by": by}))

    def attempts(self, subscription: Any, **filters: Any) -> list[Any]:
        path = f"/subscriptions/{subscription['subscriptionId']}/deliveries"
        return list(done(self.client.get(path, params=filters))["items"])

    def settled(self) -> None:
        """Wait until what is to be sent now has been."""
        assert self.advance("PT0S")["webhooksUnderWay"] == 0

    def status(self, subscription: Any) -> tuple[str, str | None]:
        found = done(self.client.get(f"/subscriptions/{subscription['subscriptionId']}"))
        return found["status"], found.get("disabledReason")


def done(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running("--allow-webhook-hosts", "localhost", "--webhook-timeout", "0.2") as found:
        yield found


@pytest.fixture
def desk(server: Server) -> Iterator[Desk]:
    with receiving() as receiver, httpx.Client(base_url=server.origin, timeout=120, trust_env=False) as operator:
        made = done(operator.post(CONTROL, json={}))
        key = next(one["apiKey"] for one in made["credentials"] if one["clientId"].startswith("acorn-sandbox"))
        with server.client(key) as client:
            yield Desk(operator, client, receiver, f"{CONTROL}/{made['name']}")
        operator.delete(f"{CONTROL}/{made['name']}")


def outcomes(attempts: list[Any]) -> list[tuple[int, str, str]]:
    """Number, outcome and time of day of each attempt."""
    return [(one["attempt"], one["outcome"], one["at"][11:19]) for one in attempts]


def test_an_event_is_posted_at_once_signed_and_as_the_feed_tells_it(desk: Desk) -> None:
    made = desk.subscribe("order.created")
    (order_id,) = desk.buy()
    (got,) = desk.receiver.wait_for(1)
    event = Webhook(made["secret"]).verify(got.body, got.headers)
    (told,) = done(desk.client.get("/events", params={"updatedAfter": event["timestamp"]}))["items"][-1:]
    assert event == told
    assert event["data"] == {"orderId": order_id}
    desk.settled()
    (attempt,) = desk.attempts(made)
    assert (attempt["outcome"], attempt["status"], attempt["webhookId"]) == (
        "DELIVERED",
        204,
        got.headers["webhook-id"],
    )


def test_a_receiver_that_fails_is_called_again_at_the_contracts_times_until_it_comes_back(desk: Desk) -> None:
    made = desk.subscribe("order.created")
    desk.receiver.status = 503
    desk.buy()
    told = desk.advance("PT2H40M")
    assert {"kind": "WEBHOOK", "done": 4} in told["byKind"]
    assert outcomes(desk.attempts(made)) == [
        (1, "REJECTED", "15:00:00"),
        (2, "REJECTED", "15:00:05"),
        (3, "REJECTED", "15:05:05"),
        (4, "REJECTED", "15:35:05"),
        (5, "REJECTED", "17:35:05"),
    ]
    desk.receiver.comes_back()
    desk.advance("PT5H")
    last = desk.attempts(made)[-1]
    assert (last["attempt"], last["outcome"], "nextAttemptAt" in last) == (6, "DELIVERED", False)
    assert len({got.headers["webhook-id"] for got in desk.receiver.received}) == 1
    assert len({got.body for got in desk.receiver.received}) == 1


def test_after_the_last_attempt_an_event_is_given_up_and_the_next_one_is_sent(desk: Desk) -> None:
    made = desk.subscribe("order.created")
    desk.receiver.status = 500
    desk.buy()
    desk.advance("PT18H")
    attempts = desk.attempts(made)
    assert [one["attempt"] for one in attempts] == [1, 2, 3, 4, 5, 6, 7]
    assert ["nextAttemptAt" in one for one in attempts] == [True] * 6 + [False]
    desk.receiver.comes_back()
    desk.buy()
    desk.settled()
    assert desk.attempts(made, outcome="DELIVERED")[0]["attempt"] == 1


def test_a_receiver_that_hangs_is_timed_out_and_blocks_no_call(desk: Desk) -> None:
    made = desk.subscribe("order.created")
    desk.receiver.hangs = True
    desk.buy(3)
    desk.receiver.wait_for(1)
    for _ in range(50):
        assert desk.client.get("/orders", params={"limit": 1}).status_code == 200
    told = desk.advance("PT5S")
    assert told["webhooksUnderWay"] == 0
    assert [(one["outcome"], "status" in one) for one in desk.attempts(made)][:3] == [("TIMED_OUT", False)] * 3
    desk.receiver.comes_back()
    desk.advance("PT5M")
    assert len({one["eventId"] for one in desk.attempts(made, outcome="DELIVERED")}) == 3


def test_410_ends_a_subscription_at_once(desk: Desk) -> None:
    made = desk.subscribe()
    desk.receiver.status = 410
    desk.buy(3)
    desk.settled()
    assert outcomes(desk.attempts(made)) == [(1, "GONE", "15:00:00")]
    assert desk.status(made) == ("DISABLED", "GONE")
    desk.advance("P4D")
    assert len(desk.receiver.received) == 1


def test_three_days_of_failures_end_a_subscription_and_another_is_told(desk: Desk) -> None:
    gone = desk.subscribe("order.created", url=desk.receiver.url.replace(str(desk.receiver.port), "9"))
    desk.subscribe("account.warning")
    desk.buy()
    desk.advance("P2DT23H59M")
    assert desk.status(gone) == ("ENABLED", None)
    assert {one["outcome"] for one in desk.attempts(gone)} == {"UNREACHABLE"}
    desk.advance("PT1M")
    assert desk.status(gone) == ("DISABLED", "FAILING")
    (warning,) = desk.receiver.wait_for(1)
    assert (warning.event["type"], warning.event["data"]) == (
        "account.warning",
        {"subscriptionId": gone["subscriptionId"]},
    )


def test_a_fork_calls_nobody_and_a_restore_sends_nothing_again(desk: Desk) -> None:
    made = desk.subscribe("order.created")
    desk.buy()
    desk.settled()
    kept = done(desk.operator.post(f"{desk.tenant}/snapshots", json={}))["snapshotId"]
    forked = done(desk.operator.post(f"{desk.tenant}/snapshots/{kept}/fork", json={}))
    key = next(one["apiKey"] for one in forked["credentials"] if one["clientId"].startswith("acorn-sandbox"))
    fork = f"{CONTROL}/{forked['name']}"
    for after_reset in (False, True):
        if after_reset:
            done(desk.operator.post(f"{fork}/reset"))
        done(desk.operator.post(f"{fork}/buyers/orders", json={"count": 2}))
        done(desk.operator.post(f"{fork}/clock/advance", json={"by": "PT1H"}))
        told = desk.client.get(f"/subscriptions/{made['subscriptionId']}", headers={"x-api-key": key}).json()
        assert (told["status"], told["disabledReason"]) == ("DISABLED", "FORKED")
    done(desk.operator.post(f"{desk.tenant}/snapshots/{kept}/restore"))
    desk.settled()
    assert len(desk.receiver.received) == 1
    assert desk.status(made) == ("ENABLED", None)
    desk.operator.delete(fork)


def test_a_clock_that_runs_sends_and_repeats_by_itself(desk: Desk) -> None:
    made = desk.subscribe("order.created")
    done(desk.operator.put(f"{desk.tenant}/clock", json={"mode": "SCALED", "scale": 3600}))
    desk.receiver.status = 500
    desk.buy()
    first, second = desk.receiver.wait_for(2)[:2]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    done(desk.operator.put(f"{desk.tenant}/clock", json={"mode": "FROZEN"}))
    desk.receiver.comes_back()
    desk.settled()
    one, two = desk.attempts(made)[:2]
    assert one["nextAttemptAt"] <= two["at"]


@contextmanager
def lasting(data_dir: Path, receiver: Receiver) -> Iterator[tuple[Server, Desk]]:
    """Give a server that remembers, and the desk of its default tenant."""
    with running("--data-dir", str(data_dir), "--allow-webhook-hosts", "localhost") as server:
        operator = httpx.Client(base_url=server.origin, timeout=120, trust_env=False)
        with operator, server.client() as client:
            yield server, Desk(operator, client, receiver, f"{CONTROL}/default")


def test_what_waits_is_sent_in_its_order_after_the_server_was_killed(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.status = 500
        with lasting(tmp_path / "sandbox", receiver) as (server, desk):
            made = desk.subscribe("order.created")
            desk.buy(3)
            desk.settled()
            desk.advance("PT5S")
            before = desk.attempts(made)
            server.stop(signal.SIGKILL)
        with lasting(tmp_path / "sandbox", receiver) as (_, desk):
            assert desk.attempts(made) == before
            desk.advance("PT4M59S")
            desk.settled()
            assert len(receiver.received) == 6
            receiver.comes_back()
            desk.advance("PT1S")
            assert outcomes(desk.attempts(made)[6:]) == [(3, "DELIVERED", "15:05:05")] * 3
    called = [got.headers["webhook-id"] for got in receiver.received]
    assert called == called[:3] * 3


def test_the_world_passes_its_audit_whatever_receivers_did(desk: Desk) -> None:
    desk.subscribe()
    desk.receiver.status = 500
    desk.buy(5)
    desk.advance("P4D")
    audit = done(desk.operator.get(f"{desk.tenant}/audit"))
    assert [one for one in audit["invariants"] if one["state"] == "BROKEN"] == []


def test_a_secret_is_in_no_journal(desk: Desk) -> None:
    made = desk.subscribe()
    journal = desk.operator.get(f"{desk.tenant}/journal/export", params={"format": "ndjson"}).text
    assert made["subscriptionId"] in journal
    assert made["secret"] not in journal


def test_without_leave_nothing_is_sent_to_this_machine_and_the_refusal_says_how() -> None:
    with running() as server, server.client() as client:
        for url in ("http://127.0.0.1:9/", "http://localhost:9/"):
            answer = client.post("/subscriptions", json={"url": url})
            assert answer.status_code == 422
            assert "serve --allow-webhook-hosts" in answer.json()["errors"][0]["message"]


def test_a_server_stops_at_once_with_attempts_under_way() -> None:
    with running("--allow-webhook-hosts", "127.0.0.1") as server, server.client() as client, receiving() as receiver:
        receiver.hangs = True
        made = done(client.post("/subscriptions", json={"url": receiver.url}))
        done(client.post(f"/subscriptions/{made['subscriptionId']}/test"))
        receiver.wait_for(1)
        _, said, complained = server.stop()
        assert (said.strip(), complained) in {("Stopped.", ""), ("", "")}
