"""Where the tenants of many workers are kept: bases, and the log since."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, LiteralString
from weakref import WeakValueDictionary

import msgspec

from sandbox_server.domain.errors import Unavailable
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.persistence import log, replay
from sandbox_server.persistence.log import KeptServer, KeptTenant
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.postgres import bases
from sandbox_server.persistence.postgres.answers import SharedAnswers
from sandbox_server.persistence.postgres.asking import Asking
from sandbox_server.persistence.postgres.calendar import Calendar
from sandbox_server.persistence.postgres.connection import Database
from sandbox_server.persistence.postgres.entries import Entry, Follower, Kind
from sandbox_server.persistence.postgres.replica import Replica
from sandbox_server.persistence.postgres.tidying import Fold
from sandbox_server.persistence.postgres.turns import SharedLock, TenantLog

_ROWS = 2000
_FOUNDING = 0x5EED0005
_LONG = 16 * 1024 * 1024
SERVER = ""
"""What stands for the server where others name their tenant."""


class PostgresVault:
    """
    Tenants in a PostgreSQL database, for as many workers as there are.

    Args:
        database: The connection, opened.
        replica: This worker's part in the log.
    """

    def __init__(self, database: Database, replica: Replica) -> None:
        self.replica = replica
        self.asking = Asking(database, replica)
        self.answers = SharedAnswers(database)
        self._database = database
        self._bases: WeakValueDictionary[int, MemoryPersistence] = WeakValueDictionary()
        self._held: list[MemoryPersistence] = []
        self._logs: dict[str, TenantLog] = {}
        self._calendar = Calendar(database)

    def server(self) -> KeptServer | None:
        """Return what was put last; None in a new database."""
        row = self._one("SELECT kept FROM sandbox.server")
        return None if row is None else read_server(row[0])

    def put_server(self, server: KeptServer) -> None:
        """Keep what the server is."""
        self._tell(Entry(SERVER, Kind.SERVER, _pack(server)), _PUT_SERVER, kept=_pack(server))

    def tenants(self) -> Sequence[KeptTenant]:
        """Return what the tenants are, in order of their coming."""
        with self._database.use() as connection:
            rows = connection.execute(_TENANTS, binary=True).fetchall()
            changed = connection.execute("SELECT tenant, name, kept FROM sandbox.powers", binary=True).fetchall()
        tenants = {tenant.name: tenant for tenant in (self.read_tenant(kept) for (kept,) in rows)}
        for tenant, power, kept in changed:
            tenants[tenant].powers[power] = kept
        return sorted(tenants.values(), key=lambda tenant: tenant.number)

    def world(self, name: str) -> tuple[MemoryPersistence, datetime | None]:
        """Return a tenant's world, and the time of its last change, if there was one."""
        row = self._one("SELECT base, since FROM sandbox.tenants WHERE name = %s", name)
        assert row is not None, "only what is there is asked for"
        world, now = self.begun(name, row[0]), None
        for record in self._records(name, row[1]):
            changes = log.read(record)
            replay.apply(world, changes)
            now = changes.now if now is None else max(now, changes.now)
        return world, now

    def begun(self, name: str, base: int) -> MemoryPersistence:
        """Return a tenant's world as it began."""
        world = self.base(base).fork()
        world.log = self._new_log(name)
        return world

    def base(self, number: int) -> MemoryPersistence:
        """Return a world that was kept; nobody may change it."""
        world = self._bases.get(number)
        if world is None:
            with self._database.use() as connection:
                world = self._bases[number] = bases.read(connection, number, self._database.name)
            self._held.append(world)
        return world

    def new_worker(self) -> int:
        """Return a number for a worker that no other has had."""
        row = self._one("SELECT nextval('sandbox.workers')")
        assert row is not None, "a sequence has a next number"
        return int(row[0])

    @contextmanager
    def founding(self) -> Iterator[None]:
        """Have nobody else found a world meanwhile, however long that takes; wait for whoever does."""
        with self._database.use() as connection:
            connection.execute("SET lock_timeout = 0; SET statement_timeout = 0", prepare=False)
            connection.execute("SELECT pg_advisory_lock(%s)", (_FOUNDING,))
            connection.execute("RESET lock_timeout; RESET statement_timeout", prepare=False)
        try:
            yield
        finally:
            with suppress(Unavailable), self._database.use() as connection:
                connection.execute("SELECT pg_advisory_unlock(%s)", (_FOUNDING,))

    @contextmanager
    def reading(self, follower: Follower) -> Iterator[None]:
        """
        Read everything as it is at one moment; the follower has all that was told by then, if it comes to the end.

        Raises:
            Unavailable: The database is lost meanwhile.
        """
        with self._database.use() as connection:
            # Others do not wait for it, so that it may take the time that a large world takes.
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        row = self._one(_HEAD)
        assert row is not None, "the log has a head"
        try:
            yield
        finally:
            with self._database.use() as connection:
                connection.execute("ROLLBACK")
        self.replica.begin_at(row[0], row[1] or "", follower)

    def loaded(self) -> None:
        """Be told that the tenants are there: what was read for several of them need not be held any longer."""
        self._held.clear()

    def keep(self, world: MemoryPersistence, *, frozen: bool = True) -> int:
        """Keep a world as it stands; return its number."""
        known = next((number for number, kept in self._bases.items() if kept is world), None)
        if known is not None:
            return known
        with self._database.use() as connection:
            number = bases.write(connection, world)
        if frozen:
            self._bases[number] = world
        return number

    def begin(self, name: str, base: int) -> TenantLog:
        """Begin a tenant, or begin it anew, as a world that was kept; return its log, in which there is nothing."""
        self._tell(Entry(name, Kind.BEGUN, str(base).encode()), _BEGIN, name=name, base=base)
        return self._new_log(name)

    def put(self, tenant: KeptTenant) -> None:
        """Keep what a tenant is beside its world; it was begun before."""
        kept = _pack((tenant, self._calendar.at(tenant.clock.read_ns)))
        self._tell(Entry(tenant.name, Kind.TENANT, kept), _PUT, kept=kept, name=tenant.name)

    def put_power(self, tenant: str, power: str, kept: bytes) -> None:
        """Keep what one of a tenant's powers has become."""
        self._tell(Entry(tenant, Kind.POWER, _pack((power, kept))), _PUT_POWER, tenant=tenant, power=power, kept=kept)

    def read_tenant(self, kept: bytes) -> KeptTenant:
        """Return what a tenant is; its clock has gone on since it was kept."""
        tenant, kept_at = _read_tenant(kept)
        clock = tenant.clock
        passed = clock.scale * (self._calendar.at(monotonic_ns()) - kept_at)
        now = clock.now + timedelta(milliseconds=max(0, int(1000 * passed)))
        return msgspec.structs.replace(tenant, clock=msgspec.structs.replace(clock, now=now))

    def founded_ns(self) -> int:
        """Return the monotonic time here at which the tenants' server was founded."""
        row = self._one("SELECT extract(epoch FROM at)::float8 FROM sandbox.form")
        assert row is not None, "there is a form"
        return self._calendar.here(row[0])

    def calls(self, tenant: str) -> Iterator[bytes]:
        """Return what was told of calls to a tenant, in order."""
        return self._records(tenant, 0, Kind.CALLS)

    def causes(self, tenant: str) -> set[str]:
        """Return what changes of a tenant's world are owed to, as far back as that is known."""
        with self._database.use() as connection:
            rows = connection.execute(_CAUSES, (tenant, int(Kind.CHANGES)), binary=True).fetchall()
        return {cause for (cause,) in rows}

    def put_calls(self, tenant: str, record: bytes, last: int) -> None:
        """
        Tell of calls to a tenant.

        Args:
            last: The number of the last one.
        """
        with self.replica.turn(tenant):
            self.replica.append(Entry(tenant, Kind.CALLS, record, str(last)))

    def drop_calls(self, tenant: str) -> None:
        """Tell that all calls to a tenant are forgotten."""
        self._tell(Entry(tenant, Kind.CALLS, b"", "0"), _DROP_CALLS, tenant=tenant, kind=int(Kind.CALLS))

    def remove(self, name: str) -> None:
        """Forget a tenant."""
        self._forget_log(name)
        self._tell(Entry(name, Kind.REMOVED, b""), _REMOVE, name=name)

    def grown(self, name: str, size: int) -> None:
        """Know that another worker has written so many bytes into a tenant's log."""
        if name in self._logs:
            self._logs[name].size += size

    def folding(self, name: str, world: MemoryPersistence) -> Fold | None:
        """Return what makes a tenant's log short again, where it has grown longer than its base."""
        grown = self._logs.get(name)
        if grown is None or grown.size <= _LONG:
            return None
        row = self._one(_SIZE, name)
        if row is None or grown.size <= row[1]:
            return None
        grown.size = 0
        with self.replica.turn(name):
            return Fold(name, world.fork(), self.replica.applied, row[0])

    def tidy(self, _name: str, _world: MemoryPersistence, *, at_stop: bool = False) -> None:
        """Leave it to the one of the workers that does so for all."""

    def turn(self, name: str) -> AbstractContextManager[None]:
        """See to it that no other worker changes what a tenant is, or without a name which there are."""
        return self.replica.turn(name)

    def lock_of(self, name: str) -> "SharedLock":
        """Return a lock that one worker's call has at a time; it may be held while others are answered."""
        return SharedLock(self._database, self.replica, name)

    async def calls_are_told(self) -> None:
        """Wait until other workers have told of the calls that they have answered by now."""
        await self.asking.all_have_told()

    def together(self) -> AbstractContextManager[None]:
        """Keep all of what is kept in the block, or none of it. Nothing may be awaited in it."""
        return self.replica.together(SERVER)

    def close(self) -> None:
        """Let go of it."""
        self.replica.settle()
        self._database.close()

    def _new_log(self, name: str) -> TenantLog:
        self._forget_log(name)
        log_ = self._logs[name] = TenantLog(self.replica, name)
        return log_

    def _forget_log(self, name: str) -> None:
        if name in self._logs:
            self._logs.pop(name).counts = False

    def _tell(self, entry: Entry, query: LiteralString, **parameters: object) -> None:
        """Write something into a table, and tell the other workers."""
        with self.replica.turn(entry.tenant):
            with self._database.use() as connection:
                connection.execute(query, parameters)
            self.replica.append(entry)

    def _one(self, query: LiteralString, *parameters: object) -> tuple[Any, ...] | None:
        with self._database.use() as connection:
            return connection.execute(query, parameters, binary=True).fetchone()

    def _records(self, tenant: str, since: int, kind: Kind = Kind.CHANGES) -> Iterator[bytes]:
        while True:
            with self._database.use() as connection:
                rows = connection.execute(_RECORDS, (tenant, since, int(kind), _ROWS), binary=True).fetchall()
            yield from (record for _, record in rows)
            if len(rows) < _ROWS:
                return
            since = rows[-1][0]


