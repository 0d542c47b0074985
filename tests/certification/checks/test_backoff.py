"""Checks of waits, over evidence made by hand."""

from math import comb
from typing import Any

import pytest

from sandbox_server.certification.checks.backoff import (
    ENOUGH_WAITS,
    LEAST_SPREAD,
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
        ((5.0, 2.1, 4.2), ""),
        ((5.0, 4.5, 4.2), ""),
        ((1.0, 0.9, 1.0), "listOrders was tried again after 0.90 s."),
        ((4.0, 4.0, 1.5), "The waits were 4.00, 4.00, 1.50 s: they shrank."),
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
        ((0.5, 0.5, 0.5), "The waits were 0.50, 0.50, 0.50 s: of 2 steps only 0 grew by half."),
        ((0.25, 3.0, 2.0, 3.9, 4.0), ""),
        (
            (1.5, 1.8, 1.6, 3.1, 1.7, 1.5),
            "The waits were 1.50, 1.80, 1.60, 3.10, 1.70, 1.50 s: of 5 steps only 1 grew by half.",
        ),
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


def test_more_calls_are_allowed_in_an_outage_that_lasts_longer() -> None:
    longer = 600.0 / MOST_TRIES
    assert holds(capped, seen(*tries(503, *[longer] * (MOST_TRIES + 1))))


def test_a_client_that_had_no_time_to_come_back_is_not_blamed_for_it() -> None:
    lost = seen(*tries(503, 1.0, 2.0, 4.0)[:-1], ends=1, scale=60)
    (occasion,) = capped.occasions(lost)

    assert occasion.is_doubtful


def failing(*gaps: float) -> list[Call]:
    """Return acknowledgements that each failed once, and came again after so many seconds."""
    calls = []
    for number, gap in enumerate(gaps):
        path, began = f"/v1/orders/ord_{number}/acknowledgements", number * 100.0
        calls.append(call("acknowledgeOrder", path, body={}, status=503, effect="error", began=began, took=TOOK))
        calls.append(call("acknowledgeOrder", path, body={}, began=began + TOOK + gap, took=TOOK))
    return calls


def test_waits_of_the_same_kind_differ() -> None:
    assert holds(jitter, seen(*failing(0.25, 0.28, 0.3, 0.26, 0.27, 0.29, 0.25, 0.26)))
    assert breaches(jitter, seen(*failing(*[0.25, 0.251] * (ENOUGH_WAITS // 2)))) == [
        "8 calls were each tried again after 0.25 s, give or take 0.2%."
    ]
    assert breaches(jitter, seen(*failing(*[0.25] * (ENOUGH_WAITS - 1)))) == []


def test_chance_alone_hardly_ever_makes_waits_too_much_alike() -> None:
    orders, failing_part, spread = 32, 0.4, 0.25
    part = LEAST_SPREAD * (1 + spread / 2) / spread

    def all_alike(waits: int) -> float:
        """The odds that of so many waits, spread evenly, all but the longest quarter lie that close together."""
        counted = waits - waits // 4
        return sum(binomial(waits, number, part) for number in range(counted - 1, waits + 1))

    odds = sum(binomial(orders, waits, failing_part) * all_alike(waits) for waits in range(ENOUGH_WAITS, orders + 1))

    assert odds == pytest.approx(1 / 28_000, rel=0.05)


def binomial(of: int, number: int, odds: float) -> float:
    return float(comb(of, number) * odds**number * (1 - odds) ** (of - number))


def test_no_check_of_waits_is_passed_by_a_client_that_did_nothing() -> None:
    for check in (honours_http_date, backs_off, exponential, capped, jitter):
        assert breaches(check, seen()) == []
