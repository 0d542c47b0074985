"""Where a load can go, from how many processes, and how it ends when it is told to."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.shell import type_in
from tests.e2e.server import Server, running, start
from tests.load_tests.constant import KEY, constant_marketplace

TOKEN = "sesame"
SHORT = ("--users", "6", "--duration", "2", "--pace", "6")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running("--operator-token", TOKEN) as server:
        yield server


@pytest.fixture
def patient(tmp_path: Path) -> str:
    path = tmp_path / "slo.yaml"
    path.write_text("run: {leastCalls: 1}\ndefault: {p99Ms: 30000, errorRate: 0}\n")
    return str(path)


def report_of(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text("utf-8"))


def test_two_processes_one_of_which_joins_share_the_orders_and_their_calls_add_up(
    server: Server, tmp_path: Path, patient: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        master = f"127.0.0.1:{listener.getsockname()[1]}"
    joining = start("load", "--join", master)
    flags = [*SHORT, "--workers-of-other-hosts", "1", "--bind", master, "--slo", patient, "--report-dir", str(tmp_path)]
    done = type_in("load", "steady", *flags, "--base-url", server.origin, "--operator-token", TOKEN)
    assert done.exit_code == 0, done.output
    _ended(joining)
    assert joining.returncode == 0
    report = report_of(tmp_path)
    assert (report["run"]["processes"], report["samples"]) == (2, [])
    assert report["operations"]["acknowledgeOrder"]["refused"] == 0
    assert report["operations"]["createToken"]["calls"] == 2
    assert all(book["holds"] for book in report["books"])
    assert len(report["books"]) == 2


def test_users_who_are_throttled_wait_and_fail_nothing(server: Server, tmp_path: Path, patient: str) -> None:
    flags = [*SHORT, "--pace", "30", "--throttle", "default", "--slo", patient, "--report-dir", str(tmp_path)]
    done = type_in("load", "steady", *flags, "--base-url", server.origin, "--operator-token", TOKEN)
    assert done.exit_code == 0, done.output
    report = report_of(tmp_path)
    assert report["total"]["throttled"] > 0
    assert (report["total"]["failed"], report["samples"]) == (0, [])
    assert all(book["holds"] for book in report["books"])


def test_what_is_no_sandbox_is_loaded_and_said_not_to_be_audited(tmp_path: Path, patient: str) -> None:
    with constant_marketplace() as url:
        flags = [*SHORT, "--slo", patient, "--report-dir", str(tmp_path), "--base-url", url]
        done = type_in("load", "flash", *flags, "--api-key", KEY)
    assert done.exit_code == 0, done.output
    assert "The books were not audited: what answers there is no sandbox." in done.stdout
    assert report_of(tmp_path)["total"]["answered"] > 0


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--api-key", "another"], "refuses the credentials: Nobody has this key."),
        (["--client-id", "a", "--client-secret", "b"], "gives no token for these credentials: status 501."),
        ([], "Say who calls: --api-key"),
    ],
)
def test_a_target_that_lets_nobody_in_is_not_loaded(flags: list[str], complaint: str) -> None:
    with constant_marketplace() as url:
        done = type_in("load", "steady", *flags, "--base-url", url)
    assert done.exit_code == 1
    assert complaint in done.stderr


def test_the_operator_s_token_is_asked_for(server: Server) -> None:
    done = type_in("load", "steady", "--base-url", server.origin)
    assert done.exit_code == 1
    assert "--operator-token" in done.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_its_like_end_with_the_report_of_what_was_run(
    server: Server, tmp_path: Path, patient: str, end: signal.Signals
) -> None:
    flags = ["--users", "6", "--duration", "600", "--pace", "6", "--slo", patient, "--operator-token", TOKEN]
    process = start("load", "steady", *flags, "--base-url", server.origin, "--report-dir", str(tmp_path))
    assert process.stderr is not None
    assert any("calls/s" in line for line in process.stderr)
    process.send_signal(end)
    said, complained = _ended(process)
    assert process.returncode == 130, complained
    assert "Reports:" in said
    assert "Traceback" not in complained
    report = report_of(tmp_path)
    assert report["interrupted"] is True
    assert 0 < report["run"]["ranSeconds"] < 600
    assert report["total"]["calls"] > 0


def _ended(process: "subprocess.Popen[str]") -> tuple[str, str]:
    try:
        return process.communicate(timeout=60)
    finally:
        process.kill()
