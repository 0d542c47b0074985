"""Checks of lists, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.check import Check
from sandbox_server.certification.checks.pages import (
    cursor_opaque,
    reads_to_the_end,
    sees_inserts,
    tolerates_empty_page,
)
from sandbox_server.certification.evidence import Call
from tests.certification.checks.seen import breaches, call, holds, placed, seen

OTHER = call("getOrder", "/v1/orders/ord_1")


def page(to: str | None, *orders: str, cursor: str | None = None, at: float = 0, **query: str) -> Call:
    answer: dict[str, Any] = {"items": [{"orderId": order} for order in orders]}
    query |= {} if cursor is None else {"cursor": cursor}
    return call("listOrders", answer=answer | ({} if to is None else {"nextCursor": to}), query=query, at=at)


FULL, BLANK, LAST = page("a", "ord_1"), page("a"), page(None, cursor="a")
KINDS = pytest.mark.parametrize(
    ("check", "first", "what"), [(reads_to_the_end, FULL, "a page"), (tolerates_empty_page, BLANK, "a page of none")]
)


@KINDS
def test_a_page_with_a_cursor_leads_to_the_next_one(check: Check, first: Call, what: str) -> None:
    assert holds(check, seen(first, *[OTHER] * 20, LAST))
    assert breaches(check, seen(first, *[OTHER] * 11)) == [f"listOrders was left after {what} that had a next one."]
    assert breaches(check, seen(first, *[OTHER] * 10)) == []


@KINDS
def test_the_next_page_is_one_of_the_same_list(check: Check, first: Call, what: str) -> None:
    of_another = page(None, cursor="a", status="NEW")

    assert breaches(check, seen(first, of_another, *[OTHER] * 10)) == [
        f"listOrders was left after {what} that had a next one."
    ]


@KINDS
def test_the_cursor_of_another_page_leads_to_another_page(check: Check, first: Call, what: str) -> None:
    again, second = page("b"), page(None, cursor="b")

    assert breaches(check, seen(first, again, second, *[OTHER] * 10))[0] == (
        f"listOrders was left after {what} that had a next one."
    )
    assert holds(check, seen(first, page(None, cursor="trimmed")))


def test_each_of_the_two_judges_its_own_pages() -> None:
    assert breaches(reads_to_the_end, seen(BLANK, LAST)) == []
    assert breaches(tolerates_empty_page, seen(FULL, LAST)) == []
    assert breaches(reads_to_the_end, seen(LAST, call("listOrders", status=503, answer={"nextCursor": "a"}))) == []


def test_the_feed_of_events_has_no_end_to_be_read_to() -> None:
    events = [call("listEvents", "/v1/events", answer={"items": [], "nextCursor": "a"})] * 20

    assert breaches(tolerates_empty_page, seen(*events)) == []


def test_a_cursor_is_sent_as_it_was_given() -> None:
    assert holds(cursor_opaque, seen(page("a=="), page(None, cursor="a==")))
    assert breaches(cursor_opaque, seen(page("a=="), page(None, cursor="a"))) == [
        "listOrders was asked for a cursor that it had not given: 'a'."
    ]


def test_a_cursor_that_is_older_than_what_was_seen_says_nothing() -> None:
    assert breaches(cursor_opaque, seen(page(None, cursor="a"), page("b"))) == []


BETWEEN = (placed({"orderId": "ord_2"}, at=1),)
WALK = [page("a", "ord_1", at=0), page(None, cursor="a", at=2)]
POLL = page(None, at=3)


def answer(order: str) -> Call:
    return call("acknowledgeOrder", f"/v1/orders/{order}/acknowledgements", body={}, at=4)


def test_an_order_that_came_while_a_list_was_read_is_answered() -> None:
    assert holds(sees_inserts, seen(*WALK, POLL, answer("ord_2"), acts=BETWEEN))
    assert breaches(sees_inserts, seen(*WALK, answer("ord_1"), POLL, POLL, POLL, acts=BETWEEN)) == [
        "ord_2 came between the first page and the last one, and was never acted on."
    ]
    assert breaches(sees_inserts, seen(*WALK, POLL, acts=BETWEEN)) == []


def test_an_order_that_came_before_or_after_or_to_a_list_left_unread_says_nothing() -> None:
    polls = [POLL, POLL, POLL]

    assert breaches(sees_inserts, seen(*WALK, *polls, acts=(placed({"orderId": "ord_2"}, at=0),))) == []
    assert breaches(sees_inserts, seen(*WALK, *polls, acts=(placed({"orderId": "ord_2"}, at=2),))) == []
    assert breaches(sees_inserts, seen(WALK[0], *polls, acts=BETWEEN)) == []
    assert breaches(sees_inserts, seen(WALK[0], call("listOrders", status=503, at=2), *polls, acts=BETWEEN)) == []
