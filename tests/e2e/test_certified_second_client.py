"""The client in JavaScript is certified by every plan, too: no check leans on how the first one is written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_server.certification.bundle import REPORT
from sandbox_server.certification.plan import plan_ids
from tests.certification.gate import ROOT

NODE = shutil.which("node")
CLIENT = ROOT / "fixtures" / "clients" / "node" / "client.js"


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed, and the client in JavaScript needs it")
@pytest.mark.parametrize("plan", plan_ids())
def test_the_client_in_javascript_passes_every_check(tmp_path: Path, plan: str) -> None:
    words = [
        "certify",
        "--command",
        f"{NODE} {CLIENT} --verbose --listen 127.0.0.1:0",
        "--plan",
        plan,
        "--report-dir",
        "report",
    ]

    run = subprocess.run(
        [sys.executable, "-m", "sandbox_server", *words],
        cwd=tmp_path,  # where it keeps its state
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((tmp_path / "report" / REPORT).read_bytes())
    assert {check["verdict"] for check in report["checks"]} == {"PASS"}
    assert report["overall"] == "CERTIFIED"
