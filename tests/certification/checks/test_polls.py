"""Checks of polling, over evidence made by hand."""

from dataclasses import replace

from sandbox_server.certification.checks.polls import boundary, not_busy, uses_watermark
from sandbox_server.certification.evidence import Call
from tests.certification.checks.seen import breaches, call, holds, minute, placed, seen, text


def poll(after: float | None = None, status: str | None = None) -> Call:
    query = {} if after is None else {"updatedAfter": text(minute(after))}
    return call("listOrders", query=query | ({"status": status} if status else {}))


def test_a_watermark_moves_on() -> None:
    first = [poll(status="NEW"), poll(status="ACKNOWLEDGED")]

    assert holds(uses_watermark, seen(*first, poll(1), poll(1), poll(3)))
    assert breaches(uses_watermark, seen(poll(1), poll(1), poll(1))) == ["updatedAfter stays at 12:01:00."]
    assert breaches(uses_watermark, seen(poll(1), poll(3), poll(2))) == [
        "updatedAfter went back, from 12:03:00 to 12:02:00."
    ]


def test_reading_again_what_was_read_is_put_up_with_twice() -> None:
    marked = [poll(1), poll(2), poll(3)]

    assert holds(uses_watermark, seen(poll(), poll(), poll(), *marked))
    assert breaches(uses_watermark, seen(poll(), poll(), poll(), poll(), *marked)) == [
        "3 of 7 polls read again what they had read.",
        "",
    ]


def test_pages_and_refusals_are_no_polls() -> None:
    page = call("listOrders", query={"cursor": "c"})
    refused = call("listOrders", status=429)

    assert breaches(uses_watermark, seen(poll(), *[page] * 5, *[refused] * 5, poll(1), poll(2))) == []


TOGETHER = (placed({"orderId": "ord_1"}, {"orderId": "ord_2"}), placed({"orderId": "ord_3"}, at=1))


def page(*orders: str, effect: str | None = "missingItems") -> Call:
    return call("listOrders", answer={"items": [{"orderId": one} for one in orders]}, effect=effect)


def answer(order: str) -> Call:
    return call("acknowledgeOrder", f"/v1/orders/{order}/acknowledgements", body={})


def test_an_order_that_was_missing_from_a_page_is_handled_later() -> None:
    assert holds(boundary, seen(page("ord_1"), answer("ord_1"), answer("ord_2"), acts=TOGETHER))
    assert breaches(boundary, seen(page("ord_1"), answer("ord_1"), acts=TOGETHER)) == [
        "ord_2 was missing from this page, and was never handled though it was there afterwards."
    ]


def test_no_order_is_late_that_was_seen_before_or_with_the_others_of_its_instant() -> None:
    assert breaches(boundary, seen(page("ord_1", "ord_2"), acts=TOGETHER)) == []
    assert breaches(boundary, seen(page("ord_3"), acts=TOGETHER)) == []
    assert breaches(boundary, seen(page("ord_1", "ord_2", effect=None), page("ord_2"), acts=TOGETHER)) == []
    assert breaches(boundary, seen(page("ord_1", effect=None), acts=TOGETHER)) == []
    assert breaches(boundary, seen(call("listOrders", status=503, effect="missingItems"), acts=TOGETHER)) == []


def test_a_client_rests_while_nothing_happens() -> None:
    before = [call("listOrders", at=4)] * 200
    idle = [call("listOrders", at=6)] * 100

    assert holds(not_busy, seen(*before, *idle, ends=10, acts=(placed(at=4),)))
    assert breaches(not_busy, seen(*idle, idle[0], ends=10)) == [
        "101 calls in 5 virtual minutes in which nothing happened; 100 are enough."
    ]


def test_nobody_is_busy_where_something_happened_or_nothing_was_called() -> None:
    busy = [call("listOrders", at=6)] * 101

    assert breaches(not_busy, seen(*busy, ends=10, acts=(placed(at=6),))) == []
    assert breaches(not_busy, seen(*busy, ends=12)) == []
    assert breaches(not_busy, replace(seen(*busy, ends=10), ended_at=None)) == []
