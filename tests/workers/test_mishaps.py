"""Workers that die and databases that go away: nothing that was answered is lost, and nothing is done twice."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import httpx
import pytest

from tests.postgresql import PostgreSQL, postgresql
from tests.workers.cluster import SHOP, Cluster, cluster

CLIENTS = 6
ORDERS = 40
OUTAGE_SECONDS = float(os.environ.get("SANDBOX_TEST_OUTAGE_SECONDS", "2"))
ACCEPT = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}


@pytest.fixture(scope="module")
def fragile() -> Iterator[PostgreSQL]:
    """Return a server of its own, which a test may stop."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def pair(fragile: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cache = tmp_path_factory.mktemp("cache")
    with cluster(fragile.new_database(), "--fixture", SHOP, "--cache-dir", str(cache)) as workers:
        yield workers


def acknowledge(pair: Cluster, order_id: str) -> httpx.Response:
    path, headers = f"/orders/{order_id}/acknowledgements", {"idempotency-key": f"ack-{order_id}"}
    return pair.insist("POST", path, json=ACCEPT, headers=headers)


def wait_until_there_are(pair: Cluster, workers: int) -> None:
    pause = Event()
    for _ in range(600):
        if len(pair.workers()) == workers:
            return
        pause.wait(0.1)
    raise AssertionError("no other worker has taken its place")


def assert_each_was_acknowledged_once(pair: Cluster, orders: list[str], answers: list[httpx.Response]) -> None:
    assert {answer.status_code for answer in answers} == {200}
    for order_id in orders:
        order = pair.call("GET", f"/orders/{order_id}").json()
        assert order["status"] == "ACKNOWLEDGED"
        assert [one["to"] for one in order["history"]].count("ACKNOWLEDGED") == 1
    assert pair.audit() == []


def test_the_others_go_on_when_a_worker_is_killed_and_nothing_is_lost_or_done_twice(pair: Cluster) -> None:
    orders, killed = pair.orders("NEW")[:ORDERS], pair.workers()
    with ThreadPoolExecutor(CLIENTS) as threads:
        answers: list[Future[httpx.Response]] = []
        for number, order_id in enumerate(orders):
            answers.append(threads.submit(acknowledge, pair, order_id))
            if number == ORDERS // 2:
                answers[number // 2].result()
                os.kill(killed[0], signal.SIGKILL)
        done = [answer.result() for answer in answers]
    assert_each_was_acknowledged_once(pair, orders, done)
    wait_until_there_are(pair, 2)
    assert killed[0] not in pair.workers()


def test_what_is_due_is_done_once_though_the_worker_that_does_it_is_killed(pair: Cluster) -> None:
    """One worker moves time on, and dies of it; the other is asked for the rest of the way."""
    target = "2026-11-30T15:00:00Z"
    with ThreadPoolExecutor(1) as threads:
        moving = threads.submit(pair.call, "POST", "/tenants/default/clock/advance", json={"to": target})
        before = pair.workers()
        while not moving.done() and pair.call("GET", "/tenants/default/clock").json()["now"] < "2026-11-28":
            pass
        os.kill(before[0], signal.SIGKILL)
        try:
            moving.result()
        except httpx.TransportError:
            pair.insist("GET", "/health")
            pair.call("POST", "/tenants/default/clock/advance", json={"to": target})
    assert pair.insist("GET", "/tenants/default/clock").json()["now"].startswith("2026-11-30T15:00")
    happened: list[tuple[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = pair.call("GET", "/events", params={"limit": "100", **cursor}).json()
        happened += [(one["type"], str(one["data"])) for one in page["items"]]
        if not page["items"]:
            break
        cursor = {"cursor": page["nextCursor"]}
    cancelled = [data for kind, data in happened if kind == "order.cancelled"]
    assert len(cancelled) == len(set(cancelled))
    assert pair.audit() == []
    wait_until_there_are(pair, 2)


def test_while_the_database_is_away_callers_are_told_to_come_again_and_then_all_goes_on(
    fragile: PostgreSQL, pair: Cluster
) -> None:
    kept = pair.call("GET", "/stores/S0001").headers["etag"]
    fragile.stop()
    refused = [
        pair.call(method, "/stores/S0001", json=body) for method, body in (("GET", None), ("PATCH", {"name": "X"}))
    ]
    with ThreadPoolExecutor(CLIENTS) as threads:
        names = [f"Name {number}" for number in range(CLIENTS)]
        changes = [threads.submit(rename, pair, name) for name in names]
        Event().wait(OUTAGE_SECONDS)
        assert not any(change.done() for change in changes)
        fragile.start()
        assert {change.result().status_code for change in changes} == {200}
    for answer in refused:
        assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (503, "UNAVAILABLE", True)
        assert int(answer.headers["retry-after"]) >= 1
    store = pair.insist("GET", "/stores/S0001")
    assert store.headers["etag"] != kept
    assert store.json()["name"] in names
    assert pair.audit() == []


def rename(pair: Cluster, name: str) -> httpx.Response:
    return pair.insist(
        "PATCH", "/stores/S0001", json={"name": name}, headers={"idempotency-key": name.replace(" ", "-")}
    )
