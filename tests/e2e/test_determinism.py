"""The same seed and the same calls give the same bytes: ids, times, headers and all."""

import json
from typing import NamedTuple

import httpx
import pytest

from tests.e2e.server import running

FORM = {"grant_type": "client_credentials", "client_id": "acorn-sandbox", "client_secret": "acorn-secret"}


class Answer(NamedTuple):
    """What came over the wire, as it came."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Script:
    """A client that always does the same, as far as the server lets it, and writes down every answer."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.answers: list[Answer] = []

    def call(self, method: str, path: str, **more: object) -> httpx.Response:
        response = self._client.request(method, path, **more)  # type: ignore[arg-type]
        self.answers.append(Answer(response.status_code, tuple(response.headers.raw), response.content))
        return response

    def run(self) -> None:
        self._read()
        self._work()
        self._go_wrong()

    def _read(self) -> None:
        for path in ("stores", "products", "inventory", "inventory/movements", "orders", "shipments", "returns"):
            cursor = self.call("GET", f"/{path}", params={"limit": 3}).json()["nextCursor"]
            self.call("GET", f"/{path}", params={"limit": 3, "cursor": cursor})
        for path in ("health", "rate-limits", "stores/S0001", "products/SKU-00001", "inventory/SKU-00001"):
            self.call("GET", f"/{path}")
        token = self.call("POST", "/oauth/token", data=FORM).json()["access_token"]
        self.call("GET", "/orders", params={"limit": 1}, headers={"authorization": f"Bearer {token}"})
        self.call("POST", "/oauth/revoke", json={**FORM, "token": token} | {"token_type_hint": "access_token"})

    def _work(self) -> None:
        waiting = self.call("GET", "/orders", params={"status": "NEW", "limit": 4}).json()["items"]
        for number, order in enumerate(waiting):
            lines = [{"lineId": line["lineId"], "decision": "ACCEPT"} for line in order["lines"]]
            path = f"/orders/{order['orderId']}/acknowledgements"
            for _ in range(2):
                self.call("POST", path, json={"lines": lines}, headers={"idempotency-key": f"key-{number}"})
        ready = self.call("GET", "/orders", params={"status": "ACKNOWLEDGED", "limit": 2}).json()["items"]
        for number, order in enumerate(ready):
            held = order["lines"][0]["allocations"][-1]
            shipment = {
                "orderId": order["orderId"],
                "storeId": held["storeId"],
                "lines": [{"lineId": order["lines"][0]["lineId"], "quantity": 1}],
                "carrier": "ACORN",
                "trackingNumber": f"AC{number:012}",
                "shippedAt": "2026-11-27T15:00:00Z",
                "packages": [{"weightGrams": 500}],
            }
            made = self.call("POST", "/shipments", json=shipment)
            for form in ("application/pdf", "image/png"):
                self.call("GET", f"{made.headers['location'].removeprefix('/v1')}/label", headers={"accept": form})
        self.call("PATCH", "/stores/S0001", json={"status": "PAUSED"}, headers={"if-match": '"1"'})
        self.call("PATCH", "/stores/S0001", json={"status": "ACTIVE"})

    def _go_wrong(self) -> None:
        self.call("PATCH", "/stores/S0001", json={"status": "PAUSED"}, headers={"if-match": '"1"'})
        self.call("GET", "/orders", params={"limit": 0})
        self.call("GET", "/orders", params={"stauts": "NEW"})
        self.call("GET", "/orders/ord_nowhere")
        self.call("GET", "/nowhere")
        self.call("DELETE", "/orders")
        self.call("GET", "/orders", headers={"x-api-key": "nobody"})
        self.call("PUT", "/inventory", json={"items": [{}]})
        self.call("PUT", "/inventory", content=b"{", headers={"content-type": "application/json"})
        self.call("GET", "/stores", headers={"accept": "text/html"})


def answers(*flags: str, hash_seed: str = "0") -> list[Answer]:
    """Return all answers of a fresh start to the script."""
    with running(*flags, environment={"PYTHONHASHSEED": hash_seed}) as server, server.client() as client:
        script = Script(client)
        script.run()
    return script.answers


@pytest.fixture(scope="module")
def first() -> list[Answer]:
    return answers(hash_seed="1")


def test_two_starts_give_the_same_bytes_whatever_pythons_hash_seed(first: list[Answer]) -> None:
    again = answers(hash_seed="2")
    assert len(first) == 50
    assert {answer.status for answer in first} >= {200, 201, 400, 401, 404, 405, 406, 412}
    for number, (one, other) in enumerate(zip(first, again, strict=True)):
        assert one == other, f"call {number}"


def test_every_answer_tells_the_virtual_time_of_the_world(first: list[Answer]) -> None:
    dates = {value for answer in first for name, value in answer.headers if name.lower() == b"date"}
    assert dates == {b"Fri, 27 Nov 2026 15:00:00 GMT"}


def test_another_seed_makes_another_world(first: list[Answer]) -> None:
    other = answers("--seed", "2")
    orders, other_orders = (json.loads(found[8].body)["items"] for found in (first, other))
    assert len(orders) == len(other_orders) == 3
    assert {order["orderId"] for order in orders}.isdisjoint(order["orderId"] for order in other_orders)
    assert [order["buyer"]["name"] for order in orders] != [order["buyer"]["name"] for order in other_orders]


def test_a_world_from_the_cache_gives_the_bytes_of_one_that_was_just_made(
    first: list[Answer], tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = str(tmp_path_factory.mktemp("kept"))
    made = answers("--ephemeral", "--cache-dir", kept)
    loaded = answers("--ephemeral", "--cache-dir", kept)
    assert made == loaded == first
