"""Where the tenants of many workers are kept: bases, and the log since."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from io import BytesIO
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import msgspec

from sandbox_server.persistence import log, replay, snapshot
from sandbox_server.persistence.log import KeptServer, KeptTenant
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.postgres.connection import Connection, Database, DatabaseError
from sandbox_server.persistence.postgres.replica import Entry, Kind, Replica

_PART_BYTES = 8 * 1024 * 1024
_ROWS = 2000
_SERVER = ""
"""What stands for the server where others name their tenant."""


class Begun(msgspec.Struct, frozen=True, array_like=True):
    """
    What a tenant is, as the log tells it.

    Args:
        base: The world that it begins as, or goes back to; None where it goes on.
    """

    kept: KeptTenant
    base: int | None


class TenantLog:
    """One tenant's log, and its turns."""

    def __init__(self, replica: Replica, tenant: str) -> None:
        self._replica = replica
        self._tenant = tenant

    def append(self, record: bytes) -> None:
        """Keep what a transaction is about to change."""
        self._replica.append(Entry(self._tenant, Kind.CHANGES, record))

    def take(self) -> None:
        """Wait for the tenant's turn, with everything done that was done before."""
        self._replica.take_turn(self._tenant)

    def end(self) -> None:
        """Let others have their turn."""
        self._replica.end_turn()


class PostgresVault:
    """
    Tenants in a PostgreSQL database, for as many workers as there are.

    Args:
        database: The connection, opened.
        replica: This worker's part in the log.
    """

    def __init__(self, database: Database, replica: Replica) -> None:
        self._database = database
        self._replica = replica
        self._kept: WeakKeyDictionary[MemoryPersistence, int] = WeakKeyDictionary()
        self._bases: WeakValueDictionary[int, MemoryPersistence] = WeakValueDictionary()

    def server(self) -> KeptServer | None:
        """Return what was put last; None in a new database."""
        row = self._one("SELECT kept FROM sandbox.server")
        return None if row is None else read_server(row[0])

    def put_server(self, server: KeptServer) -> None:
        """Keep what the server is."""
        kept = _pack(server)
        with self._replica.together(_SERVER):
            with self._replica.transaction() as connection:
                connection.execute(_PUT_SERVER, (kept,))
            self._replica.append(Entry(_SERVER, Kind.SERVER, kept))

    def tenants(self) -> Sequence[KeptTenant]:
        """Return the tenants in order of their coming."""
        with self._database.use() as connection:
            rows = connection.execute("SELECT kept FROM sandbox.tenants", binary=True).fetchall()
        return sorted((_read_tenant(kept) for (kept,) in rows), key=lambda tenant: tenant.number)

    def world(self, tenant: str) -> tuple[MemoryPersistence, datetime | None]:
        """Return a tenant's world, and the time of the last transaction in its log, if there is one."""
        found = self._one("SELECT base, since FROM sandbox.tenants WHERE name = %s", tenant)
        assert found is not None, "only what is there is asked for"
        world, now = self.base(found[0]).fork(), None
        for record in self._records(tenant, found[1], Kind.CHANGES):
            changes = log.read(record)
            replay.apply(world, changes)
            now = changes.now
        return world, now

    def base(self, number: int) -> MemoryPersistence:
        """Return a world that was kept; nobody may change it."""
        world = self._bases.get(number)
        if world is None:
            with self._database.use() as connection:
                world = _read_base(connection, number, self._database.name)
            self._hold(number, world)
        return world

    def keep(self, world: MemoryPersistence) -> int:
        """Keep a world that nobody changes any more; return its number."""
        number = self._kept.get(world)
        if number is None:
            with self._database.use() as connection:
                number = _write_base(connection, world)
            self._hold(number, world)
        return number

    def put(self, tenant: KeptTenant, base: int | None = None) -> None:
        """Keep what a tenant is, and tell the other workers."""
        with self._replica.together(tenant.name):
            entry = Entry(tenant.name, Kind.TENANT, _pack(Begun(tenant, base)))
            with self._replica.transaction() as connection:
                if base is None:
                    connection.execute(
                        "UPDATE sandbox.tenants SET kept = %s WHERE name = %s", (_pack(tenant), tenant.name)
                    )
                else:
                    connection.execute(_BEGIN, (tenant.name, _pack(tenant), base))
            self._replica.append(entry)

    def remove(self, name: str) -> None:
        """Forget a tenant."""
        with self._replica.together(name):
            with self._replica.transaction() as connection:
                connection.execute("DELETE FROM sandbox.tenants WHERE name = %s", (name,))
                connection.execute("DELETE FROM sandbox.buckets WHERE tenant = %s", (name,))
            self._replica.append(Entry(name, Kind.REMOVED, b""))

    def log_of(self, name: str) -> TenantLog:
        """Return a tenant's log."""
        return TenantLog(self._replica, name)

    def together(self) -> AbstractContextManager[None]:
        """Keep all of what is kept in the block, or none of it."""
        return self._replica.together(_SERVER)

    def close(self) -> None:
        """Let go of it."""
        self._database.close()

    def _hold(self, number: int, world: MemoryPersistence) -> None:
        self._kept[world] = number
        self._bases[number] = world

    def _one(self, query: str, *parameters: object) -> tuple[Any, ...] | None:
        with self._database.use() as connection:
            return connection.execute(query, parameters, binary=True).fetchone()

    def _records(self, tenant: str, since: int, kind: Kind) -> Iterator[bytes]:
        while True:
            with self._database.use() as connection:
                rows = connection.execute(_RECORDS, (tenant, since, int(kind), _ROWS), binary=True).fetchall()
            yield from (record for _, record in rows)
            if len(rows) < _ROWS:
                return
            since = rows[-1][0]


