"""Tables that are sorted and paged on the server, over all of their rows."""

from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar, cast

from flask import current_app
from werkzeug.datastructures import MultiDict

from sandbox_server.console.forms import instant
from sandbox_server.console.rankings import Keys as RowKeys
from sandbox_server.console.rankings import Ranking, Rankings
from sandbox_server.console.reach import Reach
from sandbox_server.control.record import Record
from sandbox_server.services.ports import Packed, Transaction

T = TypeVar("T")

ROWS = 50
CREATED = "created"
BELONGING = {"status": "status", "store": "store_id", "order": "order_id"}
"""What a list of what belongs to orders may be narrowed by: a field of its form to an index."""
Keys = Mapping[str, Callable[[T], Any]]
"""What a column is sorted by: values that can be compared, whatever the row."""


class Order(NamedTuple):
    """
    How a table is asked for.

    Args:
        column: What it is sorted by; `created` is the order of creation.
        falling: Whether the greatest comes first.
        page: Which page, from 1.
        prefix: What the names begin with by which it is asked for, where a page has several tables.
    """

    column: str = CREATED
    falling: bool = True
    page: int = 1
    prefix: str = ""

    def by(self, column: str) -> Mapping[str, str | None]:
        """Return what to ask for to have a column sorted, or turned round where it is."""
        falling = not self.falling if column == self.column else column == CREATED
        return {
            f"{self.prefix}sort": column,
            f"{self.prefix}dir": "desc" if falling else "asc",
            f"{self.prefix}page": None,
        }

    def at(self, page: int) -> Mapping[str, int]:
        """Return what to ask for to see a page."""
        return {f"{self.prefix}page": page}


class Sheet(NamedTuple, Generic[T]):
    """
    A page of a table.

    Args:
        items: Its rows.
        order: How it was asked for.
        total: How many rows there are.
    """

    items: Sequence[T]
    order: Order
    total: int

    @property
    def before(self) -> int | None:
        """The page before; None where there is none."""
        return self.order.page - 1 if self.order.page > 1 else None

    @property
    def after(self) -> int | None:
        """The page after; None where there is none."""
        return self.order.page + 1 if self.order.page * ROWS < self.total else None


class Listing(NamedTuple, Generic[T]):
    """
    A world's table as it is listed.

    Args:
        name: The table, as transactions call it.
        keys: What its columns are sorted by, the dearest first: a large table is ranked by them in this order.
        glances: What makes of a row what a column's key asks about; where there is none, that is the entity.
        born: When an entity came to be, which is never before an older one did.
    """

    name: str
    keys: Keys[T]
    glances: Mapping[str, Callable[[Packed], Any]]
    born: Callable[[T], datetime]


class View(NamedTuple, Generic[T]):
    """
    A world's table as a request asks for it.

    Args:
        where: What it is narrowed to: index to value.
        since: What came to be before is left out.
        tally: How many there are of each status, whatever is left out.
    """

    sheet: Sheet[T]
    where: Mapping[str, str]
    since: datetime | None
    tally: Mapping[str, int]


class _Rows(NamedTuple):
    """All rows of a table by their positions, those positions that are asked for, and what makes entities of them."""

    packed: Sequence[Packed | None]
    positions: Sequence[int]
    unpack: Callable[[Packed], Any]


def order_of(asked: MultiDict[str, str], columns: Iterable[str], *, falling: bool = True, prefix: str = "") -> Order:
    """Return how a request wants its table; what makes no sense is passed over."""
    column = asked.get(f"{prefix}sort", CREATED)
    known = column == CREATED or column in columns
    direction = asked.get(f"{prefix}dir", "desc" if falling else "asc")
    page = max(1, asked.get(f"{prefix}page", 1, type=int))
    return Order(column if known else CREATED, direction != "asc", page, prefix)


