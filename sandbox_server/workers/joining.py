"""A sandbox that is one of many workers over a database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox_server.app import Progress, create_sandbox, found_sandbox
from sandbox_server.asgi import ASGIApp
from sandbox_server.control.worker import Worker
from sandbox_server.persistence.postgres.beside import Beside
from sandbox_server.persistence.postgres.connection import Database
from sandbox_server.persistence.postgres.replica import Replica
from sandbox_server.persistence.postgres.schema import prepare
from sandbox_server.persistence.postgres.tidying import Tidying
from sandbox_server.persistence.postgres.vault import PostgresVault
from sandbox_server.settings import Settings


def found(settings: Settings, progress: Progress) -> None:
    """
    See to it that the database has the tables and a world; where others do so at the same time, the first one does.

    Raises:
        DatabaseError: The database cannot be used.
        FixtureError: The fixture is missing, or is not one.
    """
    with _opened(settings) as (_, vault), vault.founding():
        found_sandbox(settings, vault, progress)


def join(settings: Settings) -> ASGIApp:
    """
    Return a sandbox that has the tenants of a database, as others may.

    Raises:
        DatabaseError: The database cannot be used, or has another world than the settings name.
    """
    _, vault = _open(settings)
    aside = Database(_url(settings))
    aside.open()
    worker = Worker(vault, Beside(aside, vault.replica), Tidying(Database(_url(settings))))
    return create_sandbox(settings, vault=vault, worker=worker)


def whereabouts(settings: Settings) -> str:
    """Return where the tenants are kept, without secrets."""
    return f"PostgreSQL, {Database(_url(settings)).name}; {settings.workers} workers here"


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Database, PostgresVault]]:
    database, vault = _open(settings)
    try:
        yield database, vault
    finally:
        database.close()


def _open(settings: Settings) -> tuple[Database, PostgresVault]:
    # A call is answered when the disk has it, and the tenant is free before: others need not wait for the disk.
    database = Database(_url(settings), synchronous_commit="off")
    database.open()
    try:
        with database.use() as connection:
            prepare(connection)
    except BaseException:
        database.close()
        raise
    return database, PostgresVault(database, Replica(database))


def _url(settings: Settings) -> str:
    assert settings.database is not None, "only who names a database has workers"
    return settings.database
