"""One worker's part in the log: it applies what others have appended, and appends when it is its turn."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import LiteralString

from psycopg.pq import TransactionStatus

from sandbox_server.domain.errors import Unavailable
from sandbox_server.persistence.postgres.connection import DEADLOCKS, WAITS, Connection, Database
from sandbox_server.persistence.postgres.entries import Entry, Follower, Kind
from sandbox_server.persistence.postgres.group import MOST, Group
from sandbox_server.persistence.postgres.statements import APPEND, AT_ONCE, LOCKS, PREPARED_TAIL, TAIL, key_of
from sandbox_server.services.anew import until_done

_BESIDE_WORLDS = (Kind.CALLS, Kind.POWER)
"""What may be told of a tenant whose changes here are not told yet."""

logger = logging.getLogger("sandbox.workers")


class Replica:
    """
    The log, as one worker reads and writes it.

    Transactions are of one tenant and hold its lock; appending takes the head's after that, which is held for the
    rest of one statement. So locks are always taken in one order.

    Where there is somebody who settles it soon, transactions of a tenant share a turn: they are done in memory one
    after the other, and told together. Until then nobody may be answered by what they did.
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
        self._soon: Callable[[Callable[[], None]], object] | None = None
        self._group: Group | None = None
        self._is_at_work = False
        self.appended = 0
        """How often this worker has appended."""
        self.undone = 0
        """How often it had to undo what was done and could not be told."""
        database.before_use(self._make_way)

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

    def settle_by(self, soon: Callable[[Callable[[], None]], object]) -> None:
        """
        Let transactions share their turns from now on.

        Args:
            soon: Has something done when those are through that are ready now.
        """
        self._soon = soon

    async def settled(self) -> None:
        """Wait until everything that is done here by now is told, or undone."""
        if self._group is not None:
            await self._group.over.wait()

    def catch_up(self) -> None:
        """
        Apply everything that is in the log by now.

        Raises:
            Unavailable: The database cannot be asked.
        """
        with self._database.lend() as connection:
            self._look_back(connection)
            while True:
                rows = connection.execute(PREPARED_TAIL, (self._applied,), binary=True).fetchall()
                self._apply(rows)
                if len(rows) < AT_ONCE:
                    return

    def take_turn(self, tenant: str) -> bool:
        """
        Wait until nobody else is at work on a tenant, and apply all that was done; return False when it was our turn.

        Raises:
            Unavailable: It has taken too long, or the database cannot be asked.
        """
        if tenant in self._held:
            self._is_at_work = True
            return False
        if self._waiting is None:
            self.settle()
        try:
            self._take(tenant)
        except BaseException:
            self._held.clear()
            raise
        self._is_at_work = True
        return True

    def _take(self, tenant: str) -> None:
        with self._database.lend() as connection:
            self._look_back(connection)
            begin = "" if self._held else "BEGIN;"
            tail = TAIL.format(self._applied, AT_ONCE)
            cursor = connection.execute(
                f"{begin} SELECT pg_advisory_xact_lock({LOCKS}, {key_of(tenant)}); {tail}".encode(), prepare=False
            )
            while cursor.nextset():
                pass
            self._held.add(tenant)
            rows = cursor.fetchall()
            self._apply(rows)
            while len(rows) == AT_ONCE:
                rows = connection.execute(PREPARED_TAIL, (self._applied,), binary=True).fetchall()
                self._apply(rows)

    def end_turn(self) -> None:
        """Let others have their turn, or those who share it; what was not appended is not told."""
        if self._waiting is not None:
            return
        self._is_at_work = False
        if self._group is not None and len(self._group.entries) >= MOST:
            self.settle()
        elif self._group is None:
            self._let_go()

    def _let_go(self) -> None:
        if self._held:
            self._held.clear()
            self._do("COMMIT")  # of nothing; after a ROLLBACK psycopg would prepare every statement anew

    @contextmanager
    def turn(self, tenant: str) -> Iterator[None]:
        """
        Have a turn in which everything that is appended is told at its end, however it ends.

        Raises:
            Unavailable: It cannot be told.
        """
        if self._waiting is None:
            self.settle()
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
        with self._database.lend() as connection:
            connection.execute(statement)

    def append(self, *entries: Entry) -> None:
        """
        Tell all workers, and end the turn; within `turn` and `together`, at their end; in a shared turn, soon.

        Raises:
            Unavailable: It cannot be told, and is not.
        """
        if self._waiting is not None:
            self._waiting += entries
        elif self._soon is None or not self._held:
            self._tell(entries)
        else:
            if self._group is None:
                self._group = Group(entries[0].tenant)
                self._soon(self.settle)
            self._group.entries += entries

    def _make_way(self) -> None:
        if not self._is_at_work:
            self.settle()

    def settle(self) -> None:
        """Tell what was done in a shared turn, or undo it, and let others have theirs."""
        self._is_at_work = False
        group = self._group
        if group is None:
            return
        try:
            until_done(partial(self._tell_group, group))
            self._part()
        except Unavailable as error:
            logger.warning("what was done here cannot be kept, and is undone: %s", error)
        finally:
            self._undo()

    def _tell_group(self, group: Group) -> None:
        if not self._held:  # others were in the way
            self._take(group.tenant)
        if self._group is not group:
            raise Unavailable("Everything was read again meanwhile. Try again.")
        self._tell(group.entries)

    def _undo(self) -> None:
        """Have everything read again before anybody sees what is done and not told, if anything is."""
        if self._group is not None:
            self._astray = True
            self.undone += 1
            self._part()
            with suppress(Unavailable):
                self._let_go()

    def _part(self) -> None:
        if self._group is not None:
            self._group.over.set()
            self._group = None

    def _tell(self, entries: Sequence[Entry]) -> None:
        tenants, kinds, records, causes = map(list, zip(*entries, strict=True))
        parameters = {"tenants": tenants, "kinds": [*map(int, kinds)], "records": records, "causes": causes}
        held, self._held = self._held, set()
        with self._database.lend(undone=(*DEADLOCKS, *WAITS)) as connection:
            if not held or connection.info.transaction_status is not TransactionStatus.INTRANS:
                raise Unavailable("The turn is over: it took too long, or the database was lost. Try again.")
            with connection.pipeline():
                cursor = connection.execute(APPEND, parameters)
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
                if self._group is not None and tenant == self._group.tenant and kind not in _BESIDE_WORLDS:
                    raise Unavailable("Others have changed the tenant since it was changed here. Try again.")
                assert self._follower is not None, "who reads the log has somebody who follows it"
                self._follower.follow(Entry(tenant, Kind(kind), record, cause))
            self._applied, self._tip = number, tip

    def _look_back(self, connection: Connection) -> None:
        """See whether the database still knows what this worker has, and this worker only what the database knows."""
        if self._group is not None and (self._astray or self._generation != self._database.generation):
            self._undo()
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
