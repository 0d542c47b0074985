from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from load_tests.benchmarks import growth
from load_tests.benchmarks.growth import Growth
from load_tests.benchmarks.processes import Server
from load_tests.benchmarks.throughput import Sample, Samples, Work
from sandbox_server.remote import Sandbox


def test_a_call_s_cost_is_told_for_each_size_and_what_was_added_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[int, int, int]] = []

    def sizes(works: Sequence[Work], servers: Mapping[str, Server], *_: object) -> Samples:
        sandbox = Sandbox(f"http://127.0.0.1:{servers['sandbox'].port}")
        rules = len(sandbox.call("GET", "/tenants/default/faults")["items"])
        tenants = len(sandbox.call("GET", "/tenants")["items"])
        found.append((rules, tenants, sandbox.call("GET", "/tenants/default")["counts"]["orders"]))
        return {(work.name, "sandbox"): [Sample(1000.0, 0.001, 0.002, 0.0005)] for work in works}

    monkeypatch.setattr(growth, "run", sizes)
    rules, tenants, orders = growth.GROWTHS
    small = [
        Growth(rules.what, (0, 2), rules.grow, rules.undo),
        Growth(tenants.what, (1, 3), tenants.grow, tenants.undo),
        Growth(orders.what, (120, 130), orders.grow),
    ]
    told: list[str] = []
    section = growth.measure(told.append, growths=small)
    assert found == [(0, 1, 120), (2, 1, 120), (0, 1, 120), (0, 3, 120), (0, 1, 120), (0, 1, 130)]
    assert told == ["0 fault rules", "2 fault rules", "1 tenants", "3 tenants", "120 orders", "130 orders"]
    assert list(section.facts) == told
    assert section.facts["130 orders"]["put 10 stock lines"] == {"perSecond": 1000.0, "cpuMicroseconds": 500.0}


def test_ctrl_c_leaves_the_sizes_that_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter([1.0, 2.0])

    def stopped(works: Sequence[Work], *_: object) -> Samples:
        if (number := next(sizes, None)) is None:
            raise KeyboardInterrupt
        return {(work.name, "sandbox"): [Sample(number, 0.001, 0.002, 0.0005)] for work in works}

    @contextmanager
    def serving(*_: str) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(port=8080)

    monkeypatch.setattr(growth, "run", stopped)
    monkeypatch.setattr(growth, "running", serving)
    monkeypatch.setattr(growth, "both_works", lambda *_: [Work("put 10 stock lines", "", b"")])
    things = [Growth("things", (1, 2, 3), lambda *_: None)]
    section = growth.measure(lambda _: None, growths=things)
    assert section.interrupted
    assert list(section.facts) == ["1 things", "2 things"]
    with pytest.raises(KeyboardInterrupt):
        growth.measure(lambda _: None, growths=things)
