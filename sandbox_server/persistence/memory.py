"""A world in memory: tables of packed entities, and transactions that stage their writes until they commit."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import islice
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

import msgspec

from sandbox_server.domain.arrivals import Arrivals
from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.events import DueEvent, Event
from sandbox_server.domain.inventory import Movement, StockLevel
from sandbox_server.domain.invoices import Invoice
from sandbox_server.domain.onboarding import Application
from sandbox_server.domain.orders import Order
from sandbox_server.domain.prices import Price
from sandbox_server.domain.promotions import Promotion
from sandbox_server.domain.reports import Draft, Report, ReportDocument
from sandbox_server.domain.returns import Return
from sandbox_server.domain.settlements import Hold, Settlement, SettlementLine
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.stores import Store, StoreLoad
from sandbox_server.domain.tills import CountChange, Opening, Shelf
from sandbox_server.domain.transfers import Transfer
from sandbox_server.domain.webhooks import Attempt, Delivery, Outbox, Subscription
from sandbox_server.persistence.columns import Columns
from sandbox_server.persistence.heaps import rising
from sandbox_server.persistence.log import Log, TableChanges, written
from sandbox_server.persistence.movements import Movements
from sandbox_server.persistence.tables import DUE, SPECS, Spec
from sandbox_server.services.changes import UNTOLD, heard_by
from sandbox_server.services.codec import pack
from sandbox_server.services.ports import Ledger, Packed, Page, Query, Replay, Table
from sandbox_server.traffic.credentials import Credential, Token
from sandbox_server.traffic.journal import Change

E = TypeVar("E", bound=msgspec.Struct)
T = TypeVar("T")
Deadline = tuple[datetime, int, str]
"""When, in which order among those of one instant, and the key of what is due."""


class MemoryPersistence:
    """
    One tenant's world in this process's memory.

    Transactions must not overlap: the caller runs them one after the other, in one thread. A world that is to outlive
    the process has a `log`, which is told of each transaction before it changes anything, and when each may begin; a
    fork has none.
    """

    def __init__(self, seed: int, currency: str, time_zone: str = "UTC") -> None:
        self.seed = seed
        self.currency = currency
        self.time_zone = time_zone
        self.columns: dict[str, Columns[Any]] = {spec.name: Columns(spec) for spec in SPECS}
        self.movements = Movements()
        self.deadlines: list[Deadline] = []
        self.log: Log | None = None

    @property
    def size(self) -> int:
        """How many rows it has, or had."""
        return sum(len(columns.rows) for columns in self.columns.values())

    def fork(self) -> "MemoryPersistence":
        """Return a world of its own that starts as this one stands; what is equal is shared."""
        twin = MemoryPersistence(self.seed, self.currency, self.time_zone)
        twin.columns = {name: columns.copy() for name, columns in self.columns.items()}
        twin.movements = self.movements.copy()
        twin.deadlines = self.deadlines.copy()
        return twin

    def first_due(self) -> datetime | None:
        """Return an instant before which nothing is due."""
        return self.deadlines[0][0] if self.deadlines else None

    def take_turn(self) -> bool:
        """See to it that nobody else changes the world now; return whether somebody may have changed it before."""
        return self.log is not None and self.log.take()

    def begin(self, cause: str, now: datetime) -> "MemoryTransaction":
        """Open a transaction that commits at the end of the block and is forgotten when the block raises."""
        self.take_turn()
        return MemoryTransaction(self, cause, now)

    def read(self, now: datetime) -> "MemoryReading":
        """Open a transaction whose writes, if it made any, are forgotten."""
        return MemoryReading(self, "", now)


class MemoryTable(Generic[E]):
    """A table as one transaction sees it: what it has staged lies over what is committed."""

    __slots__ = ("_columns", "_derived", "_inserted", "_removed", "_spec", "staged")

    def __init__(self, columns: Columns[E]) -> None:
        self._columns = columns
        self._spec: Spec[E] = columns.spec
        self.staged: dict[str, E | None] = {}
        self._removed: dict[str, None] = {}
        self._inserted = 0
        self._derived: dict[Callable[[Sequence[E]], Any], Any] = {}

    def get(self, key: str) -> E | None:
        """Return the entity with this key."""
        if key in self.staged:
            return self.staged[key]
        return self._columns.get(key)

    def get_all(self, keys: Iterable[str]) -> list[E | None]:
        """Return the entities with these keys."""
        return list(map(self.get, keys)) if self.staged else self._columns.get_all(keys)

    @property
    def name(self) -> str:
        """What the table is called."""
        return self._spec.name

    def has(self, key: str) -> bool:
        """Whether there is an entity with this key."""
        if key in self.staged:
            return self.staged[key] is not None
        return key in self._columns.positions

    def put(self, entity: E) -> None:
        """Stage an insert or a replacement."""
        key, staged = self._spec.key(entity), self.staged
        if staged.get(key) is None and (key in staged or key not in self._columns.positions):
            self._inserted += 1
            staged.pop(key, None)  # what was removed comes back as the last one
        staged[key] = entity
        if self._derived:
            self._derived.clear()

    def put_all(self, entities: Mapping[str, E]) -> None:
        """Stage inserts and replacements, given by key."""
        if self.staged or not self._columns.positions.keys() >= entities.keys():
            for entity in entities.values():
                self.put(entity)
            return
        self.staged.update(entities)

    def remove(self, key: str) -> None:
        """Stage a removal."""
        if self.has(key):
            self.staged[key] = self._removed[key] = None
            self._derived.clear()

    def count(self) -> int:
        """Return how many entities were ever inserted."""
        return len(self._columns.rows) - 1 + self._inserted

    def page(self, query: Query) -> Page[E]:
        """Return one page of what is committed."""
        return self._columns.page(query)

    def latest(self, where: Mapping[str, str], below: int, limit: int) -> Page[E]:
        """Return one page of what is committed, the newest first."""
        return self._columns.latest(where, below, limit)

    def rows(self) -> Sequence[Packed | None]:
        """Return every committed row by its position."""
        return tuple(self._columns.rows)  # the garbage collector looks through it once, and through a list each time

    def positions(self, where: Mapping[str, str]) -> Sequence[int]:
        """Return the positions of the committed rows whose indexes have these values, rising."""
        return self._columns.positions_of(where)

    def tally(self, index: str) -> Mapping[str, int]:
        """Return how many committed entities have each value of an index."""
        return self._columns.tally(index)

    def select(self, **where: str) -> Iterator[E]:
        """Return every entity with these index values."""
        for key in self._candidates(where):
            entity = self.get(key)
            if entity is not None and self._fits(entity, where):
                yield entity

    def derived(self, build: Callable[[Sequence[E]], T]) -> T:
        """Return what `build` makes of all entities, kept until one of them changes."""
        if not self.staged:
            return self._columns.derived(build)
        if build not in self._derived:
            self._derived[build] = build(list(self.select()))
        return cast(T, self._derived[build])

    def unpack(self, packed: Packed) -> E:
        """Return the entity in a row."""
        return self._spec.unpack(packed)

    def packed(self) -> dict[str, Packed]:
        """Return what is staged as rows, by key, or fail."""
        if self._removed:
            return {key: pack(entity) for key, entity in self.staged.items() if entity is not None}
        return dict(zip(self.staged, map(pack, cast(Iterable[E], self.staged.values())), strict=True))

    def changes(self, rows: Mapping[str, Packed]) -> list[Change]:
        """Return what becomes another when what is staged, given as rows, is written."""
        name, keys = self._spec.name, self.staged
        befores, afters = self._columns.packed(keys), map(rows.get, keys)
        found = zip(keys, befores, afters, strict=True)
        return [(name, key, before, after) for key, before, after in found if before != after]

    def recorded(self, rows: dict[str, Packed]) -> TableChanges:
        """Return what is staged, given as rows, for the log."""
        return TableChanges(self._spec.name, list(self._removed), rows, self.count())

    def flush(self, rows: Mapping[str, Packed]) -> None:
        """Write what is staged, given as rows."""
        columns, count = self._columns, self.count()
        for key in self._removed:
            columns.remove(key)
        columns.put(rows, self.staged)
        columns.pass_over(count + 1 - len(columns.rows))

    def _candidates(self, where: Mapping[str, str]) -> list[str]:
        """Return the keys of what may fit, in order of creation."""
        keys = list(self._columns.select(where))
        if not self.staged:
            return keys
        positions, gone = self._columns.positions, self._removed
        old = {key for key in (*keys, *self.staged) if key in positions and key not in gone}
        return [
            *sorted(old, key=positions.__getitem__),
            *(key for key in self.staged if key not in positions or key in gone),
        ]

    def _fits(self, entity: E, where: Mapping[str, str]) -> bool:
        spec = self._spec
        return all(value in (spec.fixed.get(name) or spec.moving[name])(entity) for name, value in where.items())


class DueTable(MemoryTable[DueEvent]):
    """What is due, with the staged deadlines in order."""

    __slots__ = ("deadlines",)

    def __init__(self, columns: Columns[DueEvent]) -> None:
        super().__init__(columns)
        self.deadlines: list[Deadline] = []

    def put(self, entity: DueEvent) -> None:
        """Stage a due event."""
        super().put(entity)
        heappush(self.deadlines, (entity.due, entity.sequence, entity.key))

    def put_all(self, entities: Mapping[str, DueEvent]) -> None:
        """Stage due events."""
        for entity in entities.values():
            self.put(entity)


class MemoryLedger:
    """The ledger as one transaction sees it."""

    __slots__ = ("_movements", "staged")

    def __init__(self, movements: Movements) -> None:
        self._movements = movements
        self.staged: list[Movement] = []

    def extend(self, movements: Iterable[Movement]) -> None:
        """Stage movements."""
        self.staged += movements

    def count(self) -> int:
        """Return how many movements are committed."""
        return len(self._movements)

    def page(self, query: Query) -> tuple[Sequence[Movement], int | None]:
        """Return committed movements."""
        return self._movements.page(query)

    def walk(self, after: int = 0) -> Iterator[Movement]:
        """Return every committed movement after one."""
        return self._movements.walk(after)

    def flush(self) -> None:
        """Write what is staged."""
        self._movements.extend(self.staged)


class _Lazy(Generic[E]):
    """A table of a transaction, which comes to be when it is first asked for."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tx: "MemoryTransaction", _owner: type) -> Table[E]:
        return tx.open(self._name)


