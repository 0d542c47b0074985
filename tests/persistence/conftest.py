"""Every test of this folder that asks for an `adapter` or a `world` is run for each adapter there is."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services.ports import Persistence
from tests.persistence.adapters import CURRENCY, SEED, Adapter, in_memory
from tests.persistence.readers import NAME, Reader
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


@pytest.fixture
def url(server: PostgreSQL) -> str:
    return server.new_database()


@pytest.fixture
def pair(url: str) -> Iterator[tuple[Reader, Reader]]:
    """Return two workers over a database with one world, in which there is nothing."""
    with ExitStack() as stack:
        one, other = Reader(url), Reader(url)
        for worker in (one, other):
            stack.callback(worker.database.close)
        with one.vault.together():
            one.vault.begin(NAME, one.vault.keep(MemoryPersistence(SEED, CURRENCY)))
        for worker in (one, other):
            worker.begin_anew()
            worker.readings = 0
        yield one, other
