"""What the sandbox recorded of a client is judged, from the shell, as anybody would."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from sandbox_server.cli import main
from tests.e2e.server import running

ROOT = Path(__file__).parents[2]
ACCOUNT = {"ACORN_CLIENT_ID": "acorn-sandbox", "ACORN_CLIENT_SECRET": "acorn-secret"}
FORMS = ("har", "ndjson")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def work(url: str, state: Path) -> None:
    """Let the reference client do what there is to do."""
    subprocess.run(
        [sys.executable, "-m", "fixtures.clients.reference", "--once", "--state", str(state)],
        cwd=ROOT,
        env=os.environ | ACCOUNT | {"ACORN_BASE_URL": url},
        capture_output=True,
        check=True,
    )


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the reference client did, in both forms; drift was played on a part of it."""
    folder = tmp_path_factory.mktemp("recordings")
    drift = {"match": {"operation": "getOrder"}, "effect": {"drift": {"unknownField": "xNew", "fraction": 1}}}
    with running("--fixture", "small_chain") as server, server.client() as http:
        http.post(f"{server.origin}/_sandbox/v1/tenants/default/faults", json=drift).raise_for_status()
        work(server.url, folder / "state")
        for form in FORMS:
            run("journal", "export", str(folder / f"run.{form}"), "--url", server.origin)
    return folder


@pytest.mark.parametrize("form", FORMS)
def test_a_recorded_run_of_the_reference_client_judges_clean_although_drift_was_played(
    recordings: Path, form: str
) -> None:
    result = run("judge", str(recordings / f"run.{form}"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "nothing found" in result.stdout
    assert "Answers judged as they were before a fault" in result.stdout


def test_the_same_with_one_field_altered_names_that_field(recordings: Path) -> None:
    recording: Any = orjson.loads((recordings / "run.har").read_bytes())
    shipped = [one for one in recording["log"]["entries"] if one["_operationId"] == "createShipment"]
    recording["log"]["entries"] = shipped
    call = shipped[7]
    sent, got = orjson.loads(call["request"]["postData"]["text"]), orjson.loads(call["response"]["content"]["text"])
    sent["lines"][0]["quantity"] = "two"
    got["status"] = "LOST_AT_SEA"
    call["request"]["postData"]["text"] = orjson.dumps(sent).decode()
    call["response"]["content"]["text"] = orjson.dumps(got).decode()
    altered = recordings / "altered.har"
    altered.write_bytes(orjson.dumps(recording))
    result = run("judge", str(altered), "--json")
    found = orjson.loads(result.stdout)["groups"]
    assert result.exit_code == 1
    assert sorted((one["side"], one["where"], one["numbers"]) for one in found) == [
        ("request", "/lines/0/quantity", [call["_number"]]),
        ("response", "/status", [call["_number"]]),
    ]
    assert all(one["operationId"] == "createShipment" for one in found)
