"""Effects that nobody hears of."""

from typing import Any

import httpx
import pytest

from sandbox_server.traffic.journal import Ending
from tests.middleware.faults.looks import entry_of
from tests.middleware.faults.market import Market


def lose(market: Market) -> None:
    """Lose the next answer to an acknowledgement."""
    market.play({"lostResponse": True}, operation="acknowledgeOrder", max_count=1)


def history(market: Market, order_id: str) -> list[Any]:
    """Return what an order has become, in order."""
    return [step["to"] for step in market.get(f"/orders/{order_id}")["history"]]


def test_the_effect_commits_and_the_answer_never_arrives(market: Market) -> None:
    order_id = market.buy()
    lose(market)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        market.accept(order_id)
    assert history(market, order_id) == ["NEW", "ACKNOWLEDGED"]
    entry = entry_of(market, "acknowledgeOrder")
    assert (entry.fault, entry.ending, entry.status) == (("it", "lostResponse"), Ending.UNANSWERED, 0)
    assert any(table == "orders" for table, *_ in entry.changes)


def test_the_same_key_again_is_the_first_answer_and_one_acknowledgement(market: Market) -> None:
    order_id = market.buy()
    lose(market)
    with pytest.raises(httpx.RemoteProtocolError):
        market.accept(order_id, once="ack-1")
    answer = market.accept(order_id, once="ack-1")
    assert (answer.status_code, answer.headers["idempotent-replayed"]) == (200, "true")
    assert answer.json()["status"] == "ACKNOWLEDGED"
    assert history(market, order_id) == ["NEW", "ACKNOWLEDGED"]


@pytest.mark.parametrize("fresh", ["ack-2", None])
def test_another_key_is_refused_in_words_that_say_what_is_so(market: Market, fresh: str | None) -> None:
    order_id = market.buy()
    lose(market)
    with pytest.raises(httpx.RemoteProtocolError):
        market.accept(order_id, once="ack-1")
    answer = market.accept(order_id, once=fresh)
    assert (answer.status_code, answer.json()["code"]) == (409, "ILLEGAL_TRANSITION")
    assert order_id in answer.json()["detail"]
    assert "ACKNOWLEDGED" in answer.json()["detail"]
    assert history(market, order_id) == ["NEW", "ACKNOWLEDGED"]


def test_a_refusal_is_lost_as_well(market: Market) -> None:
    market.play({"lostResponse": True})
    with pytest.raises(httpx.RemoteProtocolError):
        market.accept("ord_0000000000000000")
