"""A month of a chain's life: orders arrive, the reference client works them off, and the books are held against it."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import httpx

from tests.e2e.server import Server, running

STEPS, STEP = 10, "P3D"


def work_once(server: Server, state: Path) -> None:
    """Let the reference client do what is to be done now."""
    account = {"ACORN_BASE_URL": server.url, "ACORN_CLIENT_ID": "acorn-sandbox", "ACORN_CLIENT_SECRET": "acorn-secret"}
    command = [sys.executable, "-m", "fixtures.clients.reference", "--once", "--state", str(state)]
    subprocess.run(command, env=os.environ | account, capture_output=True, check=True, timeout=300)


def test_after_a_month_of_work_every_book_is_right(tmp_path: Path) -> None:
    with running("--fixture", "regional_chain") as server, server.client() as shop:
        operator = httpx.Client(base_url=f"{server.origin}/_sandbox/v1/tenants/default", timeout=120, trust_env=False)
        arrivals = {"profile": "STEADY", "perMinute": 0.02, "duration": "P30D", "seed": 4}
        operator.put("/arrivals", json=arrivals).raise_for_status()
        arrived = 0
        for _ in range(STEPS):
            work_once(server, tmp_path / "state")
            passed = operator.post("/clock/advance", json={"by": STEP, "listAtMost": 0}).raise_for_status().json()
            arrived += sum(one["done"] for one in passed["byKind"] if one["kind"] == "ARRIVAL")
        audit = operator.get("/audit").raise_for_status().json()
        settlements = shop.get("/settlements").raise_for_status().json()["items"]
        operator.close()
    assert {invariant["number"]: invariant["state"] for invariant in audit["invariants"]} == dict.fromkeys(
        range(1, 10), "HELD"
    )
    assert arrived > 500
    in_the_month = [one for one in settlements if one["endsAt"] > "2026-11-27"]
    assert len(in_the_month) >= 2
    assert all(Decimal(one["total"]["amount"]) > 0 for one in in_the_month)
