"""A world in SQLite keeps the contract."""

from pathlib import Path

from tests.e2e.contract_suite import findings
from tests.e2e.server import running


def test_the_suites_find_nothing_wrong_with_a_world_in_sqlite(tmp_path: Path) -> None:
    with running("--data-dir", str(tmp_path)) as server:
        assert findings(server.url, share=1) == []
