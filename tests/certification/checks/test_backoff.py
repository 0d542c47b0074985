"""Checks of waits, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.checks.backoff import (
    MOST_TRIES,
    backs_off,
    capped,
    exponential,
    honours_http_date,
    jitter,
)
from sandbox_server.certification.evidence import Call
from tests.certification.checks.seen import breaches, call, holds, seen

TOOK = 0.01
DATE = {"date": "Fri, 27 Nov 2026 12:00:00 GMT", "retry-after": "Fri, 27 Nov 2026 12:00:04 GMT"}


def tries(status: int, *gaps: float, **members: Any) -> list[Call]:
    """Return calls that failed, so many seconds apart, and one more that went well."""
    began = [0.0]
    for gap in gaps:
        began.append(began[-1] + TOOK + gap)
    failed = [call("listOrders", status=status, began=at, took=TOOK, **members) for at in began[:-1]]
    return [*failed, call("listOrders", began=began[-1], took=TOOK)]


@pytest.mark.parametrize(("waited", "is_long_enough"), [(4.0, True), (3.0, True), (2.9, False)])
def test_a_date_is_waited_for_but_for_the_second_that_it_is_rounded_to(waited: float, is_long_enough: bool) -> None:
    evidence = seen(*tries(503, waited, answer_headers=DATE))

    said = f"listOrders was called again after {waited:.2f} s; the date was 4 s away."
    assert breaches(honours_http_date, evidence) == ["" if is_long_enough else said]


@pytest.mark.parametrize("headers", [{}, {"retry-after": "2"}, {"retry-after": DATE["retry-after"]}, {"date": "x"}])
def test_nothing_is_said_of_dates_where_none_was_named(headers: dict[str, str]) -> None:
    assert breaches(honours_http_date, seen(*tries(503, 4.0, answer_headers=headers))) == []
    assert breaches(honours_http_date, seen(call("listOrders", status=503, answer_headers=DATE))) == []


@pytest.mark.parametrize(
    ("gaps", "breach"),
    [
        ((1.0, 2.0, 4.0), ""),
        ((1.0, 0.97), ""),
        ((1.0, 0.9, 1.0), "listOrders was tried again after 0.90 s."),
        ((2.0, 1.5), "The waits were 2.00, 1.50 s: they shrank."),
    ],
)
def test_waits_after_a_429_are_long_and_do_not_shrink(gaps: tuple[float, ...], breach: str) -> None:
    assert breaches(backs_off, seen(*tries(429, *gaps))) == [breach]
    assert breaches(backs_off, seen(*tries(429, *gaps, answer_headers={"retry-after": "1"}))) == []


@pytest.mark.parametrize(
    ("gaps", "breach"),
    [
        ((0.25, 0.5, 1.0, 2.0), ""),
        ((0.68, 0.61, 2.23, 2.32, 4.4), ""),
        ((0.5, 0.5, 0.5), "The waits were 0.50, 0.50, 0.50 s: each 1.00 times the one before, in the mean."),
    ],
)
def test_waits_grow(gaps: tuple[float, ...], breach: str) -> None:
    assert breaches(exponential, seen(*tries(503, *gaps))) == [breach]
    assert breaches(exponential, seen(*tries(503, *gaps[:2]))) == []


def test_a_call_that_was_let_go_of_may_begin_anew() -> None:
    assert holds(exponential, seen(*tries(503, 0.25, 0.5, 1.0, 2.0, 1.0)))


def test_an_outage_is_met_with_few_calls_and_work_goes_on() -> None:
    assert holds(capped, seen(*tries(503, 1.0, 2.0, 4.0)))
    assert breaches(capped, seen(*tries(503, 1.0, 2.0, 4.0)[:-1])) == ["listOrders was not called any more."]
    assert breaches(capped, seen(*tries(503, *[0.1] * (MOST_TRIES + 1)))) == [
        f"listOrders was called {MOST_TRIES + 1} times in the outage."
    ]
    assert breaches(capped, seen(*tries(503, 1.0, 1.0))) == []


def failing(*gaps: float) -> list[Call]:
    """Return acknowledgements that each failed once, and came again after so many seconds."""
    calls = []
    for number, gap in enumerate(gaps):
        path, began = f"/v1/orders/ord_{number}/acknowledgements", number * 100.0
        calls.append(call("acknowledgeOrder", path, body={}, status=503, effect="error", began=began, took=TOOK))
        calls.append(call("acknowledgeOrder", path, body={}, began=began + TOOK + gap, took=TOOK))
    return calls


def test_waits_of_the_same_kind_differ() -> None:
    assert holds(jitter, seen(*failing(0.25, 0.28, 0.3, 0.26)))
    assert breaches(jitter, seen(*failing(0.25, 0.251, 0.25, 0.252))) == [
        "4 calls were each tried again after 0.25 s, give or take 0.2%."
    ]
    assert breaches(jitter, seen(*failing(0.25, 0.25, 0.25))) == []


def test_no_check_of_waits_is_passed_by_a_client_that_did_nothing() -> None:
    for check in (honours_http_date, backs_off, exponential, capped, jitter):
        assert breaches(check, seen()) == []
