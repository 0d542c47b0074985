"""Tables that are sorted and paged on the server, over all of their rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

from flask import current_app
from werkzeug.datastructures import MultiDict

from sandbox_server.console.rankings import Rankings
from sandbox_server.console.reach import Reach
from sandbox_server.services.ports import Packed

T = TypeVar("T")

ROWS = 50
CREATED = "created"
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
        keys: What its columns are sorted by.
        glance: Makes of a row what the keys ask about; None makes the entity.
    """

    name: str
    keys: Keys[T]
    glance: Callable[[Packed], T] | None = None


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


def where_of(asked: Mapping[str, str], indexes: Mapping[str, str]) -> dict[str, str]:
    """
    Return what a request narrows a table to: index to value.

    Args:
        indexes: A field of the form to the index it is about.
    """
    return {index: asked[name] for name, index in indexes.items() if asked.get(name)}


def table(reach: Reach, tenant: str, listing: Listing[Any], where: Mapping[str, str], order: Order) -> Sheet[Any]:
    """
    Return a page of a world's table.

    Args:
        where: Index to the value that it must have.
    """
    rows = reach.look(tenant, lambda _record, tx: _rows(getattr(tx, listing.name), where))
    positions = rows.positions
    if order.column != CREATED:
        ranked = _ranked(tenant, listing, order.column, rows)
        positions = list(filter(set(positions).__contains__, ranked)) if where else ranked
    packed = cast(Sequence[Packed], rows.packed)  # of positions that are asked for, each has its row
    return Sheet([rows.unpack(packed[position]) for position in _slice(positions, order)], order, len(positions))


def arranged(items: Iterable[T], order: Order, keys: Keys[T]) -> Sheet[T]:
    """Return a page of what is all there; items come in order of creation, the oldest first."""
    listed = list(items)
    if order.column != CREATED:
        listed.sort(key=keys[order.column])
    return Sheet(_slice(listed, order), order, len(listed))


def _slice(rising: Sequence[T], order: Order) -> Sequence[T]:
    """Return a page of what rises, or of the same from its end."""
    start = (order.page - 1) * ROWS
    if not order.falling:
        return rising[start : start + ROWS]
    stop = max(0, len(rising) - start)
    return rising[max(0, stop - ROWS) : stop][::-1]


def _rows(table_: Any, where: Mapping[str, str]) -> _Rows:
    return _Rows(table_.rows(), table_.positions(where), table_.unpack)


def _ranked(tenant: str, listing: Listing[Any], column: str, rows: _Rows) -> Sequence[int]:
    key, glance = listing.keys[column], listing.glance or rows.unpack
    rankings: Rankings = current_app.extensions["rankings"]
    return rankings.by((tenant, listing.name, column), lambda row: key(glance(row))).of(rows.packed)