_RECORDS = """
    SELECT number, record FROM sandbox.log
    WHERE tenant = %s AND number > %s AND kind = %s ORDER BY number LIMIT %s
"""
_PUT_SERVER = """
    INSERT INTO sandbox.server (kept) VALUES (%s) ON CONFLICT (single) DO UPDATE SET kept = EXCLUDED.kept
"""
_BEGIN = """
    INSERT INTO sandbox.tenants (name, kept, base, since) SELECT %s, %s, %s, number + 1 FROM sandbox.head
    ON CONFLICT (name) DO UPDATE SET kept = EXCLUDED.kept, base = EXCLUDED.base, since = EXCLUDED.since
"""


def _read_base(connection: Connection, number: int, name: str) -> MemoryPersistence:
    stream = BytesIO()
    part = 0
    while True:
        row = connection.execute(
            "SELECT content FROM sandbox.bases WHERE number = %s AND part = %s", (number, part), binary=True
        ).fetchone()
        if row is None:
            break
        stream.write(row[0])
        part += 1
    stream.seek(0)
    try:
        return snapshot.restore(stream, f"world {number} in the database {name}")
    except snapshot.SnapshotError as error:
        raise DatabaseError(f"{error}. Put back a copy of the database, or name another.") from error


def _write_base(connection: Connection, world: MemoryPersistence) -> int:
    stream = BytesIO()
    snapshot.dump(world, stream)
    content = stream.getbuffer()
    parts = [content[start : start + _PART_BYTES] for start in range(0, len(content), _PART_BYTES)]
    row = connection.execute("SELECT nextval('sandbox.base_numbers')").fetchone()
    assert row is not None, "a sequence has a next number"
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sandbox.bases (number, part, content) VALUES (%s, %s, %s)",
            [(row[0], part, bytes(content)) for part, content in enumerate(parts)],
        )
    return int(row[0])


_pack = msgspec.msgpack.Encoder().encode
read_begun = msgspec.msgpack.Decoder(Begun).decode
read_server = msgspec.msgpack.Decoder(KeptServer).decode
_read_tenant = msgspec.msgpack.Decoder(KeptTenant).decode
