"""
Tables that are sorted and paged on the server.

In order of creation any table is read page by page, however long it is. By another column its newest 5000 rows are
sorted; who wants to see others narrows the table first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from werkzeug.datastructures import MultiDict

from sandbox_server.console.reach import Reach
from sandbox_server.services.ports import Packed, Query

E = TypeVar("E", bound=msgspec.Struct)
T = TypeVar("T")

ROWS = 50
SORTED = 5000
CREATED = "created"
Keys = Mapping[str, Callable[[T], Any]]
"""What a column is sorted by."""


class Order(NamedTuple):
    """
    How a table is asked for.

    Args:
        column: What it is sorted by; `created` is the order of creation.
        falling: Whether the greatest comes first.
        page: Which page, from 1, of a table that is sorted by another column.
        place: Where the page begins in order of creation; 0 is the beginning.
    """

    column: str = CREATED
    falling: bool = True
    page: int = 1
    place: int = 0


class Sheet(NamedTuple, Generic[T]):
    """
    A page of a table.

    Args:
        items: Its rows.
        order: How it was asked for.
        total: How many rows there are; None where nobody counts them.
        cut: Whether only the newest rows were sorted.
        before: What to ask for to see what comes before; None where nothing does.
        after: The same of what comes after.
    """

    items: Sequence[T]
    order: Order
    total: int | None
    cut: bool = False
    before: Mapping[str, int] | None = None
    after: Mapping[str, int] | None = None


class Rows(NamedTuple):
    """Packed rows of a table, what makes entities of them, and what is known of the others."""

    packed: Sequence[Packed]
    unpack: Callable[[Packed], Any]
    next_place: int | None
    total: int | None


def order_of(asked: MultiDict[str, str], columns: Iterable[str], *, falling: bool = True) -> Order:
    """Return how a request wants its table; what makes no sense is passed over."""
    column = asked.get("sort", CREATED)
    known = column == CREATED or column in columns
    direction = asked.get("dir", "desc" if falling else "asc")
    page, place = (max(least, asked.get(name, least, type=int)) for name, least in (("page", 1), ("place", 0)))
    return Order(column if known else CREATED, direction != "asc", page, place)


def table(reach: Reach, tenant: str, name: str, where: Mapping[str, str], order: Order, keys: Keys[Any]) -> Sheet[Any]:
    """
    Return a page of a world's table.

    Args:
        name: The table, as transactions call it.
        where: Index to the value that it must have.
    """
    rows = reach.look(tenant, lambda _record, tx: _read(getattr(tx, name), where, order))
    items = [rows.unpack(row) for row in rows.packed]
    if order.column != CREATED:
        return arranged(items, order, keys, total=rows.total, cut=rows.next_place is not None)
    before = {"place": 0} if order.place else None
    after = None if rows.next_place is None else {"place": rows.next_place}
    return Sheet(items, order, rows.total, before=before, after=after)


def arranged(
    items: Iterable[T], order: Order, keys: Keys[T], *, total: int | None = None, cut: bool = False
) -> Sheet[T]:
    """Return a page of what is all there, sorted; items come in order of creation, the newest first."""
    listed = list(items)
    if order.column != CREATED:
        key = keys[order.column]
        listed.sort(key=lambda item: _comparable(key(item)), reverse=order.falling)
    elif not order.falling:
        listed.reverse()
    start = (order.page - 1) * ROWS
    before = {"page": order.page - 1} if order.page > 1 else None
    after = {"page": order.page + 1} if start + ROWS < len(listed) else None
    return Sheet(listed[start : start + ROWS], order, len(listed) if total is None else total, cut, before, after)


def _read(table_: Any, where: Mapping[str, str], order: Order) -> Rows:
    if order.column != CREATED:
        page = table_.latest(where, 0, SORTED)
    elif order.falling:
        page = table_.latest(where, order.place, ROWS)
    else:
        page = table_.page(Query(where=where, after=order.place, limit=ROWS))
    return Rows(page.rows, table_.unpack, page.next_position, _total(table_, where))


def _total(table_: Any, where: Mapping[str, str]) -> int | None:
    if not where:
        return int(table_.count())
    if len(where) > 1:
        return None
    [(index, value)] = where.items()
    return int(table_.tally(index).get(value, 0))


def _comparable(value: Any) -> tuple[bool, Any]:
    """Let what is missing come first."""
    return value is not None, value
