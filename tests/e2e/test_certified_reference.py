"""The reference client is certified by every plan, through the command that users give."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from sandbox_server.certification.bundle import BUNDLE, REPORT
from sandbox_server.certification.plan import plan_ids, read_plan
from sandbox_server.cli import main
from sandbox_server.hosting import hosted
from sandbox_server.settings import Settings
from tests.api.acorn.joining import application, signature
from tests.certification.gate import ROOT, client


@pytest.fixture(scope="module", params=plan_ids())
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run of a plan has left its report; the run itself must have ended well."""
    folder = tmp_path_factory.mktemp("run")
    words = [
        "certify",
        "--command",
        " ".join(client("reference")),
        "--plan",
        request.param,
        "--report-dir",
        str(folder),
    ]
    run = subprocess.run(
        [sys.executable, "-m", "sandbox_server", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_the_reference_client_passes_every_check(home: Path) -> None:
    report = report_of(home)

    verdicts = {check["id"]: (check["verdict"], check["reason"]) for check in report["checks"]}
    assert set(verdicts.values()) == {("PASS", "")}, verdicts
    assert report["overall"] == "CERTIFIED"


def test_its_bundle_says_the_same_when_it_is_judged_again(home: Path) -> None:
    again = CliRunner().invoke(main, ["verify", str(home / BUNDLE)])

    assert (again.exit_code, again.output) == (
        0,
        f"{report_of(home)['plan']}: CERTIFIED. The evidence is whole, and judged again it says the same.\n",
    )


def test_its_certificate_is_what_the_marketplace_takes(home: Path) -> None:
    if not read_plan(report_of(home)["plan"]).goes_live:
        assert "certificate" not in report_of(home)
        return
    with hosted(Settings(port=0, ephemeral=True)) as url, httpx.Client(base_url=f"{url}/v1", headers=KEY) as chain:
        name = chain.post("/applications", json=application()).json()["applicationId"]
        chain.post(f"/applications/{name}/nda", json=signature()).raise_for_status()
        judged = chain.post(f"/applications/{name}/test-reports", json=report_of(home)["certificate"])

    assert (judged.status_code, judged.json()["status"]) == (200, "VERIFIED"), judged.text


KEY = {"X-Api-Key": "acorn-key"}


def report_of(home: Path) -> Any:
    return json.loads((home / REPORT).read_bytes())
