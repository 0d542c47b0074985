"""A vault in one SQLite database: worlds, their logs, and what their tenants are."""

import sqlite3
from asyncio import Lock
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from sandbox_server.domain.errors import Unavailable
from sandbox_server.kernel.clock import from_milliseconds, to_milliseconds
from sandbox_server.persistence import log
from sandbox_server.persistence.log import KeptServer, KeptTenant, VaultError
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.replay import apply
from sandbox_server.persistence.snapshot import SnapshotError
from sandbox_server.persistence.sqlite import parts
from sandbox_server.persistence.sqlite.answers import LastingAnswers
from sandbox_server.persistence.sqlite.opening import WORLDS, connect, damaged, holder_of
from sandbox_server.persistence.sqlite.records import PLACES, SqliteLog, span

FILE = "sandbox.db"
_LONG = 16 * 1024 * 1024
_LONG_AT_STOP = 1024 * 1024


class SqliteVault:
    """
    A database that this process has to itself.

    Every record is a transaction of the database, some 30 µs. It survives the end of the process, however that ends.

    Args:
        folder: Where it lies, or is made.

    Raises:
        VaultError: It cannot be had, or is no database of this version's.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._connection = connect(self.path, WORLDS)
        self._logs: dict[str, SqliteLog] = {}
        self._numbers: WeakKeyDictionary[MemoryPersistence, int] = WeakKeyDictionary()
        self._held: list[MemoryPersistence] = []
        self.answers = LastingAnswers(self._read, self._write)

    def server(self) -> KeptServer | None:
        """Return what was put last; None in a new vault."""
        rows = self._read("SELECT content FROM facts WHERE name = 'server'")
        return self._decoded(rows[0][0], KeptServer) if rows else None

    def put_server(self, server: KeptServer) -> None:
        """Keep what the server is."""
        self._write("INSERT OR REPLACE INTO facts VALUES ('server', ?)", (_pack(server),))

    def tenants(self) -> Sequence[KeptTenant]:
        """Return what the tenants are, in order of their coming."""
        rows = self._read("SELECT about FROM tenants WHERE about IS NOT NULL")
        return sorted((self._decoded(about, KeptTenant) for (about,) in rows), key=lambda tenant: tenant.number)

    def world(self, name: str) -> tuple[MemoryPersistence, datetime | None]:
        """Return a tenant's world, which writes into its log; and the time of its last change, if there was one."""
        ((base, number, changed_at),) = self._read("SELECT base, log, changed_at FROM tenants WHERE name = ?", (name,))
        world = self.base(base).fork() if self._is_shared(base) else self._read_base(base)
        now = from_milliseconds(changed_at) if changed_at is not None else None
        world.log = followed = self._logs[name] = SqliteLog(number, self._record)
        for place, content, seal in self._records(number):
            if not followed.follow(place, content, seal):
                raise damaged(self.path, f"record {place % PLACES} of tenant {name} is not as it was written, or gone")
            changes = self._applied(world, content)
            now = changes.now if now is None else max(now, changes.now)
        return world, now

    def base(self, number: int) -> MemoryPersistence:
        """Return a world that was kept; nobody may change it."""
        for world, known in self._numbers.items():
            if known == number:
                return world
        world = self._read_base(number)
        self._numbers[world] = number
        self._held.append(world)
        return world

    def loaded(self) -> None:
        """Be told that the tenants are there: what was read for several of them need not be held any longer."""
        self._held.clear()

    def keep(self, world: MemoryPersistence, *, frozen: bool = True) -> int:
        """
        Keep a world as it stands; return its number.

        Args:
            frozen: Whether nobody changes it any more: then it is written once.
        """
        number = self._numbers.get(world)
        if number is None:
            with self.together():
                number = self._written(world)
            if frozen:
                self._numbers[world] = number
        return number

    def begin(self, name: str, base: int) -> SqliteLog:
        """Begin a tenant, or begin it anew, as a world that was kept; return its log, in which there is nothing."""
        with self.together():
            return self._new_log(name, base, None)

    def put(self, tenant: KeptTenant) -> None:
        """Keep what a tenant is beside its world; it was begun before."""
        self._write("UPDATE tenants SET about = ? WHERE name = ?", (_pack(tenant), tenant.name))

    def remove(self, name: str) -> None:
        """Forget a tenant."""
        with self.together():
            self._drop_log(name)
            self._write("DELETE FROM tenants WHERE name = ?", (name,))
            self._sweep()
        self._logs.pop(name, None)

    def tidy(self, name: str, world: MemoryPersistence, *, at_stop: bool = False) -> None:
        """Write a new base where a tenant's log has grown long; its world is given as it stands."""
        grown = self._logs[name]
        ((size,),) = self._read("SELECT size FROM tenants JOIN bases ON number = base WHERE name = ?", (name,))
        if grown.size <= (max(_LONG_AT_STOP, size // 8) if at_stop else max(_LONG, size // 3)):
            return
        with self.together():
            log_ = self._new_log(name, self._written(world), self._last_change(grown))
            self._sweep()
        world.log = log_

    def turn(self, _name: str) -> AbstractContextManager[None]:
        """Have nobody wait: there is one process."""
        return nullcontext()

    def lock_of(self, _name: str) -> AbstractAsyncContextManager[object]:
        """Return a lock that one call has at a time."""
        return Lock()

    async def calls_are_told(self) -> None:
        """Wait for nobody: there is one process."""

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep all of what is kept in the block, or none of it. Nothing may be awaited in it."""
        if self._connection.in_transaction:
            yield
            return
        logs, numbers = self._logs.copy(), self._numbers.copy()
        self._write("BEGIN IMMEDIATE")
        try:
            yield
            self._write("COMMIT")
        except BaseException:
            self._logs, self._numbers = logs, numbers
            with suppress(sqlite3.Error):  # a failed commit may have rolled back by itself
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Let go of it."""
        with suppress(Unavailable, VaultError, sqlite3.Error), self.together():
            self._sweep()
        self._connection.close()
        holder_of(self.path).unlink(missing_ok=True)

    def _read_base(self, number: int) -> MemoryPersistence:
        try:
            return parts.read(self._connection, number)
        except (SnapshotError, sqlite3.Error) as error:
            raise damaged(self.path, str(error)) from error

    def _is_shared(self, base: int) -> bool:
        """Whether a world is more than one tenant's, or a snapshot's."""
        ((tenants,),) = self._read("SELECT count(*) FROM tenants WHERE base = ?", (base,))
        return tenants > 1 or any(base in tenant.bases for tenant in self.tenants())

    def _new_log(self, name: str, base: int, changed_at: int | None) -> SqliteLog:
        self._drop_log(name)
        ((number,),) = self._read("SELECT coalesce(max(log), 0) + 1 FROM tenants")
        self._write(
            "INSERT INTO tenants VALUES (?1, ?2, ?3, ?4, NULL) ON CONFLICT (name) "
            "DO UPDATE SET base = ?2, log = ?3, changed_at = ?4",
            (name, base, number, changed_at),
        )
        begun = self._logs[name] = SqliteLog(number, self._record)
        return begun

    def _drop_log(self, name: str) -> None:
        for (number,) in self._read("SELECT log FROM tenants WHERE name = ?", (name,)):
            self._write("DELETE FROM records WHERE number BETWEEN ? AND ?", span(number))

    def _sweep(self) -> None:
        """Delete worlds that nobody needs any more."""
        needed = {base for (base,) in self._read("SELECT base FROM tenants")}.union(
            *(tenant.bases for tenant in self.tenants())
        )
        for (number,) in self._read("SELECT number FROM bases"):
            if number not in needed:
                self._write("DELETE FROM parts WHERE base = ?", (number,))
                self._write("DELETE FROM bases WHERE number = ?", (number,))
        kept = ((world, number) for world, number in self._numbers.items() if number in needed)
        self._numbers = WeakKeyDictionary(dict(kept))

    def _last_change(self, grown: SqliteLog) -> int:
        query = "SELECT content FROM records WHERE number BETWEEN ? AND ? ORDER BY number DESC LIMIT 1"
        ((content,),) = self._read(query, span(grown.number))
        return to_milliseconds(log.read(content).now)

    def _record(self, row: tuple[int, bytes, int]) -> None:
        self._write("INSERT INTO records VALUES (?, ?, ?)", row)

    def _records(self, number: int) -> Iterator[tuple[int, bytes, int]]:
        query = "SELECT * FROM records WHERE number BETWEEN ? AND ? ORDER BY number"
        try:
            yield from self._connection.execute(query, span(number))
        except sqlite3.Error as error:
            raise damaged(self.path, str(error)) from error

    def _applied(self, world: MemoryPersistence, content: bytes) -> log.Changes:
        try:
            changes = log.read(content)
            apply(world, changes)
        except (msgspec.MsgspecError, KeyError) as error:
            raise damaged(self.path, f"a record cannot be read: {error}") from error
        return changes

    def _written(self, world: MemoryPersistence) -> int:
        try:
            return parts.write(self._connection, world)
        except sqlite3.Error as error:
            raise self._refusal(error) from error

    def _write(self, statement: str, values: tuple[Any, ...] = ()) -> None:
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._refusal(error) from error

    def _refusal(self, error: sqlite3.Error) -> Unavailable:
        return Unavailable(f"Nothing can be kept in {self.path}: {error}. Make room on its disk, and repeat the call.")

    def _read(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise damaged(self.path, str(error)) from error

    def _decoded(self, content: bytes, kind: type[Any]) -> Any:
        try:
            return msgspec.msgpack.decode(content, type=kind)
        except msgspec.MsgspecError as error:
            raise damaged(self.path, str(error)) from error


_pack = msgspec.msgpack.Encoder().encode
