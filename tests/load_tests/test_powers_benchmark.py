from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from load_tests.benchmarks import powers
from load_tests.benchmarks.processes import Server
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import Sample, Samples, Work

PARTS = ["bare", "none of them", "validation", "journal", "throttle", "faults", "all of them"]


def section(**paces: float) -> Section:
    """Return what is found where a call takes the inverse of its pace."""
    given = {name.replace("_", " "): pace for name, pace in paces.items()}
    found = {name: Sample(pace := given.get(name, 500.0), 0.001, 0.002, 1 / pace) for name in PARTS}
    return powers._section({"list 20 orders": found})


def test_a_part_costs_what_a_call_takes_longer_than_with_none_of_them() -> None:
    facts: Any = section(none_of_them=1000, journal=800).facts["list 20 orders"]
    assert list(facts) == PARTS
    assert facts["journal"]["costsMicroseconds"] == 250
    assert facts["none of them"]["costsMicroseconds"] == 0


def test_all_of_them_may_take_so_much_of_the_pace() -> None:
    assert section(bare=1000, all_of_them=220).broken == []
    assert section(bare=1000, all_of_them=210).broken == [
        "list 20 orders: 0.21 of the bare server's pace with everything, 0.22 were promised"
    ]


def test_a_sandbox_with_nothing_but_its_operations_gives_both_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is looked at: one that is not 200 ends the measurement with an error."""

    def loaded(works: Sequence[Work], servers: Mapping[str, Server], *_: object) -> Samples:
        assert list(servers) == ["bare", "none of them"]
        return {(work.name, name): [Sample(1000, 0.001, 0.002, 0.001)] for work in works for name in servers}

    monkeypatch.setattr(powers, "_ON", {"none of them": ()})
    monkeypatch.setattr(powers, "_ALL", "none of them")
    monkeypatch.setattr(powers, "run", loaded)
    assert list(powers.measure().facts) == ["list 20 orders", "put 10 stock lines"]
