from pathlib import Path

import pytest

from load_tests.benchmarks import tenants
from load_tests.benchmarks.processes import Tell

FOUND = {"coldMs": 1000.0, "tenantMs": 20.0, "forkMs": 100.0, "megabytesEach": 30.0}


def finding(monkeypatch: pytest.MonkeyPatch, **other: float) -> list[tuple[str, ...]]:
    """Have every process find these facts at once; return what the processes are asked for."""
    asked: list[tuple[str, ...]] = []

    def found(kind: str, *arguments: str, tell: Tell = lambda _: None) -> dict[str, float]:
        asked.append((kind, *arguments))
        tell("orders 500 of 1,000")
        return FOUND | other

    monkeypatch.setattr(tenants, "probe", found)
    return asked


def test_promises_that_are_just_kept_are_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch)
    section = tenants.measure(small="little", large="great")
    assert section.broken == []
    assert section.rows[:2] == [
        ("little, opened", "1000 ms", "1", ""),
        ("little, a new tenant", "20.00 ms", "0.0200", "20.00 ms"),
    ]


@pytest.mark.parametrize(
    ("fact", "value", "sentence"),
    [
        ("tenantMs", 20.1, "little, a new tenant: 20.10 ms, 20.00 ms were promised"),
        ("megabytesEach", 30.5, "little, an idle tenant: 30.50 megabytes, 30.00 megabytes were promised"),
        ("forkMs", 101, "great, a fork: 101.00 ms, 100.00 ms were promised"),
    ],
)
def test_a_promise_that_is_not_kept_is_named_with_its_figures(
    monkeypatch: pytest.MonkeyPatch, fact: str, value: float, sentence: str
) -> None:
    finding(monkeypatch, **{fact: value})
    assert tenants.measure(small="little", large="great").broken == [sentence]


def test_worlds_are_made_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked, told = finding(monkeypatch), list[str]()
    tenants.measure(told.append, small="little", large="great", data_dir=tmp_path)
    folder = str(tmp_path)
    assert asked == [
        ("start", "little", folder),
        ("tenants", "little", folder, "500", "100"),
        ("start", "great", folder),
        ("tenants", "great", folder, "12", "1"),
    ]
    assert told[:3] == ["little into the cache", "orders 500 of 1,000", "500 tenants of little"]
