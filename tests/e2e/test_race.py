"""Two clients, each with connections of its own, go for the same thing at the same moment: never two winners."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.e2e.server import running

ROUNDS = 200
SHOP = {"storeId": "S0001"}
SKU = "SKU-00001"
Move = Callable[[httpx.Client], httpx.Response]
Pair = tuple[httpx.Response, httpx.Response]


class Racers:
    """Two clients in two threads, who start together."""

    def __init__(self, clients: Sequence[httpx.Client], threads: ThreadPoolExecutor) -> None:
        self.one, self.other = clients
        self._threads = threads
        self._line = Barrier(2, timeout=60)

    def race(self, one: Move, other: Move) -> Pair:
        """Return the answers to two calls that were sent at the same moment."""
        first = self._threads.submit(self._run, one, self.one)
        second = self._threads.submit(self._run, other, self.other)
        return first.result(), second.result()

    def _run(self, move: Move, client: httpx.Client) -> httpx.Response:
        self._line.wait()
        return move(client)

    def walk(self, path: str, **filters: str) -> Iterator[Any]:
        """Return all items of a list."""
        page = self.one.get(path, params={**filters, "limit": 100}).json()
        yield from page["items"]
        while "nextCursor" in page:
            page = self.one.get(path, params={**filters, "limit": 100, "cursor": page["nextCursor"]}).json()
            yield from page["items"]

    def orders(self, status: str) -> list[str]:
        return [order["orderId"] for order in self.walk("/orders", status=status)]


@pytest.fixture(scope="module")
def racers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Racers]:
    """Return two clients of one shop; when all races are over, its stock is still what its ledger says."""
    fixture = str(Path(__file__).with_name("one_shop.yaml"))
    with (
        running("--fixture", fixture) as server,
        server.client() as one,
        server.client() as other,
        ThreadPoolExecutor(2) as threads,
    ):
        racers = Racers((one, other), threads)
        yield racers
        assert_that_stock_conserves(racers)


def assert_that_stock_conserves(racers: Racers) -> None:
    sums: Counter[str] = Counter()
    for entry in racers.walk("/inventory/movements"):
        sums[entry["quantityKind"]] += entry["delta"]
    (level,) = racers.walk("/inventory")
    assert (sums["ON_HAND"], sums["RESERVED"], sums["ALLOCATED"]) == (
        level["onHand"],
        level["reserved"],
        level["allocated"],
    )


def post(path: str, body: Any, key: str | None = None) -> Move:
    headers = {"idempotency-key": key} if key is not None else {}
    return lambda client: client.post(path, json=body, headers=headers)


def shipment(order_id: str, number: int) -> Any:
    return {
        "orderId": order_id,
        **SHOP,
        "lines": [{"lineId": "1", "quantity": 1}],
        "carrier": "ACORN",
        "trackingNumber": f"AC{number:012}",
        "shippedAt": "2026-11-27T15:00:00Z",
        "packages": [{"weightGrams": 300}],
    }


def assert_one_winner(pair: Pair, won: int, lost: int, code: str) -> None:
    statuses = sorted(answer.status_code for answer in pair)
    assert statuses == [won, lost], [answer.text for answer in pair]
    loser = next(answer for answer in pair if answer.status_code == lost)
    assert loser.json()["code"] == code


def report(racers: Racers, on_hand: int, sequence: int) -> None:
    item = {**SHOP, "sku": SKU, "onHand": on_hand, "sequence": sequence, "asOf": "2026-11-27T15:00:00Z"}
    assert racers.one.put("/inventory", json={"items": [item]}).json()["accepted"] == 1


def test_the_last_unit_on_the_shelf_leaves_with_one_of_two_orders(racers: Racers) -> None:
    waiting = racers.orders("ACKNOWLEDGED")[: ROUNDS + 1]
    mine = waiting.pop()
    for number in range(ROUNDS):
        yours = waiting.pop()
        report(racers, on_hand=1, sequence=1_000_000 + number)
        pair = racers.race(
            post("/shipments", shipment(mine, 2 * number)), post("/shipments", shipment(yours, 2 * number + 1))
        )
        assert_one_winner(pair, 201, 409, "INSUFFICIENT_STOCK")
        assert racers.one.get(f"/inventory/{SKU}").json()["stores"][0]["onHand"] == 0
        mine = yours if pair[0].status_code == 201 else mine
    report(racers, on_hand=5000, sequence=2_000_000)


def test_the_last_unit_of_an_order_is_shipped_once(racers: Racers) -> None:
    for number, order_id in enumerate(racers.orders("ACKNOWLEDGED")[:ROUNDS]):
        pair = racers.race(
            post("/shipments", shipment(order_id, 10_000 + number), key=f"one-{number}"),
            post("/shipments", shipment(order_id, 20_000 + number), key=f"other-{number}"),
        )
        assert_one_winner(pair, 201, 409, "ILLEGAL_TRANSITION")


def test_a_tracking_number_goes_to_one_of_two_orders(racers: Racers) -> None:
    waiting = racers.orders("ACKNOWLEDGED")[: ROUNDS + 1]
    mine = waiting.pop()
    for number in range(ROUNDS):
        yours = waiting.pop()
        body = shipment(mine, 30_000 + number)
        pair = racers.race(post("/shipments", body), post("/shipments", body | {"orderId": yours}))
        assert_one_winner(pair, 201, 409, "DUPLICATE")
        mine = yours if pair[0].status_code == 201 else mine


def test_an_order_is_acknowledged_by_one_of_two_clients(racers: Racers) -> None:
    accept = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    reject = {"lines": [{"lineId": "1", "decision": "REJECT", "reason": "DAMAGED"}]}
    orders = racers.orders("NEW")
    assert len(orders) == ROUNDS
    for order_id in orders:
        path = f"/orders/{order_id}/acknowledgements"
        pair = racers.race(post(path, accept), post(path, reject))
        assert_one_winner(pair, 200, 409, "ILLEGAL_TRANSITION")


def test_one_key_from_two_clients_has_one_effect_and_one_answer(racers: Racers) -> None:
    returned = {rma["orderId"] for rma in racers.walk("/returns")}
    orders = [order_id for order_id in racers.orders("DELIVERED") if order_id not in returned][:ROUNDS]
    assert len(orders) == ROUNDS
    for number, order_id in enumerate(orders):
        body = {"orderId": order_id, **SHOP, "lines": [{"lineId": "1", "quantity": 1, "reason": "LATE"}]}
        open_return = post("/returns", body, key=f"counter-{number}")
        one, other = racers.race(open_return, open_return)
        assert (one.status_code, other.status_code) == (201, 201)
        assert one.content == other.content
        flags = sorted(answer.headers.get("idempotent-replayed", "false") for answer in (one, other))
        assert flags == ["false", "true"]
        found = racers.one.get("/returns", params={"orderId": order_id}).json()["items"]
        assert [rma["returnId"] for rma in found] == [one.json()["returnId"]]


def test_the_last_unit_of_a_return_is_received_once(racers: Racers) -> None:
    body = {**SHOP, "lines": [{"lineId": "1", "quantity": 1, "condition": "SELLABLE"}]}
    for rma in list(racers.walk("/returns", status="AUTHORISED"))[:ROUNDS]:
        path = f"/returns/{rma['returnId']}/receipts"
        assert_one_winner(racers.race(post(path, body), post(path, body)), 201, 409, "ILLEGAL_TRANSITION")


def test_the_last_unit_of_a_return_is_refunded_once(racers: Racers) -> None:
    for rma in list(racers.walk("/returns", status="RECEIVED"))[:ROUNDS]:
        body = {"lines": [{"lineId": "1", "quantity": 1, "amount": rma["lines"][0]["refundable"]}]}
        path = f"/returns/{rma['returnId']}/refunds"
        assert_one_winner(racers.race(post(path, body), post(path, body)), 201, 409, "ILLEGAL_TRANSITION")


def test_a_version_of_a_store_is_changed_by_one_of_two_clients(racers: Racers) -> None:
    for number in range(ROUNDS):
        tag = racers.one.get("/stores/S0001").headers["etag"]

        def rename(name: str, tag: str = tag) -> Move:
            return lambda client: client.patch("/stores/S0001", json={"name": name}, headers={"if-match": tag})

        pair = racers.race(rename(f"One {number}"), rename(f"Other {number}"))
        assert_one_winner(pair, 200, 412, "STALE_VERSION")
        winner = next(answer for answer in pair if answer.status_code == 200)
        assert racers.one.get("/stores/S0001").content == winner.content
