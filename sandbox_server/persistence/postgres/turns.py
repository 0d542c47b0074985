"""Whose turn it is at a tenant: for a transaction, and for what takes longer."""

from asyncio import Lock, sleep
from contextlib import suppress
from typing import LiteralString

from sandbox_server.domain.errors import Unavailable
from sandbox_server.persistence.postgres.connection import Database
from sandbox_server.persistence.postgres.entries import Entry, Kind
from sandbox_server.persistence.postgres.replica import Replica
from sandbox_server.persistence.postgres.statements import key_of

_LOCKS = 0x5EED0004
_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.1


class TenantLog:
    """
    One tenant's log, and its turns.

    Once the tenant has begun anew, or is gone, nobody is told any more, nor waited for: its world is of no account.
    """

    def __init__(self, replica: Replica, tenant: str) -> None:
        self._replica = replica
        self._tenant = tenant
        self.counts = True
        self.size = 0

    def append(self, record: bytes, cause: str) -> None:
        """Keep what a transaction is about to change."""
        if self.counts:
            self._replica.append(Entry(self._tenant, Kind.CHANGES, record, cause))
            self.size += len(record)

    def take(self) -> bool:
        """Wait for the tenant's turn, with everything done that was done before; return whether it had to be taken."""
        return self.counts and self._replica.take_turn(self._tenant)

    def end(self) -> None:
        """Let others have their turn."""
        self._replica.end_turn()


class SharedLock:
    """
    A lock that one call has at a time, whichever worker serves it; who has it knows what those before it have done.

    Args:
        database: The connection that holds it: it is free when that is lost.
        replica: What is caught up with.
        name: The tenant's.
    """

    def __init__(self, database: Database, replica: Replica, name: str) -> None:
        self._database = database
        self._replica = replica
        self._key = key_of(name)
        self._here = Lock()

    async def __aenter__(self) -> None:
        await self._here.acquire()
        try:
            pause = _FIRST_PAUSE
            while not self._ask("SELECT pg_try_advisory_lock(%s, %s)"):
                await sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            self._replica.catch_up()
        except BaseException:
            self._here.release()
            raise

    async def __aexit__(self, *_reason: object) -> None:
        try:
            with suppress(Unavailable):
                self._ask("SELECT pg_advisory_unlock(%s, %s)")
        finally:
            self._here.release()

    def _ask(self, query: LiteralString) -> bool:
        with self._database.use() as connection:
            row = connection.execute(query, (_LOCKS, self._key)).fetchone()
        return row is not None and bool(row[0])
