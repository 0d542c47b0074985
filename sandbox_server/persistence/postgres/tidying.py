"""What the database need not keep any more is taken away, beside the calls: in a thread, on a connection of its own."""

import logging
from collections.abc import Callable, Collection
from threading import Thread
from typing import NamedTuple

from sandbox_server.domain.errors import Unavailable
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.postgres import bases
from sandbox_server.persistence.postgres.connection import Connection, Database, DatabaseError
from sandbox_server.persistence.postgres.entries import Kind

_STAYS = "interval '60 seconds'"
"""How long a row of the log stays for workers that have not seen it; one that comes later reads everything again."""
_UNUSED = "interval '10 minutes'"
"""How old a base is that nobody will name any more."""

logger = logging.getLogger("sandbox.database")


class Fold(NamedTuple):
    """
    A new base for a tenant.

    Args:
        since: The number in the log up to which the world holds everything.
        before: The number of the base that it has.
    """

    tenant: str
    world: MemoryPersistence
    since: int
    before: int


class Tidying:
    """
    One piece of work at a time.

    Args:
        database: A connection for it alone, which is opened when it is needed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread: Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is at work."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, *work: Callable[[Connection], object]) -> None:
        """Do something beside the calls."""
        self._thread = Thread(target=self._work, args=work, name="tidying", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait until it is done."""
        if self._thread is not None:
            self._thread.join()
        self._database.close()

    def _work(self, *work: Callable[[Connection], object]) -> None:
        try:
            if not self._database.generation:
                self._database.open()
            for one in work:
                with self._database.use() as connection:
                    one(connection)
        except (Unavailable, DatabaseError) as error:
            logger.warning("the database is not tidied: %s", error)


def fold(connection: Connection, job: Fold) -> None:
    """Have a tenant's log begin later: after a base that holds what was in it."""
    number = bases.write(connection, job.world)
    connection.execute(_FOLD, {"name": job.tenant, "base": number, "since": job.since, "before": job.before})


def drop_changes(connection: Connection, tenant: str, expected: Collection[str]) -> None:
    """
    Drop what a tenant's base holds.

    Args:
        expected: Calls that are not in its journal yet: that they have changed something stays known.
    """
    connection.execute(_DROP_CHANGES, {"name": tenant, "kind": int(Kind.CHANGES), "expected": list(expected)})


def drop_calls(connection: Connection, tenant: str, first: int) -> None:
    """Drop the calls to a tenant before the one with this number."""
    connection.execute(_DROP_CALLS, {"name": tenant, "kind": int(Kind.CALLS), "first": first})


def drop_news(connection: Connection) -> None:
    """Drop what was told only to be heard, and belongs to tenants that are gone."""
    connection.execute(_DROP_NEWS, {"kinds": [int(Kind.CHANGES), int(Kind.CALLS)]})


def drop_bases(connection: Connection, used: Collection[int]) -> None:
    """
    Drop worlds that nobody needs.

    Args:
        used: Those that tenants need beside their own.
    """
    connection.execute(_DROP_BASES, {"used": list(used)})


_FOLD = """
    UPDATE sandbox.tenants SET base = %(base)s, since = %(since)s WHERE name = %(name)s AND base = %(before)s
"""
# The newest row of all stays, so that whoever has missed some finds out.
_DROP_CHANGES = f"""
    DELETE FROM sandbox.log WHERE tenant = %(name)s AND kind = %(kind)s AND at < clock_timestamp() - {_STAYS}
    AND number <= (SELECT since FROM sandbox.tenants WHERE name = %(name)s)
    AND number < (SELECT number FROM sandbox.head) AND NOT cause = ANY(%(expected)s)
"""  # noqa: S608 - made of constants
_DROP_CALLS = f"""
    DELETE FROM sandbox.log WHERE tenant = %(name)s AND kind = %(kind)s AND at < clock_timestamp() - {_STAYS}
    AND cause::bigint < %(first)s AND number < (SELECT number FROM sandbox.head)
"""  # noqa: S608 - made of constants
_DROP_NEWS = f"""
    DELETE FROM sandbox.log WHERE at < clock_timestamp() - {_STAYS} AND number < (SELECT number FROM sandbox.head)
    AND (kind <> ALL(%(kinds)s) OR tenant NOT IN (SELECT name FROM sandbox.tenants))
"""  # noqa: S608 - made of constants
_DROP_BASES = f"""
    DELETE FROM sandbox.bases WHERE at < clock_timestamp() - {_UNUSED}
    AND number <> ALL(%(used)s) AND number NOT IN (SELECT base FROM sandbox.tenants)
"""  # noqa: S608 - made of constants
