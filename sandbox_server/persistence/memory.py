"""A world in memory: tables of packed entities, and transactions that stage their writes until they commit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Generic, TypeVar, cast

import msgspec

from sandbox_server.domain.arrivals import Arrivals
from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.events import DueEvent, Event
from sandbox_server.domain.inventory import Movement, StockLevel
from sandbox_server.domain.orders import Order
from sandbox_server.domain.returns import Return
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.stores import Store, StoreLoad
from sandbox_server.domain.tills import CountChange, Opening, Phantom
from sandbox_server.persistence.columns import Columns
from sandbox_server.persistence.movements import Movements
from sandbox_server.persistence.tables import DUE, SPECS, Spec
from sandbox_server.services.changes import UNTOLD, heard_by
from sandbox_server.services.ports import Packed, Page, Query, Replay
from sandbox_server.traffic.credentials import Credential, Token

E = TypeVar("E", bound=msgspec.Struct)
T = TypeVar("T")
Deadline = tuple[datetime, int, str]
"""When, in which order among those of one instant, and the key of what is due."""


class MemoryPersistence:
    """
    One tenant's world in this process's memory.

    Transactions must not overlap: the caller runs them one after the other, in one thread.
    """

    def __init__(self, seed: int, currency: str) -> None:
        self.seed = seed
        self.currency = currency
        self.columns: dict[str, Columns[Any]] = {spec.name: Columns(spec) for spec in SPECS}
        self.movements = Movements()
        self.deadlines: list[Deadline] = []

    def fork(self) -> "MemoryPersistence":
        """Return a world of its own that starts as this one stands; what is equal is shared."""
        twin = MemoryPersistence(self.seed, self.currency)
        twin.columns = {name: columns.copy() for name, columns in self.columns.items()}
        twin.movements = self.movements.copy()
        twin.deadlines = self.deadlines.copy()
        return twin

    @contextmanager
    def begin(self, cause: str, now: datetime) -> Iterator["MemoryTransaction"]:
        """Open a transaction that commits at the end of the block and is forgotten when the block raises."""
        transaction = MemoryTransaction(self, cause, now)
        try:
            yield transaction
        except BaseException:
            transaction.rollback()
            raise
        transaction.finish()

    @contextmanager
    def read(self, now: datetime) -> Iterator["MemoryTransaction"]:
        """Open a transaction whose writes, if it made any, are forgotten."""
        transaction = MemoryTransaction(self, "", now)
        try:
            yield transaction
        finally:
            transaction.rollback()


class MemoryTable(Generic[E]):
    """A table as one transaction sees it: what it has staged lies over what is committed."""

    def __init__(self, columns: Columns[E]) -> None:
        self._columns = columns
        self._spec: Spec[E] = columns.spec
        self.staged: dict[str, E | None] = {}
        self._inserted = 0

    def get(self, key: str) -> E | None:
        """Return the entity with this key."""
        if key in self.staged:
            return self.staged[key]
        return self._columns.get(key)

    @property
    def name(self) -> str:
        """What the table is called."""
        return self._spec.name

    def committed(self) -> dict[str, Packed | None]:
        """Return the rows under the keys that are staged, as they are without that."""
        positions, rows = self._columns.positions, self._columns.rows
        return {key: rows[positions[key]] if key in positions else None for key in self.staged}

    def has(self, key: str) -> bool:
        """Whether there is an entity with this key."""
        if key in self.staged:
            return self.staged[key] is not None
        return key in self._columns.positions

    def put(self, entity: E) -> None:
        """Stage an insert or a replacement."""
        key = self._spec.key(entity)
        if key not in self.staged and key not in self._columns.positions:
            self._inserted += 1
        self.staged[key] = entity

    def remove(self, key: str) -> None:
        """Stage a removal."""
        if self.has(key):
            self.staged[key] = None

    def count(self) -> int:
        """Return how many entities were ever inserted."""
        return len(self._columns.rows) - 1 + self._inserted

    def page(self, query: Query) -> Page[E]:
        """Return one page of what is committed."""
        return self._columns.page(query)

    def select(self, **where: str) -> Iterator[E]:
        """Return every entity with these index values."""
        committed = list(self._columns.select(where))
        for key in committed:
            entity = self.get(key)
            if entity is not None and self._fits(entity, where):
                yield entity
        seen = set(committed)
        for key, staged in list(self.staged.items()):
            if key not in seen and staged is not None and self._fits(staged, where):
                yield staged

    def derived(self, build: Callable[[Sequence[E]], T]) -> T:
        """Return what `build` makes of all entities, kept until one of them changes."""
        if self.staged:
            return build(list(self.select()))
        return self._columns.derived(build)

    def unpack(self, packed: Packed) -> E:
        """Return the entity in a row."""
        return self._spec.unpack(packed)

    def flush(self) -> None:
        """Write what is staged."""
        columns = self._columns
        for key, entity in self.staged.items():
            if entity is None:
                columns.remove(key)
            else:
                columns.put(key, entity)

    def _fits(self, entity: E, where: Mapping[str, str]) -> bool:
        spec = self._spec
        return all(value in (spec.fixed.get(name) or spec.moving[name])(entity) for name, value in where.items())


class DueTable(MemoryTable[DueEvent]):
    """What is due, with the staged deadlines in order."""

    def __init__(self, columns: Columns[DueEvent]) -> None:
        super().__init__(columns)
        self.deadlines: list[Deadline] = []

    def put(self, entity: DueEvent) -> None:
        """Stage a due event."""
        super().put(entity)
        heappush(self.deadlines, (entity.due, entity.sequence, entity.key))


class MemoryLedger:
    """The ledger as one transaction sees it."""

    def __init__(self, movements: Movements) -> None:
        self._movements = movements
        self.staged: list[Movement] = []

    def append(self, movement: Movement) -> None:
        """Stage a movement."""
        self.staged.append(movement)

    def page(self, query: Query) -> tuple[Sequence[Movement], int | None]:
        """Return committed movements."""
        return self._movements.page(query)

    def totals(self) -> Mapping[tuple[str, str], tuple[int, int, int]]:
        """Return the sums of what is committed."""
        return self._movements.totals()

    def flush(self) -> None:
        """Write what is staged."""
        for movement in self.staged:
            self._movements.append(movement)


class MemoryTransaction:
    """A unit of work; tables come to be when they are first asked for, for most calls touch two or three."""

    stores: MemoryTable[Store]
    products: MemoryTable[Product]
    levels: MemoryTable[StockLevel]
    loads: MemoryTable[StoreLoad]
    orders: MemoryTable[Order]
    shipments: MemoryTable[Shipment]
    returns: MemoryTable[Return]
    events: MemoryTable[Event]
    due: DueTable
    credentials: MemoryTable[Credential]
    tokens: MemoryTable[Token]
    replays: MemoryTable[Replay]
    openings: MemoryTable[Opening]
    phantoms: MemoryTable[Phantom]
    counts: MemoryTable[CountChange]
    arrivals: MemoryTable[Arrivals]

    def __init__(self, world: MemoryPersistence, cause: str, now: datetime) -> None:
        self.now = now
        self.seed = world.seed
        self.currency = world.currency
        self.cause = cause
        self._world = world
        self._passed: list[Deadline] = []
        self.ledger = MemoryLedger(world.movements)

    def __getattr__(self, name: str) -> MemoryTable[Any]:
        columns = self._world.columns.get(name)
        if columns is None:
            raise AttributeError(name)
        table = DueTable(columns) if name == DUE.name else MemoryTable(columns)
        self.__dict__[name] = table
        return table

    def next_due(self, until: datetime) -> DueEvent | None:
        """Return the first due event at or before the instant."""
        committed, staged = self._world.deadlines, self.due.deadlines
        while committed and not self._stands(committed[0]):
            self._passed.append(heappop(committed))
        while staged and not self._stands(staged[0]):
            heappop(staged)
        if not committed and not staged:
            return None
        first = min(heap[0] for heap in (committed, staged) if heap)
        return self.due.get(first[2]) if first[0] <= until else None

    def _stands(self, deadline: Deadline) -> bool:
        event = self.due.get(deadline[2])
        return event is not None and event.sequence == deadline[1]

    def commit(self) -> None:
        """Write everything that is staged."""
        for value in list(self.__dict__.values()):
            if isinstance(value, MemoryTable):
                value.flush()
        self.ledger.flush()
        due = self.__dict__.get(DUE.name)
        if due is not None:
            for deadline in cast(DueTable, due).deadlines:
                heappush(self._world.deadlines, deadline)

    def finish(self) -> None:
        """Commit, and tell the one who listens what that changed."""
        heard = heard_by(self.cause)
        if heard is None:
            self.commit()
            return
        staged = [one for one in self.__dict__.values() if isinstance(one, MemoryTable) and one.staged]
        told = [table for table in staged if table.name not in UNTOLD]
        before = [table.committed() for table in told]
        self.commit()
        for table, rows in zip(told, before, strict=True):
            after = table.committed()
            heard += [(table.name, key, row, after[key]) for key, row in rows.items() if row != after[key]]

    def rollback(self) -> None:
        """Forget everything that is staged."""
        for deadline in self._passed:
            heappush(self._world.deadlines, deadline)
