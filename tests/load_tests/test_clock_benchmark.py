from typing import Any

import pytest

from load_tests.benchmarks import clock

FACTS = {
    "advanceSeconds": 10.0,
    "advanceDone": 4595,
    "coreShare": 0.2,
    "arrivedPerSecond": 49.8,
    "lagSeconds": 1.0,
    "listsPerSecond": 900.0,
    "listP50Ms": 0.8,
    "listP99Ms": 4.0,
}


def test_a_server_tells_what_days_and_arrivals_take() -> None:
    told: list[str] = []
    section = clock.measure(told.append, "small_chain", days=2, seconds=0.3)
    assert set(section.facts) == {"world", *FACTS}
    assert section.facts["advanceDone"] > 0 < section.facts["arrivedPerSecond"]
    assert told == ["small_chain is opened", "2 days", "50 orders a second"]


def broken(**other: Any) -> list[str]:
    """What is broken where a server finds these facts."""
    return list(clock._section("great", FACTS | other).broken)


def test_promises_that_are_just_kept_are_not_broken() -> None:
    assert broken() == []


@pytest.mark.parametrize(
    ("fact", "value", "sentence"),
    [
        ("advanceSeconds", 10.1, "great, 30 days in one step: 10.10 s, 10.00 s were promised"),
        ("lagSeconds", 1.5, "great, 50 orders a second: behind: 1.50 s, 1.00 s were promised"),
    ],
)
def test_a_promise_that_is_not_kept_is_named_with_its_figures(fact: str, value: float, sentence: str) -> None:
    assert broken(**{fact: value}) == [sentence]