_TENANTS = "SELECT kept FROM sandbox.tenants WHERE kept IS NOT NULL"
_SIZE = """
    SELECT base, (SELECT sum(length(content)) FROM sandbox.bases WHERE number = base)::bigint
    FROM sandbox.tenants WHERE name = %s
"""
_HEAD = "SELECT head.number, at::text FROM sandbox.head LEFT JOIN sandbox.log USING (number)"
_RECORDS = """
    SELECT number, record FROM sandbox.log
    WHERE tenant = %s AND number > %s AND kind = %s ORDER BY number LIMIT %s
"""
_CAUSES = "SELECT DISTINCT cause FROM sandbox.log WHERE tenant = %s AND kind = %s"
_DROP_CALLS = "DELETE FROM sandbox.log WHERE tenant = %(tenant)s AND kind = %(kind)s"
_PUT_SERVER = """
    INSERT INTO sandbox.server (kept) VALUES (%(kept)s) ON CONFLICT (single) DO UPDATE SET kept = EXCLUDED.kept
"""
_BEGIN = """
    INSERT INTO sandbox.tenants (name, base, since) SELECT %(name)s, %(base)s, number FROM sandbox.head
    ON CONFLICT (name) DO UPDATE SET base = EXCLUDED.base, since = EXCLUDED.since
"""
_REMOVE = "DELETE FROM sandbox.tenants WHERE name = %(name)s"
_PUT = """
    WITH outdated AS (DELETE FROM sandbox.powers WHERE tenant = %(name)s)
    UPDATE sandbox.tenants SET kept = %(kept)s WHERE name = %(name)s
"""
_PUT_POWER = """
    INSERT INTO sandbox.powers (tenant, name, kept) VALUES (%(tenant)s, %(power)s, %(kept)s)
    ON CONFLICT (tenant, name) DO UPDATE SET kept = EXCLUDED.kept
"""

_pack = msgspec.msgpack.Encoder().encode
read_power = msgspec.msgpack.Decoder(tuple[str, bytes]).decode
read_server = msgspec.msgpack.Decoder(KeptServer).decode
_read_tenant = msgspec.msgpack.Decoder(tuple[KeptTenant, float]).decode
