"""The sale that one worker stands, with runs that are made up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from load_tests import locusts
from load_tests.benchmarks import sale
from load_tests.benchmarks.report import Section
from load_tests.running import Wishes

KEPT = {"verdict": "PASSED", "reasons": []}
BROKEN = {"verdict": "FAILED", "reasons": ["all: p99Ms is 2000, and is to be 1000 at the most"]}


class Scales:
    """A server that weighs more whenever it is asked."""

    port = 8080

    def __init__(self, weights: list[float]) -> None:
        self._weights = weights

    def megabytes(self) -> float:
        return self._weights.pop(0)


def sold(
    monkeypatch: pytest.MonkeyPatch, sustained: float, p99: float = 40, weights: tuple[float, ...] = (100, 110)
) -> tuple[Section, list[Wishes], list[str]]:
    """Have a server that sustains so many rounds a second; return what is found, what was run, and what was told."""
    ran: list[Wishes] = []
    told: list[str] = []

    @contextmanager
    def serving(*_: str) -> Iterator[Scales]:
        yield Scales([50, 50] * 20)

    def run(wishes: Wishes, hear: Callable[[Any], None], _: Callable[[str], None]) -> Any:
        ran.append(wishes)
        if wishes.duration_seconds == 300:
            monkeypatch.setattr(Scales, "megabytes", lambda _: left.pop(0))
        for second in (1.0, 60.0, 61.0):
            hear({"second": second})
        times = {"p50Ms": 2.0, "p99Ms": p99}
        facts = {"ranSeconds": 300, "generatorShortOfTime": False}
        verdict = KEPT if wishes.users * wishes.pace <= sustained else BROKEN
        return {**verdict, "run": facts, "total": {"calls": 60_000, "opened": times}, "audits": [1, 2]}

    left = list(weights)
    monkeypatch.setattr(sale, "running", serving)
    monkeypatch.setattr("load_tests.running.run", run)
    return sale.measure(told.append), ran, told


def test_the_sale_runs_at_the_highest_pace_that_short_trials_sustain(monkeypatch: pytest.MonkeyPatch) -> None:
    section, ran, told = sold(monkeypatch, sustained=310)
    runs = [(wishes.duration_seconds, round(wishes.users * wishes.pace)) for wishes in ran]
    assert runs == [(20, 100), (20, 200), (20, 400), (20, 283), (20, 336), (300, 283)]
    assert section.facts["callsPerSecond"] == 200
    assert told[:2] == ["peak_day is opened", "100 rounds a second: 1 of 20 s"]
    assert section.broken == []


def test_a_long_tail_memory_that_grows_and_broken_promises_of_the_run_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    section, ran, _ = sold(monkeypatch, sustained=0, p99=50, weights=(100, 120))
    assert ran[-1].users * ran[-1].pace == 6.25
    assert section.broken == [
        "peak_day, p99 of the open model ÷ p50: 25.00, 20.00 were promised",
        "peak_day, memory in the end ÷ after a minute: 1.20, 1.10 were promised",
        "peak_day: all: p99Ms is 2000, and is to be 1000 at the most",
    ]


def test_without_locust_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locusts, "find_spec", lambda _: None)
    section = sale.measure(lambda _: None)
    assert "acorn-sandbox[load]" in section.rows[0][0]
    assert section.facts == {}
