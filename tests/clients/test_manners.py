"""What holds for the client as a whole: tolerance, restarts, and how it shows itself on the wire."""

import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import httpx
import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.errors import Stopped
from fixtures.clients.reference.sender import open_connections
from fixtures.clients.reference.transport import encode
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import FakeMarketplace, Seen, a_level, a_line, a_return, an_allocation, an_order


@pytest.fixture(autouse=True)
def _mugs(market: FakeMarketplace) -> None:
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 50)


def test_members_that_nobody_knows_do_not_matter(client: Client, market: FakeMarketplace) -> None:
    market.orders["ord_0001"] = an_order("ord_0001") | {"xNew": {"deep": [1, 2]}}
    market.orders["ord_0001"]["lines"][0]["xNew"] = None
    market.returns["ret_0001"] = a_return("ret_0001") | {"xNew": True}
    client.worker.round()
    assert market.orders["ord_0001"]["status"] == "SHIPPED"
    assert market.returns["ret_0001"]["status"] == "REFUNDED"


def test_a_state_that_nobody_knows_is_left_alone_and_the_others_go_on(client: Client, market: FakeMarketplace) -> None:
    client.worker.round()  # from now on it reads changes, of whatever state
    market.orders["ord_0001"] = an_order("ord_0001", status="ON_HOLD")
    market.orders["ord_0002"] = an_order("ord_0002", a_line("1", "MUG", an_allocation("S1", 1, "PONDERED")))
    market.orders["ord_0003"] = an_order("ord_0003")
    client.worker.round()
    assert [seen.request.url.path for seen in market.asked("acknowledgeOrder")] == [
        "/v1/orders/ord_0003/acknowledgements"
    ]
    assert client.worker.unfinished() == ["ord_0001", "ord_0002"]


def test_an_order_that_was_on_hold_is_taken_up_when_it_is_not_any_more(client: Client, market: FakeMarketplace) -> None:
    market.orders["ord_0002"] = an_order("ord_0002")
    client.worker.round()
    market.orders["ord_0001"] = an_order("ord_0001", status="ON_HOLD")
    client.worker.round()
    market.orders["ord_0001"]["status"] = "NEW"  # without a word about it in the list of changes
    market.time = market.time.replace(hour=20)
    market.clock.now += 10
    client.worker.round()
    assert market.orders["ord_0001"]["status"] == "SHIPPED"


@pytest.mark.parametrize("operation", ["acknowledgeOrder", "createShipment", "receiveReturn", "refundReturn"])
@pytest.mark.parametrize("effect", [False, True])
def test_a_killed_client_takes_up_its_work_and_does_nothing_twice(
    make_client: MakeClient, market: FakeMarketplace, tmp_path: Path, operation: str, effect: bool
) -> None:
    market.orders["ord_0001"] = an_order("ord_0001", a_line("1", "MUG", an_allocation("S1", 2)))
    market.returns["ret_0001"] = a_return("ret_0001")

    def kill(answer: httpx.Response) -> httpx.Response:
        raise KeyboardInterrupt

    market.fail(operation, kill if effect else _Killed())
    with pytest.raises((KeyboardInterrupt, _Killed)):
        make_client(state_path=tmp_path / "state").worker.round()
    market.time = market.time.replace(hour=13)  # so that a body made anew would be another
    second = make_client(state_path=tmp_path / "state")
    second.worker.round()
    second.worker.round()
    assert market.orders["ord_0001"]["lines"][0]["allocations"][0]["shippedQuantity"] == 2
    assert market.returns["ret_0001"]["lines"][0]["refundedQuantity"] == 1
    assert len(market.returns["ret_0001"]["receipts"]) == 1
    assert {seen.key for seen in market.asked(operation)} == {market.asked(operation)[0].key}
    assert second.worker.unfinished() == []


class _Killed(Exception):
    """The process ends at this point."""


def test_an_intent_begun_before_a_restart_is_sent_with_the_same_bytes(
    make_client: MakeClient, market: FakeMarketplace, tmp_path: Path
) -> None:
    market.orders["ord_0001"] = an_order(
        "ord_0001", a_line("1", "MUG", an_allocation("S1", 1, "ALLOCATED")), status="ACKNOWLEDGED"
    )
    market.fail("createShipment", _Killed())
    with pytest.raises(_Killed):
        make_client(state_path=tmp_path / "state").worker.round()
    market.time = market.time.replace(hour=13)
    make_client(state_path=tmp_path / "state").worker.round()
    first, second = market.asked("createShipment")
    assert (first.key, first.request.content) == (second.key, second.request.content)


def test_what_one_round_could_not_finish_is_finished_after_a_restart_though_nothing_changed(
    make_client: MakeClient, market: FakeMarketplace, tmp_path: Path
) -> None:
    market.orders["ord_0001"] = an_order("ord_0001")
    market.fail("acknowledgeOrder", *[httpx.ReadTimeout("slow")] * 6)
    make_client(state_path=tmp_path / "state").worker.round()
    market.time = market.time.replace(hour=20)
    market.orders["ord_0002"] = an_order("ord_0002")
    market.change(market.orders["ord_0002"])
    client = make_client(state_path=tmp_path / "state")
    client.worker.round()
    assert {order["status"] for order in market.orders.values()} == {"SHIPPED"}


def test_a_client_that_is_to_end_ends_between_two_orders(client: Client, market: FakeMarketplace) -> None:
    for number in range(3):
        market.orders[f"ord_{number:04}"] = an_order(f"ord_{number:04}")

    def end(seen: Seen) -> None:
        if seen.operation == "createShipment":
            market.clock.sleep = _stop  # type: ignore[method-assign]

    market.before = end
    with pytest.raises(Stopped):
        client.worker.round()
    assert [order["status"] for order in market.orders.values()] == ["SHIPPED", "NEW", "NEW"]
    assert client.worker.unfinished() == ["ord_0001", "ord_0002", "the invoices of ord_0000"]


def _stop(seconds: float) -> None:
    raise Stopped


def test_text_is_sent_byte_for_byte() -> None:
    names = ["שלום", "🛍️", unicodedata.normalize("NFC", "Zoë"), unicodedata.normalize("NFD", "Zoë")]
    assert encode({"note": " ".join(names)}) == f'{{"note":"{" ".join(names)}"}}'.encode()


def test_the_client_names_itself(client: Client, market: FakeMarketplace) -> None:
    client.worker.round()
    assert all(seen.request.headers["User-Agent"].startswith("store-chain-reference/") for seen in market.seen)


def test_a_hundred_calls_share_a_connection() -> None:
    with serving() as url, closing(open_connections(url)) as http:
        for _ in range(100):
            http.get("anything")
    assert _Counting.connections == 1


class _Counting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections: ClassVar[int] = 0

    def setup(self) -> None:
        type(self).connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass


@contextmanager
def serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Counting) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
