"""`certify` as a command: what clients that do not work come to, and what it refuses."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sandbox_server.certification import rehearsal
from sandbox_server.certification.bundle import PAGE, REPORT
from sandbox_server.cli import main
from tests.certification.gate import ROOT, client

SHORT = "secret-refused"
PYTHON = sys.executable
ASKS_ONCE = """
import os, urllib.error, urllib.parse, urllib.request
told = {"grant_type": "client_credentials", "client_id": os.environ["ACORN_CLIENT_ID"], "client_secret": "wrong"}
try:
    urllib.request.urlopen(os.environ["ACORN_BASE_URL"] + "/oauth/token", urllib.parse.urlencode(told).encode())
except urllib.error.HTTPError as error:
    print("The answer was", error.code, flush=True)
"""
CALLS_AS = """
import os
from http.client import HTTPConnection
from urllib.parse import urlsplit
base = urlsplit(os.environ["ACORN_BASE_URL"])
marketplace = HTTPConnection(base.netloc)
marketplace.request("GET", base.path + "/orders", headers={{"X-Api-Key": "{key}"}})
marketplace.getresponse().read()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A client that asks for a token with a wrong secret, once."""
    path = tmp_path / "client.py"
    path.write_text(ASKS_ONCE, "utf-8")
    return path


def certify(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["certify", "--report-dir", str(home), *words])


def report_of(home: Path) -> Any:
    return json.loads((home / REPORT).read_bytes())


def test_a_client_that_does_nothing_is_not_certified(tmp_path: Path) -> None:
    done = certify(tmp_path, "--command", f"{PYTHON} -c pass", "--scenario", "working-day")

    assert done.exit_code == 2, done.output
    assert "INCOMPLETE" in done.output
    assert "Not one call came." in done.output
    assert (tmp_path / PAGE).exists()


def test_a_client_that_never_calls_is_not_certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "PATIENCE_AFTER_SILENCE_SECONDS", 0.1)
    idle = f"{PYTHON} -c 'import signal; signal.pause()'"
    done = certify(
        tmp_path, "--command", idle, "--start-seconds", "0.1", "--scenario", "slow-answer", "--scenario", "outage"
    )

    assert done.exit_code == 2, done.output
    assert "Not one call came." in done.output
    assert [run["ended"] for one in report_of(tmp_path)["scenarios"] for run in one["client"]] == ["STOPPED"] * 2


def test_a_client_that_crashes_is_told_apart_from_one_that_fails(tmp_path: Path) -> None:
    done = certify(tmp_path, "--command", f"{PYTHON} -c 'raise SystemExit(7)'", "--scenario", "working-day")

    assert done.exit_code == 2, done.output
    assert "INCOMPLETE\n  The client crashed in working-day (status 7)." in done.output
    (run,) = report_of(tmp_path)["scenarios"][0]["client"]
    assert (run["ended"], run["exit"]) == ("CRASHED", 7)


def test_what_a_client_says_is_kept_and_the_preflight_says_what_to_mend(tmp_path: Path, program: Path) -> None:
    done = certify(tmp_path / "run", "--command", f"{PYTHON} {program}", "--scenario", SHORT)

    assert "The client id or its secret was refused." in done.output
    assert "Send ACORN_CLIENT_ID and ACORN_CLIENT_SECRET" in done.output
    said = tmp_path / "run" / "scenarios" / SHORT / rehearsal.OUTPUT
    assert said.read_text("utf-8") == "The answer was 401\n"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("acorn-key", "GET /v1/orders came from a client of another tenant, acorn-sandbox."),
        ("no-key", "GET /v1/orders came from nobody known."),
    ],
)
def test_a_client_that_calls_as_somebody_else_is_told_so(tmp_path: Path, key: str, said: str) -> None:
    path = tmp_path / "client.py"
    path.write_text(CALLS_AS.format(key=key), "utf-8")
    done = certify(tmp_path / "run", "--command", f"{PYTHON} {path}", "--scenario", SHORT)

    assert done.exit_code == 2
    assert said in done.output
    assert "Call ACORN_BASE_URL as ACORN_CLIENT_ID or with ACORN_API_KEY" in done.output


def test_a_program_that_is_none_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    done = certify(tmp_path, "--command", "no-such-program --fast", "--scenario", SHORT)

    assert (done.exit_code, done.output) == (
        4,
        "Error: 'no-such-program' cannot be started: No such file or directory.\n",
    )
    assert not (tmp_path / REPORT).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say how the client is driven"),
        (("--command", "x", "--attach"), "Say how the client is driven"),
        (("--command", "'"), "cannot be read"),
        (("--command", ""), "--command is empty"),
        (("--command", "x", "--plan", "chain-core@0"), "There is no plan chain-core@0."),
        (("--command", "x", "--scenario", "night"), "has no scenario night."),
        (("--command", "x", "--lang", "fr"), "'fr' is not one of"),
        (("--command", "x", "--jobs", "0"), "0 is not in the range"),
        (("--command", "x", "--waivers", "/nowhere.yaml"), "'/nowhere.yaml' does not exist"),
        (("--comand", "x"), "No such option '--comand'"),
    ],
)
def test_a_wrong_command_line_has_an_exit_code_of_its_own(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = certify(tmp_path, *words)

    assert done.exit_code == 4
    assert said in done.output


@pytest.mark.parametrize("option", ["--waivers", "--manifest"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a list", "is no mapping"),
        ("a: [", "cannot be read"),
        ("{}: {}", "cannot be read"),
    ],
)
def test_a_file_of_reasons_that_is_none_is_refused(tmp_path: Path, option: str, text: str, said: str) -> None:
    (tmp_path / "file.yaml").write_text(text, "utf-8")
    done = certify(tmp_path, "--command", "x", option, str(tmp_path / "file.yaml"))

    assert done.exit_code == 4
    assert said in done.output


def test_reasons_are_for_checks_of_the_plan(tmp_path: Path) -> None:
    (tmp_path / "waivers.yaml").write_text("order.ack-twice: we like it", "utf-8")
    done = certify(tmp_path, "--command", "x", "--waivers", str(tmp_path / "waivers.yaml"))

    assert done.exit_code == 4
    assert "names checks that chain-core@1 does not have: order.ack-twice." in done.output


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = certify(tmp_path, "--attach", "--port", str(taken.getsockname()[1]))

    assert done.exit_code == 4
    assert "Choose another --port." in done.output


def test_a_sandbox_that_fails_blames_no_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ArithmeticError("two and two")

    monkeypatch.setattr(rehearsal.Rehearsal, "play_all", fail)
    done = certify(tmp_path, "--command", "true")

    assert done.exit_code == 5
    assert "The sandbox itself failed, and nothing is said of the client." in done.output
    assert "ArithmeticError: two and two" in done.output


def test_a_scenario_that_fails_voids_what_it_was_to_show(
    tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox_server.certification.stage.Stage.until", lambda *_: 1 / 0)
    done = certify(tmp_path / "run", "--command", f"{PYTHON} {program}", "--scenario", SHORT)

    assert done.exit_code == 5, done.output
    assert "VOID" in done.output
    assert "ZeroDivisionError" in done.output


def test_waivers_put_up_with_failures_until_they_are_no_longer_needed(tmp_path: Path, program: Path) -> None:
    words = ["--command", f"{PYTHON} {program}", "--scenario", SHORT]
    certify(tmp_path / "run", *words)
    due = {
        one["id"]: "not yet"
        for one in report_of(tmp_path / "run")["checks"]
        if one["verdict"] == "FAIL" or (one["verdict"], one["level"]) == ("NOT_EXERCISED", "MUST")
    }
    (tmp_path / "waivers.yaml").write_text(json.dumps(due), "utf-8")
    put_up_with = certify(tmp_path / "run", *words, "--waivers", str(tmp_path / "waivers.yaml"))
    assert put_up_with.exit_code == 0, put_up_with.output
    assert "certificate" not in report_of(tmp_path / "run")
    strict = certify(tmp_path / "run", *words, "--waivers", str(tmp_path / "waivers.yaml"), "--strict")
    assert strict.exit_code == 1, strict.output

    (tmp_path / "waivers.yaml").write_text(json.dumps({**due, "auth.stops-on-bad-credentials": "not yet"}), "utf-8")
    stale = certify(tmp_path / "run", *words, "--waivers", str(tmp_path / "waivers.yaml"))
    assert stale.exit_code == 3, stale.output
    assert "No longer needed are the waivers of auth.stops-on-bad-credentials" in stale.output


def test_ctrl_c_before_anything_was_played_keeps_the_last_report(tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text("the last one", "utf-8")
    words = ["certify", "--command", " ".join(client("reference")), "--report-dir", str(tmp_path)]
    with subprocess.Popen(
        [PYTHON, "-m", "sandbox_server", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        assert run.stderr is not None
        first = run.stderr.readline()
        os.kill(run.pid, signal.SIGINT)
        said = run.communicate()[1]

    assert "waits for" in first
    assert (run.returncode, said.splitlines()[-1]) == (130, "Error: Stopped before there was anything to report on.")
    assert (tmp_path / REPORT).read_text("utf-8") == "the last one"
    assert [path.name for path in tmp_path.iterdir()] == [REPORT]
