"""A client that runs already is certified through the operator's interface alone."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from sandbox_server.certification.rehearsal import environment
from sandbox_server.certification.scenarios import SCENARIOS
from sandbox_server.remote import Refused, Sandbox
from sandbox_server.testing.server import MarketplaceServer
from tests.certification.gate import client

ROOT = Path(__file__).parents[2]
DAY = SCENARIOS["working-day"]
SHORTER = min(SCENARIOS.values(), key=lambda one: one.seconds)
OVER = {"DONE", "STOPPED", "FAILED"}


def begun(sandbox: Sandbox, name: str, *scenarios: str) -> tuple[dict[str, str], str]:
    """A client's environment, and where its certification is, which has begun."""
    tenant = sandbox.call("POST", "/tenants", {"name": name, "fixture": DAY.fixture, "seed": DAY.seed})
    place = f"/tenants/{name}/certifications"
    asked = {"plan": "chain-core@1", "scale": DAY.scale, "scenarios": scenarios}
    told = sandbox.call("POST", place, asked)
    assert told["state"] == "WAITING"
    return environment(sandbox.url, tenant, DAY), f"{place}/{told['number']}"


@contextmanager
def running(told: dict[str, str], said: Path) -> Iterator[None]:
    """The reference client, running."""
    with said.open("wb") as into:
        clients_own = {**os.environ, **told, "PYTHONPATH": str(ROOT)}
        reference = subprocess.Popen(client("reference"), env=clients_own, stdout=into, stderr=into)
        try:
            yield
        finally:
            reference.terminate()
            reference.wait()


def awaited(sandbox: Sandbox, place: str, has_come: Callable[[Any], bool]) -> Any:
    """A certification when it has come as far as is wanted."""
    for _ in range(600):
        told = sandbox.call("GET", place)
        if has_come(told):
            return told
        Event().wait(0.1)
    raise AssertionError(told)


def states(told: Any) -> dict[str, str]:
    """How far each scenario is."""
    return {one["id"]: one["state"] for one in told["scenarios"]}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with MarketplaceServer.start("proving_ground") as server:
        yield Sandbox(server.url)


def test_a_client_that_runs_is_certified_and_its_report_read(sandbox: Sandbox, tmp_path: Path) -> None:
    told, place = begun(sandbox, "whole", DAY.id)
    with running(told, tmp_path / "said.txt"):
        ended = awaited(sandbox, place, lambda now: now["state"] in OVER)
    assert ended["state"] == "DONE", ended
    assert states(ended) == {DAY.id: "PLAYED"}
    report = sandbox.call("GET", f"{place}/report.json")
    verdicts = {one["id"]: one["verdict"] for one in report["checks"]}
    assert verdicts["contract.clean"] == "PASS"
    assert "FAIL" not in verdicts.values()
    for form in ("html", "xml"):
        page = BytesIO()
        sandbox.download(f"{place}/report.{form}", page)
        assert b"contract.clean" in page.getvalue()


def test_what_was_played_before_the_finish_is_judged(sandbox: Sandbox, tmp_path: Path) -> None:
    told, place = begun(sandbox, "part", DAY.id, SHORTER.id)
    with running(told, tmp_path / "said.txt"):
        awaited(sandbox, place, lambda now: states(now) == {DAY.id: "PLAYED", SHORTER.id: "PLAYING"})
        ended = sandbox.call("POST", f"{place}/finish")
    assert (ended["state"], ended["plan"]) == ("DONE", "chain-core@1 (in part)")
    assert states(ended) == {DAY.id: "PLAYED"}
    assert sandbox.call("GET", f"{place}/report.json")["overall"] == ended["overall"] != "VOID"


def test_one_whose_tenant_is_gone_ends(sandbox: Sandbox) -> None:
    _, place = begun(sandbox, "gone", DAY.id)
    sandbox.call("DELETE", "/tenants/gone")
    with pytest.raises(Refused) as refused:
        sandbox.call("GET", place)
    assert refused.value.status == 404
