"""Checks of what is tried again, over evidence made by hand."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox_server.certification.checks.retry import (
    html_is_not_empty,
    key_conflict,
    lost_response,
    new_key_per_intent,
    not_on_4xx,
    slow_is_not_lost,
)
from sandbox_server.certification.evidence import Call
from tests.certification.checks.seen import breaches, call, holds, seen

CHANGE = {"table": "orders", "key": "ord_1", "before": "a", "after": "b"}


def write(key: str | None = "k1", operation: str = "acknowledgeOrder", **members: Any) -> Call:
    headers = {} if key is None else {"idempotency-key": key}
    return call(operation, members.pop("path", "/v1/orders/ord_1"), body={"lines": []}, headers=headers, **members)


LOST = write(status=0, effect="lostResponse", changes=(CHANGE,))


def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice() -> None:
    assert holds(lost_response, seen(LOST, write(replayed=True)))
    assert breaches(lost_response, seen(LOST)) == ["acknowledgeOrder got no answer, and was never sent again."]
    assert breaches(lost_response, seen(LOST, write("k2", changes=(CHANGE,)))) == [
        "acknowledgeOrder was done a second time."
    ]
    assert breaches(lost_response, seen(write(), write(status=0, effect="fault"))) == []


def test_each_refund_has_a_key_of_its_own() -> None:
    first = write("k1", "refundReturn", path="/v1/returns/ret_1/refunds")
    second = write("k2", "refundReturn", path="/v1/returns/ret_2/refunds")
    same = replace(second, headers=first.headers)

    assert holds(new_key_per_intent, seen(first, second))
    assert breaches(new_key_per_intent, seen(first, same)) == [
        "/v1/returns/ret_2/refunds and /v1/returns/ret_1/refunds had the same key."
    ]
    assert breaches(new_key_per_intent, seen(first, first)) == []


CONFLICT = write(status=422, effect="error", answer="IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize(
    ("later", "breach"),
    [
        ([], ""),
        ([write("k2")], ""),
        ([write()], "acknowledgeOrder was sent again with the same key."),
    ],
)
def test_a_conflict_of_keys_is_not_repeated(later: list[Call], breach: str) -> None:
    assert breaches(key_conflict, seen(CONFLICT, *later)) == [breach]
    assert breaches(not_on_4xx, seen(CONFLICT, *later)) == []


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_no_is_not_asked_again(status: int) -> None:
    refused = write(status=status, effect="error", answer="NO")

    assert holds(not_on_4xx, seen(refused, write(path="/v1/orders/ord_2")))
    assert holds(not_on_4xx, seen(refused, replace(write(), text="another")))
    assert breaches(not_on_4xx, seen(refused, write())) == [
        f"acknowledgeOrder was answered with {status}, and sent again."
    ]
    assert breaches(not_on_4xx, seen(replace(refused, status=503))) == []


def test_a_slow_call_is_waited_for_or_sent_again_with_its_key() -> None:
    slow = write(effect="delay", took=20)

    assert holds(slow_is_not_lost, seen(slow))
    assert holds(slow_is_not_lost, seen(slow, write()))
    assert breaches(slow_is_not_lost, seen(slow, write("k2"))) == [
        "acknowledgeOrder was sent again with another key while it was being done."
    ]
    assert breaches(slow_is_not_lost, seen(call("listOrders", effect="delay"))) == []


def poll(since: str, **members: Any) -> Call:
    return call("listOrders", query={"updatedAfter": since}, **members)


def test_orders_that_a_page_of_html_hid_are_asked_for_again() -> None:
    html = poll("2026-11-27T12:00:00Z", answer_headers={"content-type": "text/html"})

    assert holds(html_is_not_empty, seen(html, poll("2026-11-27T12:00:00Z")))
    assert breaches(html_is_not_empty, seen(html, poll("2026-11-27T12:05:00Z"))) == [
        "The next poll began after what was asked for."
    ]
    assert breaches(html_is_not_empty, seen(html)) == ["Orders were not asked for any more."]
    assert breaches(html_is_not_empty, seen(poll("2026-11-27T12:00:00Z"))) == []
