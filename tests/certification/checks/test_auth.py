"""Checks of credentials, over evidence made by hand."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox_server.certification.checks.auth import (
    refreshes_before_expiry,
    refreshes_on_expiry,
    reuses_token,
    secret_only_in_header,
    single_flight_refresh,
    stops_on_bad_credentials,
    survives_revocation,
)
from sandbox_server.certification.evidence import Call
from sandbox_server.certification.leaks import leaks_in
from sandbox_server.traffic.redaction import MARK
from tests.certification.checks.seen import breaches, call, holds, seen

TOKEN = call("createToken", "/v1/oauth/token", body={})
LIST = call("listOrders")


def refused(code: str, began: float = 0) -> Call:
    return call("listOrders", status=401, answer=code, began=began)


def test_a_token_for_many_calls_is_right_and_one_for_each_is_not() -> None:
    assert holds(reuses_token, seen(TOKEN, *[LIST] * 50))
    assert breaches(reuses_token, seen(TOKEN, TOKEN, TOKEN, *[LIST] * 50)) == [
        "3 tokens were asked for 50 calls, within the life of one."
    ]
    assert breaches(reuses_token, seen(TOKEN, LIST)) == []


@pytest.mark.parametrize(
    ("later", "breach"),
    [
        ([TOKEN, LIST], ""),
        ([], "The call was not made again."),
        ([LIST], "The call was made again without a new token."),
        ([TOKEN, TOKEN, LIST], "2 tokens were asked for before the call was made again."),
        ([TOKEN, call("listOrders", status=500)], "The same call was answered with 500 again."),
    ],
)
def test_a_call_is_made_again_with_one_new_token_after_the_old_one_has_ended(later: list[Call], breach: str) -> None:
    assert breaches(refreshes_on_expiry, seen(refused("TOKEN_EXPIRED"), *later)) == [breach]


def test_no_token_has_ended_where_none_was_refused() -> None:
    assert breaches(refreshes_on_expiry, seen(TOKEN, LIST, refused("TOKEN_REVOKED"))) == []
    assert breaches(refreshes_on_expiry, seen(call("listOrders", status=401, answer=[]))) == []


@pytest.mark.parametrize(
    ("later", "breach"),
    [
        ([TOKEN, LIST], ""),
        ([], "0 tokens were asked for after one was revoked, instead of one."),
        ([TOKEN, TOKEN, LIST], "2 tokens were asked for after one was revoked, instead of one."),
        ([TOKEN], "No call went well after it."),
        ([TOKEN, LIST, refused("TOKEN_EXPIRED", 1), TOKEN, LIST], ""),
    ],
)
def test_one_new_token_is_asked_for_after_one_was_revoked(later: list[Call], breach: str) -> None:
    assert breaches(survives_revocation, seen(TOKEN, LIST, refused("TOKEN_REVOKED"), *later)) == [breach]
    assert breaches(survives_revocation, seen(TOKEN, LIST)) == []


def test_a_secret_that_is_refused_is_sent_three_times_at_the_most() -> None:
    no = call("createToken", status=401)

    assert holds(stops_on_bad_credentials, seen(no, no, no))
    assert breaches(stops_on_bad_credentials, seen(no, no, no, no)) == [
        "The same secret was sent 4 times after it was refused; 3 are enough."
    ]
    assert breaches(stops_on_bad_credentials, seen(TOKEN)) == []


@pytest.mark.parametrize(
    "shown",
    [
        call("listOrders", query={"access_token": MARK}),
        call("listOrders", f"/v1/orders/{MARK}"),
        call("postInvoice", body={"number": MARK}),
        call("createToken", query={"client_secret": MARK}),
    ],
)
def test_a_secret_in_an_address_or_a_body_is_wrong(shown: Call) -> None:
    assert breaches(secret_only_in_header, seen(LIST, shown)) == [
        "",
        f"A secret stands in what {shown.operation} was sent.",
    ]


def test_a_secret_is_right_in_a_header_and_in_the_token_requests_body() -> None:
    assert holds(secret_only_in_header, seen(LIST, call("createToken", body={"client_secret": MARK})))
    assert breaches(secret_only_in_header, seen(call("health", headers={}))) == []


def test_a_secret_that_was_found_in_the_journal_is_wrong_under_whatever_name() -> None:
    assert breaches(secret_only_in_header, seen(LIST, LIST, leaks=frozenset({2}))) == [
        "",
        "A secret stands in what listOrders was sent.",
    ]


def test_secrets_are_found_in_addresses_and_bodies_but_the_token_requests() -> None:
    journal = [
        b'{"number":1,"operationId":"createToken","path":"/v1/oauth/token","request":{"body":"a=top%2Fsecret"}}',
        b'{"number":2,"operationId":"createToken","path":"/v1/oauth/token?a=top%2Fsecret","request":{}}',
        b'{"number":3,"operationId":"postInvoice","path":"/v1/invoices","request":{"body":"{\\"number\\":\\"top/secret\\"}"}}',
        b'{"number":4,"path":"/v1/orders","request":{"body":"key"}}',
    ]

    assert list(leaks_in(journal, ["top/secret", "another"])) == [2, 3]


def token(at: float, **members: Any) -> Call:
    return call("createToken", "/v1/oauth/token", at=at, body={}, answer={"expires_in": 3600}, **members)


def test_a_token_is_renewed_before_it_ends() -> None:
    assert holds(refreshes_before_expiry, seen(token(0), token(48), call("listOrders", at=61)))
    assert breaches(refreshes_before_expiry, seen(token(0), call("listOrders", at=59))) == []


def test_a_call_with_a_token_that_had_ended_is_wrong_unless_the_sandbox_ended_it() -> None:
    ended = call("listOrders", at=61, status=401, answer="TOKEN_EXPIRED")
    before = [token(0), call("listOrders", at=55), call("listOrders", at=58)]

    assert breaches(refreshes_before_expiry, seen(*before, ended, token(61))) == [
        "listOrders was refused: its token had ended."
    ]
    assert breaches(refreshes_before_expiry, seen(*before, replace(ended, fault="it"), token(61))) == []
    assert breaches(refreshes_before_expiry, seen(*before[:2], ended, token(61))) == [], "it was held up"


def test_a_new_token_is_asked_for_by_one_worker() -> None:
    first = token(0, began=0)

    assert holds(single_flight_refresh, seen(first, token(48, began=9), token(48, began=9.5)))
    assert breaches(
        single_flight_refresh, seen(first, *(token(48, began=9 + part) for part in (0, 0.9, 1.8)), token(96, began=20))
    ) == ["3 tokens were asked for in the same moment.", ""]
    assert breaches(single_flight_refresh, seen(first, first, first)) == []
