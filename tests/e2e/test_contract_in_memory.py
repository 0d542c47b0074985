"""A world in memory keeps the contract."""

from tests.e2e.contract_suite import findings
from tests.e2e.server import running


def test_the_suites_find_nothing_wrong_with_a_world_in_memory() -> None:
    with running() as server:
        assert findings(server.url, share=0) == []
