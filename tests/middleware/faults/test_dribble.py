"""Answers that drip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.middleware.faults.dribble import Dribble
from tests.middleware.faults.looks import ask, connected, entry_of
from tests.middleware.faults.market import Market
from tests.middleware.faults.waits import Waits


@given(st.integers(1, 1000), st.binary(max_size=2000))
def test_pieces_are_the_whole_and_alike_in_length(number: int, body: bytes) -> None:
    pieces = Dribble(number, 1).pieces(body)
    assert b"".join(pieces) == body
    assert len(pieces) == max(1, min(number, len(body)))
    assert max(map(len, pieces)) - min(map(len, pieces)) <= 1


def test_an_answer_comes_in_pieces_evenly_over_its_time(market: Market, waits: Waits) -> None:
    whole = market.call("GET", "/stores")
    market.play({"dribble": {"numberOfChunks": 5, "totalDuration": 3000}})
    answer = market.call("GET", "/stores")
    assert (answer.status_code, answer.content) == (200, whole.content)
    assert answer.headers["content-length"] == str(len(whole.content))
    assert waits.seconds == pytest.approx([0.6] * 5)


def test_the_head_and_the_first_pieces_come_before_the_last(market: Market, waits: Waits) -> None:
    whole = market.call("GET", "/stores")
    market.play({"dribble": {"numberOfChunks": 2, "totalDuration": 10}})
    waits.hold()
    with connected(market) as connection:
        ask(connection)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        waits.let_go()
        rest = b""
        while len(rest) < len(whole.content):
            rest += connection.recv(65536)
        assert rest == whole.content


def test_an_answer_without_a_body_has_nothing_to_drip(market: Market, waits: Waits) -> None:
    market.play({"dribble": {"numberOfChunks": 5, "totalDuration": 3000}}, operation="revokeToken")
    body = b"token=none&client_id=acorn-sandbox&client_secret=acorn-secret"
    answer = market.send("POST", "/oauth/revoke", body, {"content-type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_client_that_goes_is_dripped_to_no_longer(market: Market) -> None:
    market.play({"dribble": {"numberOfChunks": 2, "totalDuration": 86_400_000}}, operation="listStores")
    with connected(market) as connection:
        ask(connection)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
    assert entry_of(market, "listStores").fault == ("it", "dribble")


def test_real_time_is_waited_for(market: Market) -> None:
    market.play({"dribble": {"numberOfChunks": 3, "totalDuration": 30}})
    assert market.get("/stores")["items"]
