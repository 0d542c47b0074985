"""Every test of this folder that asks for an `adapter` or a `world` is run for each adapter there is."""

from collections.abc import Iterator

import pytest

from sandbox_server.services.ports import Persistence
from tests.persistence.adapters import Adapter, in_memory
from tests.persistence.restarts import Restarts
from tests.persistence.workers import Workers
from tests.postgresql import PostgreSQL, postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session", params=["in_memory", "in_sqlite", "in_postgresql"])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    chosen: Adapter = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session", name="in_memory")
def memory_adapter() -> Adapter:
    return in_memory


@pytest.fixture(scope="session")
def in_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adapter]:
    restarts = Restarts(tmp_path_factory.mktemp("sqlite"))
    yield restarts
    restarts.close()


@pytest.fixture(scope="session")
def in_postgresql(server: PostgreSQL) -> Iterator[Adapter]:
    workers = Workers(server.new_database())
    yield workers
    workers.close()


@pytest.fixture
def world(adapter: Adapter) -> Persistence:
    return adapter()
