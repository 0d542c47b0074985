"""Connections that break, as their client sees it."""

import socket
from typing import Any

import httpx
import pytest

from sandbox_server.middleware.faults.broken import WAYS
from sandbox_server.traffic.faults import Match, Rule
from sandbox_server.traffic.journal import Ending
from tests.api.acorn.shop import open_shop
from tests.middleware.faults.looks import ask, connected, entry_of, everything
from tests.middleware.faults.market import Market, served


def test_a_connection_is_reset(market: Market) -> None:
    market.play({"fault": "CONNECTION_RESET_BY_PEER"})
    with connected(market) as connection:
        ask(connection)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_connection_is_closed_without_a_byte(market: Market) -> None:
    market.play({"fault": "EMPTY_RESPONSE"})
    with connected(market) as connection:
        ask(connection)
        assert everything(connection) == b""


def test_a_connection_is_closed_in_order_though_a_long_body_came(market: Market) -> None:
    market.play({"fault": "EMPTY_RESPONSE"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        market.call("PUT", "/inventory", json={"items": ["x" * 500_000]})


def test_rubbish_comes_and_the_same_rubbish_again(market: Market) -> None:
    said = []
    for _ in range(2):
        market.play({"fault": "RANDOM_DATA_THEN_CLOSE"}, seed=5)
        with connected(market) as connection:
            ask(connection)
            said.append(everything(connection))
    assert said[0] == said[1]
    assert len(said[0]) == 257
    assert b"HTTP/1.1" not in said[0]


def test_a_chunk_is_none(market: Market) -> None:
    market.play({"fault": "MALFORMED_RESPONSE_CHUNK"})
    with connected(market) as connection:
        ask(connection)
        head, _, rest = everything(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"transfer-encoding: chunked" in head
    assert b"x-request-id: " in head
    assert b"storeId" not in rest


def test_half_of_a_body_comes(market: Market) -> None:
    whole = market.call("GET", "/stores")
    market.play({"fault": "TRUNCATED_BODY"})
    with connected(market) as connection:
        ask(connection)
        head, _, rest = everything(connection).partition(b"\r\n\r\n")
    assert b"content-length: %d\r\n" % len(whole.content) in head + b"\r\n"
    assert rest == whole.content[: len(whole.content) // 2]


def test_an_answer_without_a_body_is_cut_before_its_first_byte(market: Market) -> None:
    market.play({"fault": "TRUNCATED_BODY"})
    with connected(market) as connection:
        body = b"token=none&client_id=acorn-sandbox&client_secret=acorn-secret"
        head = (
            "POST /v1/oauth/revoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        )
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert everything(connection) == b""


@pytest.mark.parametrize(
    ("way", "error", "words"),
    [
        ("CONNECTION_RESET_BY_PEER", httpx.ReadError, "reset"),
        ("EMPTY_RESPONSE", httpx.RemoteProtocolError, "without sending a response"),
        ("MALFORMED_RESPONSE_CHUNK", httpx.RemoteProtocolError, "illegal chunk header"),
        ("RANDOM_DATA_THEN_CLOSE", httpx.RemoteProtocolError, "illegal"),
        ("TRUNCATED_BODY", httpx.RemoteProtocolError, "without sending complete message body"),
    ],
)
def test_httpx_sees_a_broken_connection_the_next_call_goes_well_and_the_server_has_no_complaint(
    market: Market, caplog: pytest.LogCaptureFixture, way: str, error: type[httpx.TransportError], words: str
) -> None:
    market.play({"fault": way}, max_count=1)
    with pytest.raises(error, match=words):
        market.call("GET", "/stores")
    assert market.get("/stores")["items"]
    assert caplog.messages == []


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"HANG"}))
def test_what_is_answered_in_part_is_done_and_what_is_not_answered_is_not(market: Market, way: str) -> None:
    order_id = market.buy()
    market.play({"fault": way}, operation="acknowledgeOrder")
    with pytest.raises(httpx.TransportError):
        market.accept(order_id)
    done = way in {"TRUNCATED_BODY", "MALFORMED_RESPONSE_CHUNK"}
    assert market.get(f"/orders/{order_id}")["status"] == ("ACKNOWLEDGED" if done else "NEW")


@pytest.mark.parametrize(
    ("way", "ending"),
    [
        ("CONNECTION_RESET_BY_PEER", Ending.UNANSWERED),
        ("EMPTY_RESPONSE", Ending.UNANSWERED),
        ("RANDOM_DATA_THEN_CLOSE", Ending.UNANSWERED),
        ("MALFORMED_RESPONSE_CHUNK", Ending.CUT_SHORT),
        ("TRUNCATED_BODY", Ending.CUT_SHORT),
    ],
)
def test_the_journal_names_the_rule_and_how_the_call_ended(market: Market, way: str, ending: Ending) -> None:
    market.play({"fault": way}, operation="listStores")
    with pytest.raises(httpx.TransportError):
        market.call("GET", "/stores")
    entry = entry_of(market, "listStores")
    assert (entry.fault, entry.ending) == (("it", "fault"), ending)


def test_a_call_hangs_until_its_client_goes(market: Market) -> None:
    order_id = market.buy()
    market.play({"fault": "HANG"}, operation="acknowledgeOrder")
    market._client.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        market.accept(order_id)
    market._client.timeout = httpx.Timeout(30)
    entry = entry_of(market, "acknowledgeOrder")
    assert (entry.fault, entry.ending) == (("it", "fault"), Ending.UNANSWERED)
    assert market.get(f"/orders/{order_id}")["status"] == "NEW"


def test_calls_that_hang_keep_no_other_waiting(market: Market) -> None:
    market.play({"fault": "HANG"}, operation="listStores")
    with connected(market) as first, connected(market) as second:
        ask(first)
        ask(second)
        assert market.get("/orders") == {"items": []}


@pytest.mark.parametrize("effect", [{"fault": "HANG"}, {"delay": {"type": "fixed", "milliseconds": 86_400_000}}])
def test_a_server_that_stops_lets_go_of_calls_that_are_held(effect: dict[str, Any]) -> None:
    with served(open_shop()) as market:
        market.rules.add(Rule(id="held", match=Match(operation="listStores"), effect=effect))
        connection = socket.create_connection((market._client.base_url.host, market._client.base_url.port), 30)
        ask(connection)
        while not market.rules.get("held").played:
            market.get("/orders")
    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_without_a_socket_a_call_ends_unanswered_and_the_log_says_why(
    market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    for way in WAYS:
        market.play({"fault": way})
        with pytest.raises(AssertionError):  # httpx asks for an answer in full
            market.sandbox.get("/stores")
    assert caplog.messages == ["fault it (fault): there is no connection to break"] * len(WAYS)
