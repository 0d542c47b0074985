"""Opening a database: a new one is made, one of an older version is moved on, any other is left as it is."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from sandbox_server import __version__
from sandbox_server.kernel.clock import real_now
from sandbox_server.persistence import log, snapshot
from sandbox_server.persistence.log import VaultError
from sandbox_server.services import segments

APPLICATION = 0x41434F52  # "ACOR": what is said of a file that is ours


class Schema(msgspec.Struct, frozen=True):
    """
    What a database holds.

    Args:
        forms: The numbers of the forms of what its rows hold.
        versions: What makes each version of the schema of the one before; the first one begins with nothing.
    """

    forms: tuple[int, ...]
    versions: Sequence[str]


WORLDS = Schema(
    (snapshot.FORM, log.FORM),
    (
        """
        CREATE TABLE facts (name TEXT PRIMARY KEY, content) WITHOUT ROWID;
        CREATE TABLE bases (number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL);
        CREATE TABLE parts (base INTEGER NOT NULL, place INTEGER NOT NULL, content BLOB NOT NULL);
        CREATE INDEX parts_of_bases ON parts (base, place);
        CREATE TABLE tenants (
            name TEXT PRIMARY KEY,
            base INTEGER NOT NULL,
            log INTEGER NOT NULL UNIQUE,
            changed_at INTEGER,
            about BLOB
        ) WITHOUT ROWID;
        CREATE TABLE records (number INTEGER PRIMARY KEY, content BLOB NOT NULL, seal INTEGER NOT NULL);
        """,
        """
        CREATE TABLE answers (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, content BLOB NOT NULL);
        """,
    ),
)
"""
Tenants with their bases and logs. A record's number is that of its log and its place in it; its seal, the checksum of
all records of its log up to this one. And what operators were answered under their idempotency keys, in order.
"""

CALLS = Schema(
    (segments.FORM,),
    (
        """
        CREATE TABLE facts (name TEXT PRIMARY KEY, content) WITHOUT ROWID;
        CREATE TABLE segments (
            tenant TEXT NOT NULL,
            first INTEGER NOT NULL,
            count INTEGER NOT NULL,
            anchor TEXT NOT NULL,
            tip TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER NOT NULL,
            shelved_at INTEGER NOT NULL,
            words TEXT NOT NULL,
            content BLOB NOT NULL
        );
        CREATE UNIQUE INDEX segments_of_tenants ON segments (tenant, first);
        CREATE TABLE marks (tenant TEXT PRIMARY KEY, movements INTEGER NOT NULL, events INTEGER NOT NULL) WITHOUT ROWID;
        """,
    ),
)
"""The calls of tenants' journals, in segments, and how far their worlds had come when they were kept."""


def connect(path: Path, schema: Schema, *, alone: bool = True) -> sqlite3.Connection:
    """
    Return a connection to a database, which is made where there is none.

    Args:
        alone: Whether no other process may have it open.

    Raises:
        VaultError: Another process has it open, it is damaged, another program's, or of a later version; or there is
            no place for it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=alone)
    except (OSError, sqlite3.Error) as error:
        raise VaultError(
            f"Nothing can be kept in {path}: {error}. Choose another --data-dir, or --ephemeral."
        ) from error
    try:
        _take(connection, path, alone=alone)
        _agree(connection, path, schema)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise damaged(path, str(error)) from error
    except BaseException:
        connection.close()
        raise
    return connection


def damaged(path: Path, why: str) -> VaultError:
    """Return what is raised of a file that cannot be read."""
    return VaultError(
        f"{path} is damaged: {why}. It was left as it is. Put a copy of it back, move it away to begin without it, or "
        "choose another --data-dir; --fresh deletes all that is kept."
    )


def forget(path: Path) -> None:
    """
    Delete a database, whatever state it is in; nothing happens where there is none.

    Raises:
        VaultError: Another process has it open, it is another program's, or it cannot be deleted.
    """
    if not path.exists():
        return
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        _take(connection, path, alone=True)
        _refuse_foreign(connection, path)
    try:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", holder_of(path).name):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        raise VaultError(f"{path} cannot be deleted: {error}. Choose another --data-dir.") from error


def holder_of(path: Path) -> Path:
    """Return the file that says which process has a database open."""
    return path.with_name(f"{path.name}.holder")


def _take(connection: sqlite3.Connection, path: Path, *, alone: bool) -> None:
    """Lock the database, for as long as this process lives."""
    try:
        if alone:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        # What is committed survives the process; the last of it may not survive the machine.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise
        raise VaultError(
            f"Another sandbox has {path} open{_whose(path)}. Stop it, or choose another --data-dir, or --ephemeral."
        ) from None
    if alone:
        since = real_now().isoformat(timespec="seconds")
        holder_of(path).write_text(f"process {os.getpid()}, since {since}", encoding="utf-8")


def _whose(path: Path) -> str:
    try:
        return f" ({holder_of(path).read_text(encoding='utf-8')})"
    except (OSError, UnicodeError):
        return ""


def _agree(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    """Make the schema, or move it on, or refuse it."""
    _refuse_foreign(connection, path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(schema.versions):
        raise _of_another_version(path, connection)
    if version:
        _refuse_other_forms(connection, path, schema)
    connection.execute("BEGIN")
    for number, statements in enumerate(schema.versions[version:], version + 1):
        for statement in statements.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute("INSERT OR REPLACE INTO facts VALUES ('version', ?)", (__version__,))
    connection.execute("INSERT OR IGNORE INTO facts VALUES ('forms', ?)", (_text(schema.forms),))
    connection.execute("COMMIT")


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION and tables:
        raise VaultError(f"{path} is another program's database; it was left as it is. Choose another --data-dir.")


def _refuse_other_forms(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    """Refuse rows that hold what this version cannot read."""
    forms = connection.execute("SELECT content FROM facts WHERE name = 'forms'").fetchone()
    if forms is None or forms[0] != _text(schema.forms):
        raise _of_another_version(path, connection)


def _text(forms: Sequence[int]) -> str:
    return ".".join(map(str, forms))


def _of_another_version(path: Path, connection: sqlite3.Connection) -> VaultError:
    found = connection.execute("SELECT content FROM facts WHERE name = 'version'").fetchone()
    version = found[0] if found is not None else "unknown"
    return VaultError(
        f"{path} was written by version {version} of the sandbox, in a form that this version, {__version__}, does not "
        "read; it was left as it is. Go on with that version, choose another --data-dir, or begin anew with --fresh, "
        "which deletes it."
    )
