"""`certify` that is stopped in the midst of a run: what it reports, and what it leaves behind."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from sandbox_server.certification.bundle import BUNDLE, PAGE, REPORT
from sandbox_server.certification.workplace import workplace
from sandbox_server.cli import main
from tests.certification.gate import ROOT

CLIENT = """
import os, signal, sys, urllib.request
key = {"X-Api-Key": os.environ["ACORN_API_KEY"], "User-Agent": "a client/1"}
urllib.request.urlopen(urllib.request.Request(os.environ["ACORN_BASE_URL"] + "/orders?limit=1", headers=key))
if os.environ["ACORN_SCENARIO"] == "working-day":
    pipe, heeds = sys.argv[1:]
    told = open(pipe, "w")
    def hear(*_):
        print("asked to end", file=told, flush=True)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL if heeds == "at once" else hear)
    print("at work", file=told, flush=True)
    while True:
        signal.pause()
"""
"""Makes a call, and is done; but in one scenario goes on until it is asked to end, or asked for the second time."""


@contextmanager
def certifying(home: Path, pipe: Path, heeds: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a certification of two scenarios, of which one comes to no end."""
    program = pipe.with_name("client.py")
    program.write_text(CLIENT, "utf-8")
    words = ["--command", f"{sys.executable} {program} {pipe} '{heeds}'", "--report-dir", str(home)]
    scenarios = ["--scenario", "working-day", "--scenario", "new-members"]
    command = [sys.executable, "-m", "sandbox_server", "certify", *words, *scenarios]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        yield run


def test_ctrl_c_reports_on_what_was_played_and_the_run_clears_what_killed_ones_left(tmp_path: Path, pipe: Path) -> None:
    home = tmp_path / "report"
    (home / ".run-killed" / "scenarios").mkdir(parents=True)
    with workplace(home) as of_another, certifying(home, pipe, heeds="at once") as run:
        assert run.stderr is not None
        assert any(line.startswith("new-members: over") for line in run.stderr)
        run.send_signal(signal.SIGINT)
        said, complained = run.communicate()
        left = set(home.glob(".run-*"))

    assert (run.returncode, left) == (130, {of_another}), complained
    assert "Stopped when 1 of 2 scenarios were played." in complained
    assert "Stopped before these were played to their end: working-day." in said
    assert f"The page to read is {home / PAGE}" in said
    report = json.loads((home / REPORT).read_bytes())
    assert [one["id"] for one in report["scenarios"]] == ["new-members"]
    again = CliRunner().invoke(main, ["verify", str(home / BUNDLE)])
    assert again.exit_code == 0, again.output


def test_the_second_signal_ends_it_at_once_and_the_client_with_it(tmp_path: Path, pipe: Path) -> None:
    with certifying(tmp_path / "report", pipe, heeds="later") as run, pipe.open() as client:
        assert client.readline() == "at work\n"
        run.send_signal(signal.SIGTERM)
        assert client.readline() == "asked to end\n"
        run.send_signal(signal.SIGTERM)
        said, complained = run.communicate()

        assert (run.returncode, said) == (-signal.SIGTERM, ""), complained
        assert client.read() == ""
