from pathlib import Path

import pytest

from load_tests.benchmarks import footprint
from load_tests.benchmarks.processes import Tell

START = {"importSeconds": 0.5, "loadSeconds": 1.5, "readySeconds": 2.0, "megabytes": 700.0}
PAGES = {"p50Ms": 1.0, "p99Ms": 2.0, "collections": 3.0, "longestPauseMs": 4.0}


def finding(monkeypatch: pytest.MonkeyPatch, **other: float) -> list[tuple[str, ...]]:
    """Have every process find these facts at once; return what the processes are asked for."""
    asked: list[tuple[str, ...]] = []

    def found(kind: str, *arguments: str, tell: Tell = lambda _: None) -> dict[str, float]:
        asked.append((kind, *arguments))
        tell("orders 500 of 1,000")
        return {"start": START, "pages": PAGES}[kind] | other

    monkeypatch.setattr(footprint, "probe", found)
    return asked


def test_promises_that_are_just_kept_are_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch)
    assert footprint.measure(small="little", large="great").broken == []


@pytest.mark.parametrize(
    ("fact", "value", "sentence"),
    [
        ("readySeconds", 2.1, "little, ready to answer: 2.10 s, 2.00 s were promised"),
        ("loadSeconds", 5.1, "great, loaded from the cache: 5.10 s, 5.00 s were promised"),
        ("megabytes", 701, "great, resident memory: 701 MB, 700 MB were promised"),
    ],
)
def test_a_promise_that_is_not_kept_is_named_with_its_figures(
    monkeypatch: pytest.MonkeyPatch, fact: str, value: float, sentence: str
) -> None:
    finding(monkeypatch, **{fact: value})
    assert footprint.measure(small="little", large="great").broken == [sentence]


def test_pauses_are_seen_in_the_ratio_of_runs_with_the_collector_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(kind: str, *arguments: str, tell: Tell = lambda _: None) -> dict[str, float]:
        return START if kind == "start" else {**PAGES, "p99Ms": 3.0 if arguments[2] == "on" else 2.0}

    monkeypatch.setattr(footprint, "probe", found)
    section = footprint.measure(small="little", large="great")
    assert section.facts["large"]["p99Ratio"] == 1.5
    assert section.broken == ["great, p99 of a page, collector on ÷ off: 1.50, 1.25 were promised"]


def test_worlds_are_made_before_anything_is_measured_and_it_is_told_how_far_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = finding(monkeypatch)
    told: list[str] = []
    footprint.measure(told.append, "little", "great", tmp_path, calls=9, rounds=2)
    folder = str(tmp_path)
    starts = [("start", "little", folder), ("start", "great", folder)]
    pages = [("pages", "great", folder, "on", "9"), ("pages", "great", folder, "off", "9")]
    assert asked == [*starts, *starts, *pages, *pages]
    assert "great is made: orders 500 of 1,000" in told
