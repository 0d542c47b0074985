"""
The suites find faults: each of these is planted in a server of its own, and has to be told.

A sample is run here; all of them with `ALL_DEFECTS=1`, and then with every probe.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox_server.conformance.checks import REGISTRY
from sandbox_server.conformance.session import Assignment, session
from sandbox_server.conformance.suites import PROBES
from tests.conformance.defects import edge, planting, rules

ALL = os.environ.get("ALL_DEFECTS") == "1"
ROOT = Path(__file__).parents[2]
SAMPLE = ("cursors skip an item", "keys are forgotten", "all tenants are one", "the ledger misses what was shipped")
DEFECTS = planting.DEFECTS
MODULES = (edge, rules)


@contextmanager
def served(name: str) -> Iterator[str]:
    """Serve a sandbox with this fault; its base URL."""
    command = [sys.executable, "-m", "tests.conformance.defects.planting", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            origin = process.stdout.readline().strip()
            assert origin, "the server has not started"
            yield f"{origin}/v1"
        finally:
            process.stdin.close()


def test_there_are_faults_enough() -> None:
    assert len(DEFECTS) >= 25
    assert {one.plant.__module__ for one in DEFECTS.values()} == {module.__name__ for module in MODULES}


def test_every_check_and_every_probe_has_a_fault_to_find() -> None:
    found = frozenset[str]().union(*(one.finds for one in DEFECTS.values()))
    assert found >= set(REGISTRY) | set(PROBES)


@pytest.mark.parametrize("name", sorted(DEFECTS if ALL else SAMPLE))
def test_a_planted_fault_is_found(name: str) -> None:
    planted = DEFECTS[name]
    with served(name) as base_url, session(Assignment(base_url=base_url)) as opened:
        for probe in PROBES if ALL else planted.probes:
            opened.play(probe)
        if planted.phases:
            opened.make_up(planted.phases, examples=5)
        found = {finding.check for finding in opened.record.findings}
    assert found & planted.finds, f"told: {sorted(found)}"
