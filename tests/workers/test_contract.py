"""Two workers over PostgreSQL keep the contract."""

from pathlib import Path

from tests.e2e.contract_suite import findings
from tests.postgresql import PostgreSQL
from tests.workers.cluster import cluster


def test_the_suites_find_nothing_wrong_with_two_workers_over_postgresql(postgres: PostgreSQL, tmp_path: Path) -> None:
    with cluster(postgres.new_database(), "--cache-dir", str(tmp_path)) as workers:
        assert findings(workers.server.url, share=2) == []
