"""What keeps data, one way or another: the suite in this folder holds each of them to the promises of the ports."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from sandbox_server.domain.orders import Order
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services.ports import Page, Persistence, Query
from tests.domain.builders import NOW

SEED, CURRENCY = 7, "USD"


class Adapter(Protocol):
    """Opens worlds with nothing in them."""

    def __call__(self) -> Persistence: ...


def in_memory() -> Persistence:
    return MemoryPersistence(SEED, CURRENCY)


def after(milliseconds: float) -> datetime:
    """An instant that many milliseconds after the world began."""
    return NOW + timedelta(milliseconds=milliseconds)


def keep(world: Persistence, *orders: Order) -> None:
    """Put orders into a world, in a transaction of their own."""
    with world.begin("req_1", NOW) as tx:
        for order in orders:
            tx.orders.put(order)


def walk(world: Persistence, query: Query, between: Callable[[], object] = lambda: None) -> list[list[str]]:
    """The ids on each page of a list of orders, something happening between the pages."""
    pages: list[list[str]] = []
    position: int | None = query.after
    while position is not None:
        page, ids = look(world, query, position)
        pages.append(ids)
        position = page.next_position
        between()
    return pages


def look(world: Persistence, query: Query, position: int) -> tuple[Page[Order], list[str]]:
    """One page from a position on, and the ids on it."""
    with world.read(NOW) as tx:
        page = tx.orders.page(Query(query.where, query.updated, query.created, position, query.limit))
        return page, [tx.orders.unpack(row).order_id for row in page.rows]


def ids(orders: Iterable[Order]) -> list[str]:
    return [order.order_id for order in orders]
