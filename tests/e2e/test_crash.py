"""A sandbox is killed again and again while a client writes: nothing acknowledged is lost, nothing is there twice."""

import os
import random
import signal
import threading
from pathlib import Path

import httpx

from tests.e2e.server import Server, running

KILLS = int(os.environ.get("SANDBOX_TEST_KILLS", "3"))
"""Fifty take some minutes."""


class Client:
    """
    A client that cancels orders and reports stock, each with an idempotency key, until the server is gone.

    It repeats the call that was not answered first of all when there is a server again.
    """

    def __init__(self, orders: list[str], at: str, cancelled: set[str]) -> None:
        self._waiting = orders
        self._at = at
        self.cancelled_before = cancelled
        self.done: list[str] = []
        self.reported = 0
        self.retried = 0
        self.unanswered: str | None = None

    def write(self, server: Server, count: int, reached: threading.Event) -> None:
        """Write until the server is gone; tell when so many calls were answered."""
        with server.client() as client:
            try:
                for number in range(len(self._waiting)):
                    self._cancel(client)
                    self._report(client)
                    if 2 * number >= count:
                        reached.set()
            except httpx.TransportError:
                return
            finally:
                reached.set()

    def _cancel(self, client: httpx.Client) -> None:
        order_id = self._waiting[0]
        self.retried += self.unanswered == order_id
        self.unanswered = order_id
        headers = {"Idempotency-Key": f"cancel-{order_id}"}
        answer = client.post(f"/orders/{order_id}/cancellations", json={"reason": "OTHER"}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "CANCELLED"
        self.unanswered = None
        self.done.append(self._waiting.pop(0))

    def _report(self, client: httpx.Client) -> None:
        sequence = self.reported + 1
        line = {"storeId": "S0001", "sku": "SKU-00001", "onHand": sequence, "sequence": 10**6 + sequence}
        answer = client.put("/inventory", json={"items": [line | {"asOf": self._at}]})
        (result,) = answer.raise_for_status().json()["items"]
        # What was not answered may have been done: then its sequence is no news.
        assert result["status"] == "ACCEPTED" or result["code"] == "STALE_SEQUENCE"
        self.reported = sequence


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(tmp_path: Path) -> None:
    chance = random.Random(7)
    folder = ("--data-dir", str(tmp_path / "kept"), "--journal-limit", "100000")
    with running(*folder) as server:
        client = Client(*some_work(server))
        server.stop(signal.SIGKILL)
    for _ in range(KILLS):
        with running(*folder) as server:
            assert_all_is_there(server, client)
            kill_while_it_writes(server, client, chance.randrange(40))
    with running(*folder) as server:
        assert_all_is_there(server, client)
    assert len(client.done) > KILLS


def some_work(server: Server) -> tuple[list[str], str, set[str]]:
    """Have buyers place orders that can be cancelled; return them, the time, and those that are cancelled already."""
    with httpx.Client(base_url=f"{server.origin}/_sandbox/v1/tenants/default", timeout=60) as operator:
        for _ in range(-(-KILLS // 5)):
            operator.post("/buyers/orders", json={"count": 100}).raise_for_status()
    with server.client() as client:
        orders = sorted(orders_by_status(client, "NEW"))
        return orders, client.get("/health").json()["time"], set(orders_by_status(client, "CANCELLED"))


def kill_while_it_writes(server: Server, client: Client, count: int) -> None:
    reached = threading.Event()
    writing = threading.Thread(target=client.write, args=(server, count, reached))
    writing.start()
    assert reached.wait(60)
    server.stop(signal.SIGKILL)
    writing.join(60)
    assert not writing.is_alive()


def assert_all_is_there(server: Server, client: Client) -> None:
    with server.client() as calls:
        for order_id in client.done[-20:]:
            order = calls.get(f"/orders/{order_id}").json()
            assert [step["to"] for step in order["history"]].count("CANCELLED") == 1
        cancelled = set(orders_by_status(calls, "CANCELLED")) - client.cancelled_before
        assert set(client.done) <= cancelled <= {*client.done, client.unanswered}
        (level,) = calls.get("/inventory", params={"storeId": "S0001", "sku": "SKU-00001"}).json()["items"]
        if client.reported:
            assert client.reported <= level["onHand"] <= client.reported + 1
    audit = httpx.get(f"{server.origin}/_sandbox/v1/tenants/default/audit", timeout=60).json()
    assert [one for one in audit["invariants"] if one["state"] == "BROKEN"] == []


def orders_by_status(calls: httpx.Client, status: str) -> list[str]:
    """Return the ids of all orders of a status."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = calls.get("/orders", params={"status": status, "limit": 100, **cursor}).raise_for_status().json()
        found += [order["orderId"] for order in page["items"]]
        if "nextCursor" not in page:
            return found
        cursor = {"cursor": page["nextCursor"]}
