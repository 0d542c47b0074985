"""Workers that read everything again when they have to, and the ways in which they lose their connections."""

import psycopg
import pytest

from sandbox_server.domain.errors import Unavailable
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.postgres.vault import PostgresVault
from tests.domain.builders import NOW
from tests.persistence.workers import Worker

NAME = "default"


class Reader(Worker):
    """A worker that reads everything again when it has to."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.vault = PostgresVault(self.database, self.replica)
        self.readings = 0

    def begin_anew(self) -> None:
        self.readings += 1
        with self.vault.reading(self):
            self.worlds[NAME] = self.vault.world(NAME)[0]

    @property
    def world(self) -> MemoryPersistence:
        return self.worlds[NAME]

    def orders(self) -> list[str]:
        self.replica.catch_up()
        with self.world.read(NOW) as tx:
            return [order.order_id for order in tx.orders.select()]


def kill(worker: Reader, url: str) -> None:
    """End a worker's connection from the server's side."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid = %s", (pid_of(worker),)
        )


def pid_of(worker: Reader) -> int:
    connection = worker.database._connection
    assert connection is not None
    return connection.info.backend_pid


def return_of(worker: Reader) -> None:
    """Wait until a worker has a connection again."""
    returning = worker.database._returning
    if returning is not None:
        returning.join()


def lose(worker: Reader, url: str) -> None:
    """Have a worker lose its connection, and get another one."""
    kill(worker, url)
    with pytest.raises(Unavailable):
        worker.replica.catch_up()
    return_of(worker)
