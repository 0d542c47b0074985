"""Errors that nothing has led to."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from sandbox_server.middleware.faults.effect import WrongEffect
from sandbox_server.middleware.faults.error import ErrorEffect
from tests.middleware.faults.market import Market


def test_an_error_is_the_problem_that_the_contract_documents(market: Market) -> None:
    market.play({"error": {"status": 503}})
    answer = market.call("GET", "/stores")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "retry-after" not in answer.headers
    assert answer.json() == {
        "type": "urn:acorn:problem:unavailable",
        "title": "Unavailable",
        "status": 503,
        "detail": "The sandbox was told to answer so.",
        "code": "UNAVAILABLE",
        "requestId": answer.headers["x-request-id"],
        "retryable": True,
    }


def test_nothing_is_done(market: Market) -> None:
    order_id = market.buy()
    market.play({"error": {"status": 500}}, operation="acknowledgeOrder", max_count=1)
    assert market.accept(order_id, once="k").status_code == 500
    assert market.get(f"/orders/{order_id}")["status"] == "NEW"
    answer = market.accept(order_id, once="k")
    assert (answer.status_code, "idempotent-replayed" in answer.headers) == (200, False)


def test_a_code_of_ones_own_is_said(market: Market) -> None:
    market.play({"error": {"status": 418, "code": "TEA_POT"}})
    answer = market.call("GET", "/stores")
    assert (answer.status_code, answer.json()["code"], answer.json()["title"]) == (418, "TEA_POT", "Tea pot")


def test_a_401_says_how_to_authenticate(market: Market) -> None:
    market.play({"error": {"status": 401}})
    answer = market.call("GET", "/stores")
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert answer.json()["code"] == "TOKEN_EXPIRED"


def test_the_token_endpoint_says_it_as_oauth_does(market: Market) -> None:
    market.play({"error": {"status": 400}}, operation="createToken")
    answer = market.call("POST", "/oauth/token")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error"] == "invalid_grant"


def test_retry_after_comes_in_seconds(market: Market) -> None:
    market.play({"error": {"status": 429, "retryAfter": 2}})
    assert market.call("GET", "/stores").headers["retry-after"] == "2"


def test_retry_after_comes_as_a_date_by_the_servers_own_clock(market: Market) -> None:
    market.play({"error": {"status": 429, "retryAfter": 90, "retryAfterForm": "http-date"}})
    headers = market.call("GET", "/stores").headers
    until, now = (parsedate_to_datetime(headers[name]) for name in ("retry-after", "date"))
    assert until - now == timedelta(seconds=90)


@pytest.mark.parametrize(("status", "phrase"), [(503, "503 Service Unavailable"), (599, "599 Error")])
def test_a_broken_gateway_sends_a_page(market: Market, status: int, phrase: str) -> None:
    market.play({"error": {"status": status, "body": "html"}})
    answer = market.call("GET", "/stores")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert f"<title>{phrase}</title>" in answer.text


def test_an_error_may_have_no_body(market: Market) -> None:
    market.play({"error": {"status": 502, "body": "empty"}})
    answer = market.call("GET", "/stores")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (502, b"", "0")
    assert "content-type" not in answer.headers


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"status": 503, "code": "X", "body": "html"}, "/code"),
        ({"status": 503, "retryAfterForm": "http-date"}, "/retryAfterForm"),
        ({"status": 200}, "/status"),
        ({"status": 399, "body": "empty"}, "/status"),
    ],
)
def test_members_that_would_say_nothing_are_refused(given: dict[str, Any], at: str) -> None:
    with pytest.raises(WrongEffect) as caught:
        ErrorEffect().check(given)
    assert caught.value.at == at


def test_a_page_of_html_comes_with_200_in_an_answer_s_stead(market: Market) -> None:
    market.play({"error": {"status": 200, "body": "html"}})
    answer = market.call("GET", "/stores")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    assert "<h1>200 OK</h1>" in answer.text
