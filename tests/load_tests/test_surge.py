"""How a surge finds its answer, without a client."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from load_tests.surge.calls import Calls, explanations, read_calls
from load_tests.surge.orders import NEVER, Handled, backlog, handled, quantiles
from load_tests.surge.page import page_of
from load_tests.surge.search import Search
from load_tests.surge.stock import Stock, Watch, over_time
from load_tests.surge.trial import Trial
from load_tests.world import Audit

START = datetime(2026, 11, 27, 15, tzinfo=UTC)


def tried(search: Search, limit: float) -> list[float]:
    rates = []
    while (rate := search.next_rate()) is not None:
        rates.append(rate)
        search.tell(kept=rate <= limit)
    return rates


@pytest.mark.parametrize("limit", [1.5, 7, 30, 31, 100, 900])
def test_the_rate_is_found_to_a_tenth_from_wherever_the_search_begins(limit: float) -> None:
    search = Search(30)
    rates = tried(search, limit)
    assert search.sustained <= limit
    assert search.too_much is not None
    assert limit < search.too_much <= max(search.sustained * 1.1, search.sustained + 1)
    assert len(rates) < 14


def test_a_client_that_sustains_nothing_sustains_nothing() -> None:
    search = Search(30, lowest=5)
    assert tried(search, 0) == [30, 15, 7.5, 5]
    assert search.sustained == 0


def test_no_rate_above_the_highest_is_tried() -> None:
    search = Search(30, highest=100)
    assert tried(search, 1e9) == [30, 60, 100]
    assert search.sustained == 100


def order(placed: float, *steps: tuple[float, str], late: bool = False, **members: Any) -> Handled:
    def at(seconds: float) -> str:
        return (START + timedelta(seconds=seconds)).isoformat()

    history = [{"at": at(placed), "to": "NEW"}, *({"at": at(second), "to": to} for second, to in steps)]
    return handled({"placedAt": at(placed), "history": history, "late": late, **members}, START)


def test_an_order_s_history_says_how_long_it_waited() -> None:
    assert order(10, (15, "ACKNOWLEDGED"), (30, "SHIPPED"), (99, "DELIVERED")) == Handled(10, 5, 20, late=False)
    assert order(10, (15, "ACKNOWLEDGED")) == Handled(10, 5, NEVER, late=False)
    assert order(10) == Handled(10, NEVER, NEVER, late=False)


def test_a_broken_deadline_is_late_whoever_noticed() -> None:
    assert order(1, late=True).late
    assert order(1, (2, "CANCELLED"), cancellation={"by": "MARKETPLACE"}).late
    assert not order(1, (2, "CANCELLED"), cancellation={"by": "SELLER"}).late


def test_the_backlog_is_what_has_come_and_is_not_done() -> None:
    waiting = backlog([Handled(0, 1, 50, late=False), Handled(20, 1, NEVER, late=False)], 99)
    assert [waiting[instant] for instant in (0, 19, 20, 49, 50, 99)] == [1, 1, 2, 2, 1, 1]


def test_what_never_came_has_no_quantile() -> None:
    assert quantiles([1, 2, 3, NEVER]) == {"p50": 3, "p95": None, "p99": None}
    assert quantiles([]) == {"p50": None, "p95": None, "p99": None}


def trial(orders: list[Handled], calls: Calls | None = None, stock: Stock | None = None, holds: bool = True) -> Trial:
    audit = Audit(1, 0.1, holds, [] if holds else ["5. One shipment"])
    stood = {0.0: Stock(10, 2, 0), 11.0: stock or Stock(10, 1, 0)}
    return Trial(60, 10, 1, 2.0, 5.0, orders, calls or Calls(), stood, audit)


def test_a_client_keeps_up_where_all_is_kept() -> None:
    one = trial([Handled(0, 5, 9.9, late=False)] * 3)
    assert (one.kept, one.peak_backlog) == (True, 3)
    assert one.report()["shippedSeconds"]["p50"] == 4.95
    assert one.report()["shippedVirtualSeconds"]["p50"] == 9.9


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (trial([Handled(0, 5, 11, late=False)]), "1 of 1 orders were not done within 5 s, 0 of them not at all"),
        (trial([Handled(0, 5, 9, late=True)]), "1 orders broke the contract's own deadlines"),
        (trial([], stock=Stock(10, 0, 3)), "3 units were promised that no store had"),
        (trial([], holds=False), "the audit: 5. One shipment"),
    ],
)
def test_each_promise_can_be_broken(changed: Trial, complaint: str) -> None:
    assert changed.broken == [complaint]


def test_units_that_were_oversold_for_a_while_count_though_they_are_there_in_the_end() -> None:
    one = trial([])
    shortly = replace(one, stock={0.0: Stock(10, 0, 0), 5.0: Stock(10, 4, 3), 11.0: Stock(10, 0, 0)})
    report = shortly.report()
    assert (shortly.kept, report["oversoldUnits"], report["staleLevels"]) == (False, 3, 0)
    assert [report["oversold"][instant] for instant in (0, 44, 45, 98, 99)] == [0, 0, 3, 3, 0]
    assert [report["stale"][instant] for instant in (0, 44, 45, 98, 99)] == [0, 0, 4, 4, 0]


def test_stock_is_as_it_was_seen_last() -> None:
    stood = over_time({0.5: Stock(1, 0, 0), 50.0: Stock(1, 1, 0)}, 99)
    assert [stood[instant].stale for instant in (0, 1, 49, 50, 99)] == [0, 0, 0, 1, 1]


def test_large_stock_is_looked_at_more_seldom_and_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count(step=0.1)
    monkeypatch.setattr("load_tests.surge.stock.monotonic", lambda: next(clock))
    watch = Watch(lambda: Stock(1, 0, 0))
    for second in range(8):
        watch.glance(second)
    watch.glance(8, last=True)
    assert list(watch.seen) == [0, 5, 8]


def calls(**numbers: int) -> Calls:
    made = Calls()
    for operation, number in numbers.items():
        for _ in range(number):
            made.note({"operationId": operation, "status": 200, "durationMs": 1.0})
    return made


def test_a_token_for_each_call_is_said_to_be_the_reason() -> None:
    first, *_ = explanations(calls(createToken=40, acknowledgeOrder=20, createShipment=20), 20, 10)
    assert first.startswith("It fetched 40 tokens for 40 other calls, where one an hour does")


def test_throttled_and_failed_calls_are_named_and_the_pace_always_is() -> None:
    made = calls(listOrders=10, createShipment=10)
    made.note({"operationId": "listOrders", "status": 429})
    made.note({"operationId": "createShipment", "status": 422})
    throttled, failed, pace = explanations(made, 5, 2)
    assert throttled == "listOrders was throttled 1 times of 11: the marketplace grants fewer calls."
    assert failed == "createShipment failed 1 times of 11."
    assert pace.startswith("It made 11.0 calls a second, 4.4 for each order; the marketplace worked on them 1%")
    assert explanations(Calls(), 5, 2) == ["It made no call."]


def test_only_the_client_s_calls_are_counted() -> None:
    entries = [
        {"clientId": "chain", "operationId": "listOrders", "status": 200},
        {"clientId": "reader", "operationId": "listOrders", "status": 200},
        {"operationId": "createToken", "status": 401},
        {"status": 404},
    ]
    made = read_calls((json.dumps(entry).encode() for entry in entries), "chain").made
    assert made == {"listOrders": 1, "createToken": 1, "nothing there is": 1}


def test_the_page_says_the_number_and_why() -> None:
    best, worse = trial([Handled(0, 5, 9, late=False)]), trial([Handled(0, 5, NEVER, late=False)])
    report = {
        "sustainedPerMinute": 60.0,
        "fellBehindPerMinute": 90.0,
        "why": ["It fetched <b>40</b> tokens."],
        "interrupted": False,
        "madeAt": "2026-11-27T15:00:00+00:00",
        "run": {
            "profile": "steady",
            "about": "The same.",
            "command": ["node", "client.js"],
            "fixture": "",
            "throttle": "default",
            "trialSeconds": 10.0,
            "withinSeconds": 5.0,
            "scale": 2.0,
            "seed": 1,
        },
        "trials": [dict(worse.report()) | {"perMinute": 90.0}, best.report()],
    }
    page = page_of(report)
    assert "This client sustains 60 orders a minute with its promises kept" in page
    assert "It fetched &lt;b&gt;40&lt;/b&gt; tokens." in page
    assert page.count("<svg") == 6
    assert page.index("At 60 orders a minute, the most") < page.index("At 90 orders a minute, where it fell")
    assert "node client.js" in page
