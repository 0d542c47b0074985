from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from load_tests.benchmarks import durability
from load_tests.benchmarks.processes import Tell
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import Sample

LITTLE = {"seconds": 1.0, "worldSeconds": 0.01, "orders": 100}
GREAT = {"seconds": 5.0, "worldSeconds": 0.125, "orders": 1000}


def section(put: float = 600, great: Mapping[str, float] = GREAT) -> Section:
    """Return what is found where memory answers a thousand calls a second."""
    paces = {"list 20 orders": 900, "put 10 stock lines": put}
    found = {
        name: {"memory": Sample(1000, 0.001, 0.002, 0.001), "SQLite": Sample(pace, 0.001, 0.002, 0.001)}
        for name, pace in paces.items()
    }
    return durability._section(found, {"little": LITTLE, "great": great})


def test_promises_that_are_just_kept_are_not_broken() -> None:
    found = section()
    assert found.broken == []
    assert found.facts["starts"]["growth"] == 1.25
    assert found.rows[-1] == ("start with great", "5.00 s", "125 µs an order", "", "")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (section(put=590), "put 10 stock lines: 0.59 of the pace in memory, 0.60 were promised"),
        (section(great=GREAT | {"seconds": 5.1}), "start with great: 5.1 s, 5 s were promised"),
        (section(great=GREAT | {"worldSeconds": 0.13}), "an order costs 1.30 times as much in great as in little"),
    ],
)
def test_a_promise_that_is_not_kept_is_named_with_its_figures(found: Section, sentence: str) -> None:
    assert found.broken == [sentence]


def test_memory_and_sqlite_answer_the_same_calls_and_worlds_are_kept_before_they_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def found(*words: str, tell: Tell = lambda _: None) -> Any:
        asked.append(words)
        tell("orders 500 of 1,000")
        return GREAT

    monkeypatch.setattr(durability, "probe", found)
    told: list[str] = []
    facts = durability.measure(told.append, 1, 0.05, ("little", "great"), tmp_path).facts
    assert set(facts["answers"]["put 10 stock lines"]) == {"ofMemory", "memory", "SQLite"}
    assert [words[:3] for words in asked] == [
        ("reopen", world, str(tmp_path)) for world in ("little", "little", "great", "great")
    ]
    assert told[:3] == ["answers", "little into a database", "little is made: orders 500 of 1,000"]
