"""Calls that go wrong, over a real socket and a server of its own."""

import signal
import socket
from typing import Any

import httpx
import pytest

from tests.e2e.server import Server, running

LOST = {"id": "lost", "match": {"operation": "acknowledgeOrder"}, "maxCount": 1, "effect": {"lostResponse": True}}


def add(server: Server, rule: dict[str, Any]) -> None:
    """Let calls go wrong."""
    got = httpx.post(f"{server.origin}/_sandbox/v1/tenants/default/faults", json=rule, trust_env=False)
    assert got.status_code == 201, got.text


def audit(server: Server) -> Any:
    return httpx.get(f"{server.origin}/_sandbox/v1/tenants/default/audit", trust_env=False).json()


def acknowledge(client: httpx.Client, order: Any, key: str) -> httpx.Response:
    """Accept every line of an order."""
    lines = [{"lineId": line["lineId"], "decision": "ACCEPT"} for line in order["lines"]]
    headers = {"idempotency-key": key}
    return client.post(f"/orders/{order['orderId']}/acknowledgements", json={"lines": lines}, headers=headers)


def test_a_lost_answer_is_asked_for_again_and_one_acknowledgement_stands() -> None:
    with running() as server, server.client() as client:
        first, second = client.get("/orders?status=NEW&limit=2").json()["items"]
        add(server, LOST)
        add(server, {"id": "never", "match": {"operation": "openReturn"}, "effect": {"lostResponse": True}})
        with pytest.raises(httpx.RemoteProtocolError):
            acknowledge(client, first, "ack-1")
        again = acknowledge(client, first, "ack-1")
        assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
        fresh = acknowledge(client, first, "ack-2")
        assert (fresh.status_code, fresh.json()["code"]) == (409, "ILLEGAL_TRANSITION")
        assert acknowledge(client, second, "ack-3").status_code == 200
        history = [step["to"] for step in client.get(f"/orders/{first['orderId']}").json()["history"]]
        assert history.count("ACKNOWLEDGED") == 1
        found = audit(server)
        assert (found["holds"], found["unusedFaults"]) == (True, ["never"])


def test_a_server_stops_though_calls_hang_and_drip() -> None:
    with running() as server, server.client() as client:
        add(server, {"id": "hang", "match": {"operation": "listStores"}, "effect": {"fault": "HANG"}})
        slow = {"dribble": {"numberOfChunks": 2, "totalDuration": 80_000_000}}
        add(server, {"id": "drip", "match": {"operation": "listOrders"}, "effect": slow})
        host, _, port = server.origin.removeprefix("http://").partition(":")
        held = [socket.create_connection((host, int(port)), 60) for _ in range(2)]
        for connection, path in zip(held, ("/v1/stores", "/v1/orders"), strict=True):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: acorn-key\r\n\r\n".encode())
        for rule in ("hang", "drip"):
            while not _played(server, rule):
                client.get("/health")
        code, said, complained = server.stop(signal.SIGINT)
        assert (code, "Stopped." in said, complained) == (0, True, "")
        for connection in held:
            with connection:
                assert _ends(connection)


def test_calls_ask_for_faults_unless_the_server_was_told_otherwise() -> None:
    asking = {"x-sandbox-fault": "error=503"}
    with running() as server, server.client() as client:
        assert client.get("/stores", headers=asking).status_code == 503
    with running("--no-header-faults") as server, server.client() as client:
        assert client.get("/stores", headers=asking).status_code == 200


def _played(server: Server, rule: str) -> bool:
    url = f"{server.origin}/_sandbox/v1/tenants/default/faults/{rule}"
    return bool(httpx.get(url, trust_env=False).json()["played"])


def _ends(connection: socket.socket) -> bool:
    """Whether the other end lets go, in whichever way."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True
