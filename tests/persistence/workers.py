"""Worlds that two workers take turns at: what one writes, the other reads."""

from contextlib import AbstractContextManager
from datetime import datetime
from itertools import count

from sandbox_server.persistence import log, replay
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.postgres.asking import Asking
from sandbox_server.persistence.postgres.connection import Database
from sandbox_server.persistence.postgres.entries import Entry, Kind
from sandbox_server.persistence.postgres.replica import Replica
from sandbox_server.persistence.postgres.schema import prepare
from sandbox_server.persistence.postgres.turns import TenantLog
from sandbox_server.services.ports import Persistence, Transaction
from tests.persistence.adapters import CURRENCY, SEED


class Worker:
    """What one process has of all worlds; it follows what others do to them."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, synchronous_commit="off")
        self.database.open()
        with self.database.use() as connection:
            prepare(connection)
        self.replica = Replica(self.database)
        self.asking = Asking(self.database, self.replica)
        self.replica.begin_at(0, "", self)
        self.worlds: dict[str, MemoryPersistence] = {}

    def open(self, name: str) -> None:
        world = self.worlds[name] = MemoryPersistence(SEED, CURRENCY)
        world.log = TenantLog(self.replica, name)

    def follow(self, entry: Entry) -> None:
        match entry.kind:
            case Kind.CHANGES:
                replay.apply(self.worlds[entry.tenant], log.read(entry.record))
            case Kind.ASKED:
                self.asking.asked(entry.record.decode())
            case Kind.TOLD:
                self.asking.told(entry.record.decode())
            case _:
                raise AssertionError(entry.kind)

    def begin_anew(self) -> None:
        raise AssertionError("nothing was lost")


class Workers:
    """
    Two workers over one database.

    Args:
        url: Where it is.
    """

    def __init__(self, url: str) -> None:
        self._workers = [Worker(url), Worker(url)]
        self._names = count()

    def __call__(self) -> Persistence:
        """Open a world with nothing in it."""
        name = f"world-{next(self._names)}"
        for worker in self._workers:
            worker.open(name)
        return World(self, name)

    def close(self) -> None:
        for worker in self._workers:
            worker.database.close()

    def next(self) -> Worker:
        """Return the one that has waited longer, after it has caught up."""
        self._workers.reverse()
        self._workers[0].replica.catch_up()
        return self._workers[0]


class World:
    """A world whose every transaction is another worker's than the one before."""

    def __init__(self, workers: Workers, name: str) -> None:
        self._workers = workers
        self._name = name

    def first_due(self) -> datetime | None:
        return self._next().first_due()

    def take_turn(self) -> bool:
        return False

    def begin(self, cause: str, now: datetime) -> AbstractContextManager[Transaction]:
        return self._next().begin(cause, now)

    def read(self, now: datetime) -> AbstractContextManager[Transaction]:
        return self._next().read(now)

    def _next(self) -> MemoryPersistence:
        return self._workers.next().worlds[self._name]
