"""
What services ask of persistence: tables of packed entities, a stock ledger, and transactions over them.

Three adapters keep the same promises (`tests/persistence/` holds one suite for all of them):
what a transaction writes is seen by itself at once and by others when it commits, all of it or none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Generic, Protocol, TypeVar

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
from sandbox_server.traffic.credentials import Credential, Token

E = TypeVar("E", bound=msgspec.Struct)
T = TypeVar("T")
Packed = bytes
"""An entity as persistence keeps it; equal entities have equal bytes."""


class Window(msgspec.Struct, frozen=True):
    """A span of time: from `after`, included, to `before`, excluded; None leaves that end open."""

    after: datetime | None = None
    before: datetime | None = None


OPEN_WINDOW = Window()


class Query(msgspec.Struct, frozen=True):
    """
    What a page is asked for.

    Args:
        where: Index name to the value it must have; the table declares its indexes.
        updated: When the entity was last changed.
        created: When the entity was made.
        after: Only rows whose position is above this one; 0 starts at the beginning.
        limit: Rows at the most, 1 or more.
    """

    where: Mapping[str, str] = {}
    updated: Window = OPEN_WINDOW
    created: Window = OPEN_WINDOW
    after: int = 0
    limit: int = 50


class Page(msgspec.Struct, Generic[E], frozen=True):
    """
    Rows in order of their position, which is the order of creation and never changes; or the other way round.

    Args:
        rows: The packed entities.
        next_position: The `after` (or, newest first, the `below`) of the next page; None when this is the last one.
    """

    rows: Sequence[Packed]
    next_position: int | None


class Table(Protocol[E]):
    """One kind of entity, by key."""

    def get(self, key: str) -> E | None:
        """Return the entity with this key, as this transaction sees it."""
        ...

    def get_all(self, keys: Iterable[str]) -> list[E | None]:
        """Return the entities with these keys, as this transaction sees them; cheaper than one by one."""
        ...

    def has(self, key: str) -> bool:
        """Whether there is an entity with this key; cheaper than to get it."""
        ...

    def put(self, entity: E) -> None:
        """Insert the entity, or replace the one that has its key; one that was removed comes back as a new one."""
        ...

    def put_all(self, entities: Mapping[str, E]) -> None:
        """Put entities, given by their keys; cheaper than one by one."""
        ...

    def remove(self, key: str) -> None:
        """Take the entity away; nothing happens where there is none."""
        ...

    def count(self) -> int:
        """Return how many entities were ever inserted, removed ones included: the number of the next one."""
        ...

    def page(self, query: Query) -> Page[E]:
        """Return one page, as of the last commit."""
        ...

    def latest(self, where: Mapping[str, str], below: int, limit: int) -> Page[E]:
        """
        Return one page from the newest to the oldest, as of the last commit.

        Args:
            below: Only rows whose position is below this one; 0 begins with the newest.
        """
        ...

    def rows(self) -> Sequence[Packed | None]:
        """Return every row by its position, as of the last commit; None where there is none."""
        ...

    def positions(self, where: Mapping[str, str]) -> Sequence[int]:
        """Return the positions of the rows whose indexes have these values, rising, as of the last commit."""
        ...

    def tally(self, index: str) -> Mapping[str, int]:
        """Return how many entities have each value of an index, as of the last commit; cheap."""
        ...

    def select(self, **where: str) -> Iterator[E]:
        """Return every entity whose indexes have these values, in order of creation, as this transaction sees it."""
        ...

    def derived(self, build: Callable[[Sequence[E]], T]) -> T:
        """Return what `build` makes of all entities; it may be kept for as long as none of them changes."""
        ...

    def unpack(self, packed: Packed) -> E:
        """Return the entity that a page's row holds."""
        ...


class Ledger(Protocol):
    """The stock ledger: every change of every quantity, for ever, in order."""

    def extend(self, movements: Iterable[Movement]) -> None:
        """Add movements to this transaction; their `number` is given when it commits."""
        ...

    def count(self) -> int:
        """Return how many movements are committed: the number of the newest."""
        ...

    def page(self, query: Query) -> tuple[Sequence[Movement], int | None]:
        """Return movements by `store_id`, `sku` and `cause`, as of the last commit, and the next page's `after`."""
        ...

    def walk(self, after: int = 0) -> Iterator[Movement]:
        """Return every movement after one, in order, as of the last commit; their numbers, from 1, are not given."""
        ...


class Replay(msgspec.Struct, frozen=True, array_like=True):
    """The first answer that was given under an idempotency key."""

    key: str
    fingerprint: str
    status: int
    headers: dict[str, str]
    body: bytes
    kept_until: datetime


class Transaction(Protocol):
    """
    One unit of work of one tenant.

    `now` stands still in it. `time_zone` is where the marketplace has its midnights. `cause` is the request, or the
    event of the clock, that everything it does is owed to.
    """

    now: datetime
    seed: int
    currency: str
    time_zone: str
    cause: str
    stores: Table[Store]
    products: Table[Product]
    levels: Table[StockLevel]
    loads: Table[StoreLoad]
    orders: Table[Order]
    shipments: Table[Shipment]
    returns: Table[Return]
    transfers: Table[Transfer]
    invoices: Table[Invoice]
    settlements: Table[Settlement]
    settlement_lines: Table[SettlementLine]
    holds: Table[Hold]
    prices: Table[Price]
    promotions: Table[Promotion]
    reports: Table[Report]
    drafts: Table[Draft]
    documents: Table[ReportDocument]
    applications: Table[Application]
    events: Table[Event]
    due: Table[DueEvent]
    credentials: Table[Credential]
    tokens: Table[Token]
    replays: Table[Replay]
    openings: Table[Opening]
    shelves: Table[Shelf]
    counts: Table[CountChange]
    arrivals: Table[Arrivals]
    subscriptions: Table[Subscription]
    outboxes: Table[Outbox]
    deliveries: Table[Delivery]
    attempts: Table[Attempt]
    ledger: Ledger

    def next_due(self, until: datetime) -> DueEvent | None:
        """Return the first due event at or before the instant, in order of (due, sequence), as of this transaction."""
        ...

    def coming(self, limit: int) -> Sequence[DueEvent]:
        """Return what is due first, in order of (due, sequence), as of the last commit."""
        ...


class Persistence(Protocol):
    """One tenant's world, kept somewhere."""

    def first_due(self) -> datetime | None:
        """Return an instant before which nothing is due, or None when nothing is due at any time; cheap."""
        ...

    def take_turn(self) -> bool:
        """
        See to it that nobody else changes the world before the next transaction that is opened here has ended.

        Returns:
            Whether somebody may have changed it since it was last our turn.
        """
        ...

    def begin(self, cause: str, now: datetime) -> AbstractContextManager[Transaction]:
        """Open a transaction that commits when the block ends, and is undone when it ends with an exception."""
        ...

    def read(self, now: datetime) -> AbstractContextManager[Transaction]:
        """Open a transaction that never changes anything."""
        ...
