"""Clients that make several calls at a time, and follow what has no end, are judged fairly."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox_server.certification.checks.auth import refreshes_on_expiry, survives_revocation
from sandbox_server.certification.checks.pages import reads_to_the_end
from sandbox_server.certification.evidence import Call, Evidence

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def call(number: int, operation: str, status: int = 200, at: tuple[float, float] = (0, 0), **answer: Any) -> Call:
    path, method = ("/v1/oauth/token", "POST") if operation == "createToken" else (f"/v1/{operation}", "GET")
    return Call(
        number=number,
        operation=operation,
        method=method,
        path=path,
        query={},
        status=status,
        began=at[0],
        ended=at[1],
        at=NOON,
        headers={},
        text="",
        body=None,
        answer_headers={},
        answer=answer,
        fault=None,
        effect=None,
        credential="client",
        replayed=False,
        verdict="ANSWERED",
        errors=(),
        changes=(),
        peer="",
    )


def expired(number: int, operation: str, at: tuple[float, float]) -> Call:
    return call(number, operation, 401, at, code="TOKEN_EXPIRED")


def breaches(check: Any, *calls: Call) -> list[str]:
    return [occasion.breach for occasion in check.occasions(Evidence("a-day", "client", calls))]


def test_two_calls_that_are_refused_at_a_time_need_one_new_token_between_them() -> None:
    first, second = expired(1, "listOrders", (0, 1)), expired(2, "listReturns", (0.5, 2))
    token = call(3, "createToken", at=(1.1, 1.9))
    again = call(4, "listOrders", at=(2, 3)), call(5, "listReturns", at=(2.1, 3))
    assert breaches(refreshes_on_expiry, first, second, token, *again) == ["", ""]


def test_the_body_of_a_call_that_was_turned_away_need_not_have_been_read() -> None:
    headers = {"idempotency-key": "ord_1/ship"}
    unread = replace(expired(1, "createShipment", (0, 1)), headers=headers)
    again = replace(call(3, "createShipment", at=(2, 3)), headers=headers, text='{"orderId":"ord_1"}')
    token = call(2, "createToken", at=(1, 2))
    assert breaches(refreshes_on_expiry, unread, token, again) == [""]
    assert breaches(refreshes_on_expiry, unread, token, replace(again, headers={})) == ["The call was not made again."]


@pytest.mark.parametrize(
    ("tokens", "breach"),
    [
        ([call(1, "createToken", at=(0, 1))], "The call was made again without a new token."),
        (
            [call(3, "createToken", at=(4, 5)), call(4, "createToken", at=(5, 6))],
            "2 tokens were asked for before the call was made again.",
        ),
    ],
)
def test_no_token_after_the_refusal_and_more_than_one_are_wrong(tokens: list[Call], breach: str) -> None:
    again = call(9, "listOrders", at=(7, 8))
    assert breaches(refreshes_on_expiry, *tokens, expired(2, "listOrders", (2, 3)), again) == [breach]


def test_calls_that_are_refused_together_need_one_new_token_after_a_revocation() -> None:
    refused = [call(number, "listOrders", 401, (0.1 * number, 1), code="TOKEN_REVOKED") for number in (1, 2, 3)]
    token, late = call(4, "createToken", at=(1, 2)), call(5, "listReturns", 401, (1.5, 3), code="TOKEN_REVOKED")
    again = call(9, "listOrders", at=(4, 5))
    assert breaches(survives_revocation, *refused, token, late, again) == [""]
    more = call(6, "createToken", at=(3, 4))
    assert breaches(survives_revocation, *refused, token, late, more, again) == [
        "2 tokens were asked for after one was revoked, instead of one."
    ]


def test_a_feed_without_an_end_is_not_left_too_soon_and_a_list_is() -> None:
    others = [call(number, "getOrder") for number in range(2, 20)]
    assert breaches(reads_to_the_end, call(1, "listEvents", items=[{}], nextCursor="c"), *others) == []
    assert breaches(reads_to_the_end, call(1, "listOrders", items=[{}], nextCursor="c"), *others) == [
        "listOrders was left after a page that had a next one."
    ]
