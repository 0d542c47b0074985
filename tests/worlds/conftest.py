from collections.abc import Iterator

import pytest

from sandbox_server.services.ports import Transaction
from sandbox_server.worlds import World, open_world
from tests.worlds.scaling import quiet


@pytest.fixture(scope="session")
def small_chain() -> World:
    return open_world("small_chain", None, None, quiet)


@pytest.fixture
def tx(small_chain: World) -> Iterator[Transaction]:
    with small_chain.persistence.read(small_chain.now) as transaction:
        yield transaction
