"""One PostgreSQL, and two workers over it for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.postgresql import PostgreSQL, postgresql
from tests.workers.cluster import SHOP, Cluster, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def pair(postgres: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cache = tmp_path_factory.mktemp("cache")
    flags = ("--fixture", SHOP, "--cache-dir", str(cache), "--allow-webhook-hosts", "localhost")
    with cluster(postgres.new_database(), *flags) as workers:
        yield workers
