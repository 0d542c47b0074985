"""Each check of an answer: what it tells of, and what it lets pass."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sandbox_server.conformance.checks import REGISTRY
from sandbox_server.conformance.checks.view import View
from sandbox_server.conformance.document import Document
from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.resources import contract_path

DOCUMENT = Document(contract_path("marketplace.yaml"))
JSON = "application/json"
PROBLEM = "application/problem+json"
REFUSAL = {"status": 404, "code": "NOT_FOUND", "retryable": False, "requestId": "r-1"}
LEVEL = {"onHand": 9, "reserved": 2, "allocated": 1, "safetyStock": 2, "available": 4}


def told(
    check: str,
    said: Any,
    operation: str = "getOrder",
    *,
    status: int = 200,
    query: str = "",
    sent: Mapping[str, str] | None = None,
    media_type: str = JSON,
    **headers: str,
) -> list[str]:
    """Return where a check finds something wrong in an answer."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    answered = {"content-type": media_type, "x-request-id": "r-1", **given}
    exchange = Exchange(
        number=1,
        method="GET",
        url=f"http://127.0.0.1/v1/x?{query}",
        request_headers=tuple((sent or {}).items()),
        status=status,
        response_headers=tuple(answered.items()),
        response_body=said if isinstance(said, bytes) else json.dumps(said).encode(),
    )
    known = DOCUMENT.operations.get(operation)
    return [one.where for one in REGISTRY[check](View(DOCUMENT, known, exchange))]


@pytest.mark.parametrize(
    ("said", "status", "media_type", "operation", "where"),
    [
        (REFUSAL, 404, PROBLEM, "getOrder", []),
        ({}, 200, JSON, "getOrder", []),
        ({"error": "invalid_client"}, 401, JSON, "createToken", []),
        (REFUSAL, 404, JSON, "getOrder", [""]),
        (b"<h1>", 404, "text/html", "getOrder", [""]),
        (b"{", 404, PROBLEM, "getOrder", [""]),
        ([], 404, PROBLEM, "", [""]),
        ({**REFUSAL, "code": "OOPS"}, 404, PROBLEM, "getOrder", ["/code"]),
        ({**REFUSAL, "status": 400}, 404, PROBLEM, "getOrder", ["/status"]),
        ({**REFUSAL, "requestId": "r-2"}, 404, PROBLEM, "getOrder", ["/requestId"]),
        ({**REFUSAL, "retryable": True}, 404, PROBLEM, "getOrder", ["/retryable"]),
        ({**REFUSAL, "status": 429, "code": "RATE_LIMITED"}, 429, PROBLEM, "getOrder", ["/retryable"]),
    ],
)
def test_a_refusal_is_a_problem_that_tells_the_truth(
    said: Any, status: int, media_type: str, operation: str, where: list[str]
) -> None:
    assert told("problem_details", said, operation, status=status, media_type=media_type) == where


@pytest.mark.parametrize(
    ("given", "answered", "wrong"),
    [
        ("", "req_1", False),
        ("mine", "mine", False),
        ("not a sane one", "req_1", False),
        ("mine", "req_1", True),
        ("", "", True),
        ("", "not a sane one", True),
    ],
)
def test_the_request_s_id_comes_back(given: str, answered: str, wrong: bool) -> None:
    assert bool(told("request_id", {}, sent={"X-Request-Id": given}, x_request_id=answered)) is wrong


@pytest.mark.parametrize(
    ("policy", "state", "wrong"),
    [
        ("", "", False),
        ('"getOrder";q=60;w=60', '"getOrder";r=19;t=1', False),
        ('"getOrder";q=60;w=60', "", True),
        ("", '"getOrder";r=19;t=1', True),
        ('"getOrder";q=60;w=60', '"getOrder";r=-1;t=1', True),
        ('"listOrders";q=60;w=60', '"listOrders";r=19;t=1', True),
        ('"getOrder";q=60;w=60', '"listOrders";r=19;t=1', True),
    ],
)
def test_the_headers_of_a_limit_come_together(policy: str, state: str, wrong: bool) -> None:
    assert bool(told("rate_limit_headers", {}, ratelimit_policy=policy, ratelimit=state)) is wrong


def test_a_429_says_when_to_come_again() -> None:
    policy, state = '"getOrder";q=60;w=60', '"getOrder";r=0;t=9'
    silent = told("rate_limit_headers", {}, status=429, ratelimit_policy=policy, ratelimit=state)
    assert silent == ["header Retry-After"]
    limited = told("rate_limit_headers", {}, status=429, ratelimit_policy=policy, ratelimit=state, retry_after="9")
    assert limited == []
    assert told("rate_limit_headers", {}, status=429) == []
    assert told("rate_limit_headers", {}, status=429, x_amzn_ratelimit_limit="1") == []


def test_a_credential_is_not_said_back() -> None:
    key = {"X-Api-Key": "key_123456"}
    assert told("no_secrets", {"detail": "not with key_123456"}, sent=key) == [""]
    assert told("no_secrets", {"detail": "not with it"}, sent=key) == []
    assert told("no_secrets", {"token": "at_123456"}, sent={"Authorization": "Bearer at_123456"}) == [""]
    assert told("no_secrets", {"access_token": "at_123456"}, "createToken", sent=key) == []


