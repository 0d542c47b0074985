"""`certify --attach`: a client that runs already is judged in a world that goes on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from click.testing import CliRunner

from sandbox_server.certification.bundle import BUNDLE, REPORT
from sandbox_server.cli import main
from tests.certification.gate import ROOT, client

WORDS = [
    "certify",
    "--attach",
    "--port",
    "0",
    "--scale",
    "60",
    "--scenario",
    "working-day",
    "--scenario",
    "told-to-wait",
]


@contextmanager
def running(words: list[str], told: dict[str, str]) -> Iterator[None]:
    """Run a client for as long as the block lasts."""
    environment = {**os.environ, **told, "ACORN_DEADLINE_SECONDS": "120"}
    with subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as program:
        try:
            yield
        finally:
            program.terminate()


def settings(said: IO[str]) -> dict[str, str]:
    """Return what a client is to be set to, as it is said before anything else."""
    told: dict[str, str] = {}
    for line in said:
        name, is_one, value = line.strip().partition("=")
        if is_one:
            told[name] = value
        elif told or name.startswith("ACORN"):
            break
        if name == "ACORN_CLOCK_SCALE":
            break
    return told


def test_scenarios_follow_each_other_in_the_world_of_a_client_that_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox_server", *WORDS, "--report-dir", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        told = settings(run.stderr)
        with running(client("reference"), told):
            output, said = run.communicate()

    report = json.loads((tmp_path / REPORT).read_bytes())
    verdicts = {check["id"]: check["verdict"] for check in report["checks"]}
    assert told["ACORN_TENANT"] == "certification"
    assert set(verdicts.values()) <= {"PASS", "NOT_EXERCISED"}, output + said
    assert verdicts["order.ack-once"] == verdicts["retry.honours-retry-after"] == "PASS"
    first, second = ([call["number"] for call in one["calls"]] for one in report["scenarios"])
    assert max(first) < min(second), "no call is judged in two scenarios"
    assert [run["ended"] for one in report["scenarios"] for run in one["client"]] == ["ATTACHED", "ATTACHED"]
    again = CliRunner().invoke(main, ["verify", str(tmp_path / BUNDLE)])
    assert again.exit_code == 0, again.output
