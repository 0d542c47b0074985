"""`surge` as it is typed: the reference client, one with a defect, and what cannot be tried."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from load_tests.surge import running as surging
from tests.commands.shell import type_in
from tests.e2e.server import Server, running, start
from tests.load_tests.constant import constant_marketplace

# Of tokens 6.7 a second are granted here: one for each call takes longer than 10 s, however quick the machine is.
ONE_RATE = ("--start", "40", "--highest", "40", "--lowest", "40")
SHORT = ("--profile", "steady", "--trial", "2", "--within", "10", "--clock-scale", "20")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


def surge(server: Server, command: str, folder: Path) -> tuple[Result, Any]:
    flags = ["--command", command, "--base-url", server.origin, "--report-dir", str(folder)]
    done = type_in("surge", *ONE_RATE, *SHORT, *flags)
    return done, json.loads((folder / "surge.json").read_text("utf-8"))


def test_a_client_with_a_token_for_each_call_sustains_less_and_the_report_says_why(
    server: Server, tmp_path: Path
) -> None:
    good, reference = surge(server, f"{sys.executable} -m fixtures.clients.reference --state :memory:", tmp_path)
    assert good.exit_code == 0, good.output
    assert "This client sustains 40 orders a minute." in good.stdout
    assert reference["trials"][0]["orders"] > 9
    assert reference["trials"][0]["broken"] == []
    assert "node" not in (tmp_path / "surge.html").read_text("utf-8")

    mutant = f"{sys.executable} -m fixtures.clients.mutants token-for-every-call --state :memory:"
    bad, worse = surge(server, mutant, tmp_path)
    assert bad.exit_code == 3, bad.output
    assert worse["sustainedPerMinute"] == 0 < reference["sustainedPerMinute"]
    assert worse["why"][0].startswith("It fetched")
    assert worse["trials"][0]["throttled"]["createToken"] > 0


def test_a_client_that_somebody_else_starts_is_waited_for(server: Server, tmp_path: Path) -> None:
    flags = ["--attach", "--base-url", server.origin, "--report-dir", str(tmp_path)]
    process = start("surge", *ONE_RATE, *SHORT, *flags)
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    told = dict(_told(process))
    client = [sys.executable, "-m", "fixtures.clients.reference", "--state", ":memory:"]
    with subprocess.Popen(client, env={**os.environ, **told}, stdout=subprocess.DEVNULL) as running_client:
        said, complained = process.communicate()
        running_client.terminate()
    watchdog.cancel()
    assert process.returncode == 0, said + complained
    assert "This client sustains 40 orders a minute." in said


@pytest.mark.parametrize(
    ("flags", "status", "complaint"),
    [
        ([], 2, "Name the client's --command, or --attach"),
        (["--attach", "--command", "true"], 2, "not both"),
        (["--attach", "--start", "50", "--highest", "10"], 2, "between --lowest and --highest"),
        (["--command", "'"], 2, "No closing quotation"),
        (["--command", " "], 2, "It is empty."),
        (["--command", "no-such-client"], 1, "'no-such-client' cannot be started"),
        (["--command", f"{sys.executable} -c 'print(12345)'"], 1, "The client ended before it called: 12345"),
        (["--command", "true", "--profile", "returns_wave"], 1, "nobody orders"),
    ],
)
def test_what_cannot_be_tried_is_said_in_a_line(server: Server, flags: list[str], status: int, complaint: str) -> None:
    done = type_in("surge", *flags, "--base-url", server.origin)
    assert done.exit_code == status, done.output
    assert complaint in done.stderr
    assert "Traceback" not in done.output


def test_one_that_is_stopped_tells_how_far_it_was_tried(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(surging, "_await_first_call", interrupt)
    waiting = f"{sys.executable} -c 'input()'"
    done = type_in("surge", "--command", waiting, "--base-url", server.origin, "--report-dir", str(tmp_path))
    assert done.exit_code == 130, done.output
    assert "This client sustains 0 orders a minute, as far as it was tried." in done.stdout
    assert (tmp_path / "surge.html").exists()


def test_a_surge_needs_a_sandbox() -> None:
    with constant_marketplace() as url:
        done = type_in("surge", "--command", "true", "--base-url", url)
    assert (done.exit_code, "A surge needs a sandbox" in done.stderr) == (1, True)


def _told(process: "subprocess.Popen[str]") -> Iterator[tuple[str, str]]:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("  export "):
            name, _, value = line.split()[1].partition("=")
            yield name, value
            if name == "ACORN_DEADLINE_SECONDS":
                return
