"""One worker's part in the log: it applies what others have appended, and appends when it is its turn."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import LiteralString, NamedTuple, Protocol
from zlib import crc32

from psycopg.pq import TransactionStatus

from sandbox_server.domain.errors import Unavailable
from sandbox_server.persistence.postgres.connection import DEADLOCKS, WAITS, Connection, Database

_AT_ONCE = 1000
_LOCKS = 0x5EED0002
_TAIL = (
    "SELECT number, tenant, kind, record, cause, at::text FROM sandbox.log WHERE number > {} ORDER BY number LIMIT {}"
)
_PREPARED_TAIL = _TAIL.format("%s", _AT_ONCE)
_APPEND = """
    WITH head AS (UPDATE sandbox.head SET number = number + cardinality(%(kinds)s) RETURNING number)
    INSERT INTO sandbox.log (number, tenant, kind, record, cause)
    SELECT head.number - cardinality(%(kinds)s) + place, tenant, kind, record, cause
    FROM head, unnest(%(tenants)s::text[], %(kinds)s::smallint[], %(records)s::bytea[], %(causes)s::text[])
        WITH ORDINALITY AS entry (tenant, kind, record, cause, place)
    RETURNING number, at::text
"""


class Kind(IntEnum):
    """What a row of the log tells."""

    CHANGES = 1  # of a world, by a transaction
    BEGUN = 2  # a tenant, or begun anew, with the world of this number
    TENANT = 3  # what it is beside its world
    REMOVED = 4  # a tenant
    SERVER = 5  # what it is beside its tenants
    POWER = 6  # of a tenant, as it stands
    CALLS = 7  # in a tenant's journal
    ASKED = 8  # by a worker, that all tell of their calls
    TOLD = 9  # by a worker, who has


class Entry(NamedTuple):
    """
    Something that is to be told to all workers.

    Args:
        cause: What it is owed to, where it is something that changed a world.
    """

    tenant: str
    kind: Kind
    record: bytes
    cause: str = ""


class Follower(Protocol):
    """Who has all that the log tells of."""

    def follow(self, entry: Entry) -> None:
        """Do what another worker has told."""
        ...

    def begin_anew(self) -> None:
        """Read everything again: more has happened than the log still tells, or something that it does not tell."""
        ...


class Replica:
    """
    The log, as one worker reads and writes it.

    Transactions are of one tenant and hold its lock; appending takes the head's after that, which is held for the
    rest of one statement. So locks are always taken in one order.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._follower: Follower | None = None
        self._generation = 0
        self._applied = 0
        self._tip = ""
        self._own: set[int] = set()
        self._held: set[str] = set()
        self._waiting: list[Entry] | None = None
        self._astray = False
        self.appended = 0
        """How often this worker has appended."""

    @property
    def applied(self) -> int:
        """The number of the row up to which everything is done here."""
        return self._applied

    def begin_at(self, number: int, tip: str, follower: Follower) -> None:
        """
        Go on from here; somebody has everything up to this row.

        Args:
            tip: When that row was written, as the database says it.
        """
        self._applied, self._tip, self._follower = number, tip, follower
        self._own.clear()
        self._astray = False
        self._generation = self._database.generation

    def catch_up(self) -> None:
        """
        Apply everything that is in the log by now.

        Raises:
            Unavailable: The database cannot be asked.
        """
        with self._database.use() as connection:
            self._look_back(connection)
            while True:
                rows = connection.execute(_PREPARED_TAIL, (self._applied,), binary=True).fetchall()
                self._apply(rows)
                if len(rows) < _AT_ONCE:
                    return

    def take_turn(self, tenant: str) -> bool:
        """
        Wait until nobody else is at work on a tenant, and apply all that was done; return False when it was our turn.

        Raises:
            Unavailable: It has taken too long, or the database cannot be asked.
        """
        if tenant in self._held:
            return False
        try:
            self._take(tenant)
        except BaseException:
            self._held.clear()
            raise
        return True

    def _take(self, tenant: str) -> None:
        with self._database.use() as connection:
            self._look_back(connection)
            begin = "" if self._held else "BEGIN;"
            tail = _TAIL.format(self._applied, _AT_ONCE)
            cursor = connection.execute(
                f"{begin} SELECT pg_advisory_xact_lock({_LOCKS}, {key_of(tenant)}); {tail}".encode(), prepare=False
            )
            while cursor.nextset():
                pass
            self._held.add(tenant)
            rows = cursor.fetchall()
            self._apply(rows)
            while len(rows) == _AT_ONCE:
                rows = connection.execute(_PREPARED_TAIL, (self._applied,), binary=True).fetchall()
                self._apply(rows)

    def end_turn(self) -> None:
        """Let others have their turn; what was not appended is not told."""
        if self._held and self._waiting is None:
            self._held.clear()
            self._do("COMMIT")  # of nothing; after a ROLLBACK psycopg would prepare every statement anew

    @contextmanager
    def turn(self, tenant: str) -> Iterator[None]:
        """
        Have a turn in which everything that is appended is told at its end, however it ends.

        Raises:
            Unavailable: It cannot be told.
        """
        self.take_turn(tenant)
        if self._waiting is not None:
            yield
            return
        self._waiting = []
        try:
            yield
        finally:
            entries, self._waiting = self._waiting, None
            self._astray = self._astray or bool(entries)
            try:
                if entries:
                    self._tell(entries)
                    self._astray = False
            finally:
                self.end_turn()

    @contextmanager
    def together(self, tenant: str) -> Iterator[None]:
        """
        Have a turn in which everything that is appended is told at its end, or nothing; what is done in memory stays.

        Raises:
            Unavailable: It cannot be told.
        """
        with self.turn(tenant):
            assert self._waiting is not None, "a turn gathers what is told"
            before = len(self._waiting)
            self._do("SAVEPOINT together")
            try:
                yield
            except BaseException:
                del self._waiting[before:]
                with suppress(Unavailable):
                    self._do("ROLLBACK TO SAVEPOINT together")
                raise
            self._do("RELEASE SAVEPOINT together")

    def _do(self, statement: LiteralString) -> None:
        with self._database.use() as connection:
            connection.execute(statement)

    def append(self, *entries: Entry) -> None:
        """
        Tell all workers, and end the turn; within `turn` and `together`, at their end.

        Raises:
            Unavailable: It cannot be told, and is not.
        """
        if self._waiting is not None:
            self._waiting += entries
            return
        self._tell(entries)

    def _tell(self, entries: Sequence[Entry]) -> None:
        tenants, kinds, records, causes = map(list, zip(*entries, strict=True))
        parameters = {"tenants": tenants, "kinds": [*map(int, kinds)], "records": records, "causes": causes}
        held, self._held = self._held, set()
        with self._database.use(undone=(*DEADLOCKS, *WAITS)) as connection:
            if not held or connection.info.transaction_status is not TransactionStatus.INTRANS:
                raise Unavailable("The turn is over: it took too long, or the database was lost. Try again.")
            with connection.pipeline():
                cursor = connection.execute(_APPEND, parameters)
                connection.execute("COMMIT")
        numbers = cursor.fetchall()
        self.appended += 1
        for number, tip in numbers:
            if number == self._applied + 1:
                self._applied, self._tip = number, tip
            else:
                self._own.add(number)

    def _apply(self, rows: Sequence[tuple[int, str, int, bytes, str, str]]) -> None:
        for number, tenant, kind, record, cause, tip in rows:
            if number != self._applied + 1:
                self._astray = True
                raise Unavailable("This worker has fallen far behind, and reads everything again. Try again.")
            if number in self._own:
                self._own.discard(number)
            else:
                assert self._follower is not None, "who reads the log has somebody who follows it"
                self._follower.follow(Entry(tenant, Kind(kind), record, cause))
            self._applied, self._tip = number, tip

    def _look_back(self, connection: Connection) -> None:
        """See whether the database still knows what this worker has, and this worker only what the database knows."""
        if self._astray or (self._generation != self._database.generation and not self._is_known(connection)):
            assert self._follower is not None, "who reads the log has somebody who follows it"
            self._held.clear()
            self._follower.begin_anew()
        elif self._generation != self._database.generation:
            self._held.clear()
        self._generation = self._database.generation

    def _is_known(self, connection: Connection) -> bool:
        newest = max(self._own, default=self._applied)
        row = connection.execute(
            "SELECT (SELECT number FROM sandbox.head), (SELECT at::text FROM sandbox.log WHERE number = %s)",
            (self._applied,),
        ).fetchone()
        return row is not None and row[0] >= newest and (row[1] == self._tip or self._applied == 0)


def key_of(tenant: str) -> int:
    """Return the number of a tenant's lock; two that share one merely wait for each other."""
    return crc32(tenant.encode()) - (1 << 31)
