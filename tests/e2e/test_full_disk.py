"""On a full disk nothing can be changed, everything can be read, and nothing breaks."""

import resource
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import Server, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process from outside")


def test_writes_are_refused_until_there_is_room_and_reads_go_on(tmp_path: Path) -> None:
    database = tmp_path / "kept" / "sandbox.db"
    with running("--data-dir", str(database.parent)) as server, server.client() as client:
        _, most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        limit = database.with_name("sandbox.db-wal").stat().st_size + 60_000
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, most))
        done, refusal = write_until_refused(client)
        assert 0 < done < 200
        assert (refusal.status_code, refusal.headers["retry-after"]) == (503, "2")
        problem = refusal.json()
        assert (problem["code"], problem["retryable"]) == ("UNAVAILABLE", True)
        assert problem["detail"].startswith(f"Nothing can be kept in {database}: ")
        assert problem["detail"].endswith("Make room on its disk, and repeat the call.")
        refused = httpx.post(f"{server.origin}/_sandbox/v1/tenants/default/snapshots", timeout=60)
        assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
        assert what_is_there(server, client) == ("PAUSED", done, [], [])

        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, most))
        client.patch("/stores/S0001", json={"status": "ACTIVE", "safetyStock": done + 1}).raise_for_status()
    with running("--data-dir", str(database.parent)) as server, server.client() as client:
        assert what_is_there(server, client) == ("ACTIVE", done + 1, [], [])


def write_until_refused(client: httpx.Client) -> tuple[int, httpx.Response]:
    """Return how many writes were done, and the answer to the one that was not."""
    for number in range(1, 1000):
        answer = client.patch("/stores/S0001", json={"status": "PAUSED", "safetyStock": number})
        if answer.status_code != 200:
            return number - 1, answer
    raise AssertionError("the disk is never full")


def what_is_there(server: Server, client: httpx.Client) -> tuple[str, int, list[object], list[object]]:
    """Return the store's state and safety stock, the snapshots, and the invariants that do not hold."""
    store = client.get("/stores/S0001").raise_for_status().json()
    with httpx.Client(base_url=f"{server.origin}/_sandbox/v1/tenants/default", timeout=60) as operator:
        snapshots = operator.get("/snapshots").raise_for_status().json()["items"]
        invariants = operator.get("/audit").raise_for_status().json()["invariants"]
    return store["status"], store["safetyStock"], snapshots, [one for one in invariants if one["state"] == "BROKEN"]
