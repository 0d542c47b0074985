"""Workers are measured where there is a database server for them."""

from itertools import count, product

import pytest

from load_tests.benchmarks import workers
from load_tests.benchmarks.generator import Load, Plan
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import Work

WORKS = ("list 20 orders", "put 10 stock lines")


def test_where_no_server_is_named_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workers.VARIABLE, raising=False)
    (row,) = workers.measure().rows
    assert workers.VARIABLE in row[0]


def section(pace: int) -> Section:
    """Return what is found where two workers answer so many calls a second, and memory a thousand."""
    paces = {"memory": 1000, "1 worker": 120, "2 workers": pace}
    return workers._section(WORKS, {(work, kind): [Load(paces[kind], 1.0)] for work, kind in product(WORKS, paces)}, 1)


def test_two_workers_are_to_keep_a_share_of_memory_s_pace_for_what_they_write() -> None:
    assert section(150).broken == []
    assert section(140).broken == ["put 10 stock lines: 0.14 of the pace in memory, 0.15 were promised"]
    assert section(150).facts["list 20 orders"]["1 worker"] == {"perSecond": 120.0, "ofMemory": 0.12}


def ended_after(loads: int, monkeypatch: pytest.MonkeyPatch) -> Section:
    """Return what is found of three rounds where Ctrl-C comes in the midst."""
    made = count()

    def load(_: Plan) -> Load:
        if next(made) == loads:
            raise KeyboardInterrupt
        return Load(100, 1.0)

    monkeypatch.setattr(workers, "load", load)
    works = [Work(name, "", b"") for name in WORKS]
    return workers._section(WORKS, workers._run(works, {"memory": 1, "1 worker": 2, "2 workers": 3}, 3, 1.0), 3)


def test_ctrl_c_leaves_what_was_measured_in_whole_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not ended_after(24, monkeypatch).interrupted
    stopped = ended_after(13, monkeypatch)
    assert stopped.interrupted
    assert stopped.facts["put 10 stock lines"]["2 workers"] == {"perSecond": 100.0, "ofMemory": 1.0}
    with pytest.raises(KeyboardInterrupt):
        ended_after(11, monkeypatch)
