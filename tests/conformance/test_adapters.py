"""Whatever keeps the world, the server keeps the contract."""

from pathlib import Path

from sandbox_server.conformance.session import Assignment, session
from sandbox_server.conformance.suites import PLANS, Suite
from tests.e2e.server import running
from tests.postgresql import postgresql
from tests.workers.cluster import cluster


def told(base_url: str, suite: Suite) -> list[str]:
    """Return what a suite's probes find."""
    with session(Assignment(base_url=base_url)) as opened:
        for probe in PLANS[suite].probes:
            opened.play(probe)
        return [f"{one.check}: {one.message} {one.expected} {one.seen}" for one in opened.record.findings]


def test_every_probe_is_content_with_a_world_in_memory(origin: str) -> None:
    assert told(f"{origin}/v1", Suite.STATEFUL) == []


def test_every_probe_is_content_with_two_workers_over_postgresql(tmp_path: Path) -> None:
    with postgresql() as server, cluster(server.new_database(), "--cache-dir", str(tmp_path)) as workers:
        assert told(workers.server.url, Suite.SMOKE) == []


def test_every_probe_is_content_with_a_world_in_sqlite(tmp_path: Path) -> None:
    with running("--data-dir", str(tmp_path)) as served:
        assert told(served.url, Suite.STATEFUL) == []