def view(
    reach: Reach, tenant: str, listing: Listing[Any], asked: MultiDict[str, str], indexes: Mapping[str, str]
) -> View[Any]:
    """
    Return a page of a world's table.

    Args:
        asked: What the request asks for.
        indexes: What it may be narrowed by: a field of the form to the index it is about.
    """
    where = {index: asked[name] for name, index in indexes.items() if asked.get(name)}
    since = instant(asked.get("since"))
    order = order_of(asked, listing.keys)
    tally = reach.look(tenant, lambda _record, tx: getattr(tx, listing.name).tally("status"))
    return View(_sheet(reach, tenant, listing, where, since, order), where, since, tally)


def look_ahead(reach: Reach, tenant: str, listing: Listing[Any]) -> None:
    """Have a large table ranked before anybody looks at it, and again as it grows."""
    rankings: Rankings = current_app.extensions["rankings"]
    world_table = (tenant, listing.name)

    def rows_of(_record: Record, tx: Transaction) -> _Rows | None:
        table = getattr(tx, listing.name)
        return _Rows(table.rows(), (), table.unpack) if rankings.is_due(world_table, table.count()) else None

    if (rows := reach.look(tenant, rows_of)) is not None:
        rankings.prepare(world_table, _columns(listing, rows.unpack), rows.packed)


def arranged(items: Iterable[T], order: Order, keys: Keys[T]) -> Sheet[T]:
    """Return a page of what is all there; items come in order of creation, the oldest first."""
    listed = list(items)
    if order.column != CREATED:
        listed.sort(key=keys[order.column])
    return Sheet(_slice(listed, order), order, len(listed))


def _sheet(
    reach: Reach, tenant: str, listing: Listing[Any], where: Mapping[str, str], since: datetime | None, order: Order
) -> Sheet[Any]:
    rows = reach.look(tenant, lambda _record, tx: _rows(getattr(tx, listing.name), where))
    packed = cast(Sequence[Packed], rows.packed)  # of positions that are asked for, each has its row

    def entity(position: int) -> Any:
        return rows.unpack(packed[position])

    positions = rows.positions
    if since is not None:
        positions = positions[bisect_left(positions, since, key=lambda position: listing.born(entity(position))) :]
    rankings: Rankings = current_app.extensions["rankings"]
    world_table, columns = (tenant, listing.name), _columns(listing, rows.unpack)
    if order.column == CREATED:
        shown = _slice(positions, order)
    else:
        ranking = rankings.by(world_table, order.column, columns[order.column]).of(rows.packed)
        shown = _ranked_slice(ranking, len(positions), set(positions) if where or since else None, order)
    rankings.prepare(world_table, columns, rows.packed)
    return Sheet(list(map(entity, shown)), order, len(positions))


def _slice(rising: Sequence[T], order: Order) -> Sequence[T]:
    """Return a page of what rises, or of the same from its end."""
    start = (order.page - 1) * ROWS
    if not order.falling:
        return rising[start : start + ROWS]
    stop = max(0, len(rising) - start)
    return rising[max(0, stop - ROWS) : stop][::-1]


def _ranked_slice(ranking: Ranking, total: int, wanted: Container[int] | None, order: Order) -> Sequence[int]:
    """Return a page of what is ranked, looked for from the nearer end."""
    start = min((order.page - 1) * ROWS, total)
    stop = min(start + ROWS, total)
    if stop <= total - start:
        return ranking.slice(start, stop, wanted, falling=order.falling)
    return ranking.slice(total - stop, total - start, wanted, falling=not order.falling)[::-1]


def _rows(table_: Any, where: Mapping[str, str]) -> _Rows:
    return _Rows(table_.rows(), table_.positions(where), table_.unpack)


def _columns(listing: Listing[Any], unpack: Callable[[Packed], Any]) -> dict[str, RowKeys]:
    return {column: partial(_keys, key, listing.glances.get(column, unpack)) for column, key in listing.keys.items()}


def _keys(key: Callable[[Any], Any], glance: Callable[[Packed], Any], rows: Iterable[Packed]) -> Iterable[Any]:
    return map(key, map(glance, rows))