@pytest.mark.parametrize(
    ("amount", "currency", "wrong"),
    [
        ("12.90", "USD", False),
        ("-0.05", "USD", False),
        ("1290", "JPY", False),
        ("12.900", "KWD", False),
        ("12.9", "USD", True),
        ("12.90", "JPY", True),
        ("012.90", "USD", True),
        (12.9, "USD", True),
    ],
)
def test_amounts_have_their_currency_s_decimals(amount: Any, currency: str, wrong: bool) -> None:
    money = {"amount": amount, "currency": currency}
    assert told("money_format", {"lines": [{"price": money}]}) == (["/lines/0/price/amount"] if wrong else [])


@pytest.mark.parametrize(("total", "where"), [("13.93", []), ("13.92", ["/total"]), ("?", [])])
def test_sums_add_up(total: str, where: list[str]) -> None:
    said = {"subtotal": {"amount": "12.90"}, "tax": {"amount": "1.03"}, "total": {"amount": total}}
    assert told("money_adds_up", said) == where
    assert told("money_adds_up", {"total": None, "tax": {}}) == []


@pytest.mark.parametrize(
    ("member", "value", "where"),
    [
        ("updatedAt", "2026-11-27T15:00:00.000Z", []),
        ("updatedAt", "2026-11-27T15:00:00Z", ["/updatedAt"]),
        ("shipBy", "2026-11-27T15:00:00.000+00:00", ["/shipBy"]),
        ("note", "2026-11-27T15:00:00Z", []),
        ("cutOff", "16:00", []),
    ],
)
def test_moments_are_utc_with_milliseconds(member: str, value: str, where: list[str]) -> None:
    assert told("time_format", {member: value}) == where
    assert told("time_format", {member: value}, status=404) == []


def test_available_stock_follows_from_its_parts() -> None:
    assert told("available_stock", {"items": [LEVEL]}) == []
    assert told("available_stock", {"items": [{**LEVEL, "available": 5}]}) == ["/items/0/available"]
    assert told("available_stock", {**LEVEL, "onHand": 1, "available": 0}) == []
    assert told("available_stock", {"available": 5}) == []


@pytest.mark.parametrize(
    ("history", "status", "where"),
    [
        ([{"to": "NEW"}, {"from": "NEW", "to": "ACKNOWLEDGED"}], "ACKNOWLEDGED", []),
        ([{"to": "NEW"}, {"from": "NEW", "to": "SHIPPED"}], "SHIPPED", ["/history/1"]),
        ([{"to": "NEW"}], "ACKNOWLEDGED", ["/history"]),
        ([], "NEW", []),
        ([{"to": "NEW"}], "OTHER", []),
    ],
)
def test_a_history_goes_by_its_life_cycle(history: Any, status: str, where: list[str]) -> None:
    assert told("legal_history", {"orderId": "ord_1", "status": status, "history": history}) == where


def test_the_history_of_a_return_is_not_that_of_its_order() -> None:
    said = {"orderId": "ord_1", "returnId": "ret_1", "status": "AUTHORISED", "history": [{"to": "AUTHORISED"}]}
    assert told("legal_history", said) == []


def test_a_page_holds_what_was_asked_for_once_each() -> None:
    items = [{"orderId": "ord_1"}, {"orderId": "ord_2"}]
    assert told("page_size", {"items": items}, "listOrders", query="limit=2") == []
    assert told("page_size", {"items": items}, "listOrders", query="limit=1") == ["/items"]
    assert told("page_size", {"items": items * 30}, "listOrders") == ["/items"]
    assert told("page_items_once", {"items": items}, "listOrders") == []
    assert told("page_items_once", {"items": [*items, items[0]]}, "listOrders") == ["/items"]
    assert told("page_items_once", {"items": [1, 1]}, "listOrders") == []
    assert told("page_items_once", {"items": items * 2}, "listDeliveries") == []
    assert told("page_size", [], "listOrders") == []
    assert told("page_size", {"items": 1}, "listOrders") == []


@pytest.mark.parametrize(
    ("query", "item", "where"),
    [
        ("status=NEW", {"status": "NEW"}, []),
        ("status=NEW", {"status": "SHIPPED"}, ["/items/0/status"]),
        ("updatedAfter=2026-11-27T10:00:00-05:00", {"updatedAt": "2026-11-27T15:00:00.000Z"}, []),
        ("updatedAfter=2026-11-27T15:00:00Z", {"updatedAt": "2026-11-27T14:59:59.999Z"}, ["/items/0/updatedAt"]),
        ("updatedBefore=2026-11-27T15:00:00Z", {"updatedAt": "2026-11-27T15:00:00.000Z"}, ["/items/0/updatedAt"]),
        ("createdBefore=2026-11-27T15:00:00Z", {"placedAt": "2026-11-27T14:00:00.000Z"}, []),
        ("createdAfter=yesterday", {"placedAt": "2026-11-27T14:00:00.000Z"}, []),
        ("createdAfter=2026-11-27", {"placedAt": "2026-11-27T14:00:00.000Z"}, []),
    ],
)
def test_a_page_has_only_what_its_filters_let_through(query: str, item: Any, where: list[str]) -> None:
    assert told("page_filters", {"items": [item]}, "listOrders", query=query) == where
    assert told("page_filters", {"items": [item]}, "listOrders", status=404, query=query) == []