class MemoryTransaction:
    """A unit of work; tables come to be when they are first asked for, for most calls touch two or three."""

    stores = _Lazy[Store]()
    products = _Lazy[Product]()
    levels = _Lazy[StockLevel]()
    loads = _Lazy[StoreLoad]()
    orders = _Lazy[Order]()
    shipments = _Lazy[Shipment]()
    returns = _Lazy[Return]()
    transfers = _Lazy[Transfer]()
    prices = _Lazy[Price]()
    promotions = _Lazy[Promotion]()
    invoices = _Lazy[Invoice]()
    settlements = _Lazy[Settlement]()
    settlement_lines = _Lazy[SettlementLine]()
    holds = _Lazy[Hold]()
    reports = _Lazy[Report]()
    drafts = _Lazy[Draft]()
    documents = _Lazy[ReportDocument]()
    applications = _Lazy[Application]()
    events = _Lazy[Event]()
    due = _Lazy[DueEvent]()
    credentials = _Lazy[Credential]()
    tokens = _Lazy[Token]()
    replays = _Lazy[Replay]()
    openings = _Lazy[Opening]()
    shelves = _Lazy[Shelf]()
    counts = _Lazy[CountChange]()
    arrivals = _Lazy[Arrivals]()
    subscriptions = _Lazy[Subscription]()
    outboxes = _Lazy[Outbox]()
    deliveries = _Lazy[Delivery]()
    attempts = _Lazy[Attempt]()
    ledger: Ledger

    def __init__(self, world: MemoryPersistence, cause: str, now: datetime) -> None:
        self.now = now
        self.seed = world.seed
        self.currency = world.currency
        self.time_zone = world.time_zone
        self.cause = cause
        self._world = world
        self._tables: list[MemoryTable[Any]] = []
        self._passed: list[Deadline] = []
        self.ledger = self._ledger = MemoryLedger(world.movements)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
            else:
                self.rollback()
        finally:
            if self._world.log is not None:
                self._world.log.end()

    def open(self, name: str) -> MemoryTable[Any]:
        """Return a table that nobody has asked for yet."""
        columns = self._world.columns[name]
        table = DueTable(columns) if name == DUE.name else MemoryTable(columns)
        self.__dict__[name] = table
        self._tables.append(table)
        return table

    def next_due(self, until: datetime) -> DueEvent | None:
        """Return the first due event at or before the instant."""
        committed, staged = self._world.deadlines, cast(DueTable, self.due).deadlines
        while committed and not self._stands(committed[0]):
            self._passed.append(heappop(committed))
        while staged and not self._stands(staged[0]):
            heappop(staged)
        if not committed and not staged:
            return None
        first = min(heap[0] for heap in (committed, staged) if heap)
        return self.due.get(first[2]) if first[0] <= until else None

    def coming(self, limit: int) -> Sequence[DueEvent]:
        """Return what is due first, of what is committed."""
        standing = filter(self._stands, rising(self._world.deadlines))
        events = (self.due.get(key) for _, _, key in islice(standing, limit))
        return [event for event in events if event is not None]

    def _stands(self, deadline: Deadline) -> bool:
        due, sequence, key = deadline
        event = self.due.get(key)
        return event is not None and (event.due, event.sequence) == (due, sequence)

    def _finish(self) -> None:
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def commit(self) -> None:
        """Write everything that is staged, or raise and write nothing; tell the one who listens what that changes."""
        packed = [(table, table.packed()) for table in self._tables if table.staged]
        log = self._world.log
        if log is not None and (packed or self._ledger.staged):
            tables = (table.recorded(rows) for table, rows in packed)
            log.append(written(self.now, tables, self._ledger.staged), self.cause)
        heard = heard_by(self.cause)
        for table, rows in packed:
            if heard is not None and table.name not in UNTOLD:
                heard += table.changes(rows)
            table.flush(rows)
        self._ledger.flush()
        if DUE.name in self.__dict__:
            for deadline in cast(DueTable, self.due).deadlines:
                heappush(self._world.deadlines, deadline)

    def rollback(self) -> None:
        """Forget everything that is staged."""
        for deadline in self._passed:
            heappush(self._world.deadlines, deadline)


class MemoryReading(MemoryTransaction):
    """A transaction that ends without a trace, whatever was done in it."""

    def __exit__(self, *_reason: object) -> None:
        self.rollback()
