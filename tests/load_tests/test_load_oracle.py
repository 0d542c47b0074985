"""What a load must find out: a server that stalls, and one whose books are wrong."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from load_tests import running as loads
from load_tests.running import Wishes
from tests.commands.shell import type_in
from tests.e2e.server import READY, Server, read_until, running

STALL_SECONDS = 2.0
POLLING = "about: a\nsource: b\nminutes: 1\nknots: [[0, 1], [1, 1]]\narrivals: STEADY\nsystems: {order_poller: 1}\n"


@pytest.fixture
def polling(tmp_path: Path) -> str:
    path = tmp_path / "polling.yaml"
    path.write_text(POLLING)
    return str(path)


@pytest.fixture
def doubling() -> Iterator[Server]:
    words = [sys.executable, "-m", "tests.load_tests.doubling", "serve", "--port", "0", "--ephemeral"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield Server(process, read_until(process, READY))
    finally:
        process.terminate()
        process.communicate()


def test_a_server_s_stall_shows_in_the_open_model_and_not_in_the_closed_one(polling: str) -> None:
    with running() as server:
        stalled: list[float] = []

        def stall(standing: Mapping[str, Any]) -> None:
            if not stalled:
                stalled.append(standing["second"])
                os.kill(server.process.pid, signal.SIGSTOP)
                threading.Timer(STALL_SECONDS, os.kill, (server.process.pid, signal.SIGCONT)).start()

        wishes = Wishes(polling, server.origin, users=2, duration_seconds=8, pace=30)
        total = loads.run(wishes, stall, lambda _: None)["total"]
    assert stalled
    assert total["unstarted"] < 5, "there was time to make up for it"
    assert total["opened"]["p99Ms"] > STALL_SECONDS * 1000 * 0.75
    assert total["closed"]["p99Ms"] < STALL_SECONDS * 1000 / 2
    assert total["closed"]["maxMs"] > STALL_SECONDS * 1000 * 0.9


def test_a_parcel_that_leaves_twice_is_found_by_the_audit_under_load(doubling: Server, tmp_path: Path) -> None:
    flags = ["--users", "6", "--duration", "3", "--pace", "8", "--report-dir", str(tmp_path)]
    done = type_in("load", "steady", *flags, "--base-url", doubling.origin)
    assert done.exit_code == 3, done.output
    assert "one shipment for each carrier and tracking number" in done.stdout
    assert "shipments were made, and there are" in done.stdout
