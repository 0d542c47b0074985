"""Worlds in a database that are loaded anew whenever they are read, as if the process had ended before."""

from contextlib import AbstractContextManager
from datetime import datetime
from itertools import count
from pathlib import Path

from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.sqlite.vault import SqliteVault
from sandbox_server.services.ports import Persistence, Transaction
from tests.persistence.adapters import CURRENCY, SEED


class Restarts:
    """
    Worlds in one database.

    Args:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self._vault = SqliteVault(folder)
        self._names = count()

    def __call__(self) -> Persistence:
        """Open a world with nothing in it."""
        name = f"world-{next(self._names)}"
        self._vault.begin(name, self._vault.keep(MemoryPersistence(SEED, CURRENCY)))
        return Reloaded(self._vault, name)

    def close(self) -> None:
        self._vault.close()


class Reloaded:
    """A world that is loaded anew whenever it is read, and goes on from there."""

    def __init__(self, vault: SqliteVault, name: str) -> None:
        self._vault = vault
        self._name = name
        self._world = vault.world(name)[0]

    def first_due(self) -> datetime | None:
        return self._world.first_due()

    def take_turn(self) -> bool:
        return self._world.take_turn()

    def begin(self, cause: str, now: datetime) -> AbstractContextManager[Transaction]:
        return self._world.begin(cause, now)

    def read(self, now: datetime) -> AbstractContextManager[Transaction]:
        self._world = self._vault.world(self._name)[0]
        return self._world.read(now)
