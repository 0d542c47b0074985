"""`load` as it is typed, against a sandbox in a process of its own."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result

from load_tests import locusts
from tests.commands.shell import type_in
from tests.e2e.server import Server, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running("--allow-webhook-hosts", "localhost") as server:
        yield server


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return promises that a busy machine keeps, too."""
    path = tmp_path_factory.mktemp("promises") / "slo.yaml"
    path.write_text("run: {leastCalls: 1}\ndefault: {p99Ms: 30000, errorRate: 0}\n")
    return str(path)


@pytest.fixture(scope="module")
def steady(server: Server, patient: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """Return a run, and the folder of its reports."""
    folder = tmp_path_factory.mktemp("steady")
    flags = ["--users", "12", "--duration", "3", "--pace", "5", "--base-url", server.origin]
    return load("steady", *flags, "--slo", patient, "--report-dir", str(folder)), folder


def load(*words: str) -> Result:
    return type_in("load", *words)


def report_of(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text("utf-8"))


def test_a_chain_s_traffic_goes_to_a_world_of_its_own_whose_books_are_right(
    server: Server, steady: tuple[Result, Path]
) -> None:
    done, folder = steady
    assert done.exit_code == 0, done.output
    assert "Every promise was kept." in done.stdout
    report = report_of(folder)
    assert (report["verdict"], report["reasons"], report["samples"]) == ("PASSED", [], [])
    assert report["run"]["users"] == {
        "store_terminal": 6,
        "stock_sync": 2,
        "order_poller": 1,
        "price_updater": 1,
        "returns_desk": 1,
        "webhook_receiver": 1,
    }
    called = set(report["operations"])
    assert {
        "createToken",
        "listOrders",
        "acknowledgeOrder",
        "createShipment",
        "reportInventory",
        "reportPrices",
    } <= called
    assert {"receiveReturn", "refundReturn", "createSubscription"} <= called
    assert report["operations"]["createToken"]["calls"] == 1
    assert len(report["audits"]) >= 2
    assert all(audit["holds"] for audit in report["audits"])
    assert {book["what"]: book["holds"] for book in report["books"]} == {"orders": True, "shipments": True}
    assert report["seconds"][-1]["webhooks"] > 0
    with (folder / "operations.csv").open(newline="") as file:
        assert int(list(csv.DictReader(file))[-1]["calls"]) == report["total"]["calls"]
    names = [tenant["name"] for tenant in httpx.get(f"{server.origin}/_sandbox/v1/tenants").json()["items"]]
    assert names == ["default"]


def test_a_run_that_is_too_slow_or_too_short_fails(server: Server, tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text("run: {leastCalls: 100000}\ndefault: {p50Ms: 0.001}\n")
    flags = [
        "--users",
        "2",
        "--duration",
        "1",
        "--pace",
        "10",
        "--base-url",
        server.origin,
        "--slo",
        str(tmp_path / "slo.yaml"),
    ]
    done = load("steady", *flags, "--report-dir", str(tmp_path))
    assert done.exit_code == 3, done.output
    assert "run: leastCalls is" in done.stdout
    assert "p50Ms is" in done.stdout
    assert report_of(tmp_path)["verdict"] == "FAILED"


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (["steady", "--base-url", "http://127.0.0.1:9"], 1, "Nobody answers at http://127.0.0.1:9"),
        (["steady", "--base-url", "nowhere"], 1, "is no address"),
        (["stedy"], 1, "There is no profile 'stedy'"),
        ([], 2, "Name a PROFILE"),
        (["steady", "--bind", "0.0.0.0:any"], 2, "Invalid value for '--bind': '0.0.0.0:any' is no HOST:PORT."),
        (["--join", "a b"], 2, "Invalid value for '--join'"),
    ],
)
def test_what_cannot_be_run_is_said_in_a_line(words: list[str], status: int, complaint: str) -> None:
    done = load(*words)
    assert done.exit_code == status, done.output
    assert complaint in done.stderr
    assert "Traceback" not in done.output


def test_more_processes_than_users_are_refused(server: Server) -> None:
    done = load("steady", "--processes", "3", "--users", "2", "--base-url", server.origin)
    assert (done.exit_code, "3 processes cannot share 2 users" in done.stderr) == (1, True)


def test_a_world_that_there_is_not_is_refused(server: Server) -> None:
    done = load("steady", "--fixture", "no_chain", "--base-url", server.origin)
    assert done.exit_code == 1
    assert "makes no world for the run" in done.stderr


def test_without_locust_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locusts, "find_spec", lambda name: None)
    done = load("steady")
    assert done.exit_code == 1
    assert "acorn-sandbox[load]" in done.stderr


def test_a_run_is_compared_with_an_earlier_one(
    server: Server, steady: tuple[Result, Path], tmp_path: Path, patient: str
) -> None:
    earlier = steady[1]
    flags = ["--users", "3", "--duration", "1", "--pace", "10", "--base-url", server.origin, "--slo", patient]
    again = ["--compare-with", str(earlier / "report.json"), "--report-dir", str(tmp_path)]
    done = load("steady", *flags, *again)
    assert done.exit_code == 0, done.output
    assert "pace was 5.0, and is 10.0" in done.stdout
    rows = {row["operation"]: row for row in report_of(tmp_path)["comparison"]["rows"]}
    assert rows["all"]["calls"]["after"] == report_of(tmp_path)["total"]["calls"]
    assert rows["all"]["calls"]["before"] == report_of(earlier)["total"]["calls"]


@pytest.mark.parametrize("text", ["{}", "nonsense"])
def test_what_is_no_report_cannot_be_compared_with(text: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(text)
    done = load("steady", "--compare-with", str(tmp_path / "report.json"))
    assert done.exit_code == 1
    assert "is no report.json of a load" in done.stderr
