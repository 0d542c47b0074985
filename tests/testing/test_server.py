"""The server of a test run: it comes up, it says why not, and it goes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox_server.remote import NoSandbox, Sandbox
from sandbox_server.testing import MarketplaceServer, NotStarted, server


def test_a_server_lives_as_long_as_its_block(tmp_path: Path) -> None:
    with MarketplaceServer.start("small_chain", 11, tmp_path) as started:
        market = started.new_tenant(clock="real")
        assert market.operate("GET", "")["seed"] == 11
        assert market.operate("GET", "/clock")["mode"] == "REAL"
    assert list(tmp_path.glob("small_chain-11-*.world"))
    with pytest.raises(NoSandbox):
        Sandbox(started.url).call("GET", "/health")


def test_one_that_does_not_come_up_says_what_it_complained_of() -> None:
    with pytest.raises(NotStarted, match=r"The sandbox did not start: Error: .*no_such"):
        MarketplaceServer.start("no_such").__enter__()


def test_one_that_goes_without_a_word_is_told_by_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_PROGRAM", "raise SystemExit(3)")
    with pytest.raises(NotStarted, match="The sandbox did not start: it ended with 3"):
        MarketplaceServer.start().__enter__()


def test_one_that_does_not_heed_its_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = "print('  Base URL  http://127.0.0.1:1/v1', flush=True); import threading; threading.Event().wait()"
    monkeypatch.setattr(server, "_PROGRAM", deaf)
    monkeypatch.setattr(server, "_GRACE_SECONDS", 0.1)
    processes: list[Any] = []
    popen = subprocess.Popen

    def remembering(*args: Any, **kwargs: Any) -> Any:
        processes.append(popen(*args, **kwargs))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", remembering)
    with MarketplaceServer.start() as started:
        assert started.url == "http://127.0.0.1:1"
    assert processes[0].returncode == (-9 if sys.platform != "win32" else 1)
