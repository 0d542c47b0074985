"""A page costs what it returns, not what there is: counted in rows and numbers looked at, not in time."""

import pytest
from msgspec.structs import replace

from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.domain.orders import OrderStatus
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services.ports import Query, Window
from tests.domain.builders import NOW, a_line, an_order, reserved
from tests.persistence.adapters import CURRENCY, SEED, after
from tests.persistence.counting import count_in, looks

FEW, MANY = 100, 100_000
LIMIT = 20
TEMPLATE = an_order()
LINES = {number: (a_line("1", 1, reserved(1, f"S{number:04}")),) for number in range(10)}
RECENT = 200_000.0
A_ROW = 500
"""Numbers that may be looked at to find one more row, of however many: a few blocks' bounds, and a block."""


def a_world(size: int) -> MemoryPersistence:
    """So many orders, one a millisecond; one in a hundred is cancelled, and eight of them have changed of late."""
    world = MemoryPersistence(SEED, CURRENCY)
    with world.begin("req_1", NOW) as tx:
        for number in range(size):
            at = after(number)
            cancelled = number % 100 == 50
            tx.orders.put(
                replace(
                    TEMPLATE,
                    order_id=f"ord_{number}",
                    placed_at=at,
                    updated_at=at,
                    lines=LINES[number % 10],
                    status=OrderStatus.CANCELLED if cancelled else OrderStatus.NEW,
                    service_level=ServiceLevel.EXPEDITED if number % 3 else ServiceLevel.STANDARD,
                )
            )
            store = f"S{number % 10:04}"
            cause = Cause.RETURN if cancelled else Cause.REPORT
            tx.ledger.extend([Movement(0, at, store, f"SKU-{number % 7}", Quantity.ON_HAND, 1, cause, "1", "req_1")])
    with world.begin("req_2", after(RECENT)) as tx:
        for number in range(0, size, size // 8):
            order = tx.orders.get(f"ord_{number}")
            assert order is not None
            tx.orders.put(replace(order, updated_at=after(RECENT)))
    return count_in(world)


@pytest.fixture(scope="module")
def worlds() -> dict[int, MemoryPersistence]:
    return {size: a_world(size) for size in (FEW, MANY)}


def cost(world: MemoryPersistence, query: Query) -> tuple[int, int, int]:
    """How many orders a page has, the rows it touched, and the numbers."""
    with world.read(NOW) as tx:
        page, rows, numbers = looks(lambda: tx.orders.page(query))
    return len(page.rows), rows, numbers


def queries(size: int) -> dict[str, Query]:
    """What clients ask for, in a world of this size: full pages, short ones and empty ones."""
    middle = after(size // 2)
    recent, future, never = Window(after(RECENT), None), Window(after(RECENT + 1), None), Window(None, after(-1))
    spans: dict[str, Query] = {
        "everything": Query(limit=LIMIT),
        "the end": Query(limit=LIMIT, after=size - 10),
        "a common status": Query({"status": "NEW"}, limit=LIMIT),
        "a rare status": Query({"status": "CANCELLED"}, limit=LIMIT),
        "a status that nothing has": Query({"status": "DELIVERED"}, limit=LIMIT),
        "a store": Query({"store_id": "S0003"}, limit=LIMIT),
        "a store from the middle": Query({"store_id": "S0003"}, after=size // 2, limit=LIMIT),
        "a store and a status": Query({"store_id": "S0003", "status": "NEW"}, limit=LIMIT),
        "a store, a status and a level": Query(
            {"store_id": "S0003", "status": "NEW", "service_level": "EXPEDITED"}, limit=LIMIT
        ),
        "created from the middle": Query(created=Window(middle, None), limit=LIMIT),
        "created up to the middle": Query(created=Window(None, middle), after=size // 2 - 10, limit=LIMIT),
        "created never": Query(created=never, limit=LIMIT),
        "a status created in the middle": Query({"status": "NEW"}, created=Window(middle, after(size // 2 + 9))),
        "changed of late": Query(updated=recent, limit=LIMIT),
        "changed of late, by status": Query({"status": "NEW"}, updated=recent, limit=LIMIT),
        "changed of late, by store and status": Query({"status": "NEW", "store_id": "S0000"}, updated=recent),
        "changed later than anything": Query(updated=future, limit=LIMIT),
        "a status changed later than anything": Query({"status": "NEW"}, updated=future, limit=LIMIT),
        "half of them by change": Query(updated=Window(middle, None), limit=LIMIT),
        "half of them by change and status": Query({"status": "NEW"}, updated=Window(middle, None), limit=LIMIT),
        "changed before anything": Query(updated=never, limit=LIMIT),
        "changed long ago": Query(updated=Window(None, middle), limit=LIMIT),
        "a span of changes": Query(updated=Window(middle, after(size // 2 + 9)), limit=LIMIT),
        "a span of changes by store": Query(
            {"store_id": "S0003"}, updated=Window(middle, after(size // 2 + 99)), limit=LIMIT
        ),
    }
    return spans


@pytest.mark.parametrize("name", queries(FEW))
def test_a_page_of_many_touches_no_more_rows_than_one_of_few(worlds: dict[int, MemoryPersistence], name: str) -> None:
    _, rows_of_few, _ = cost(worlds[FEW], queries(FEW)[name])
    length, rows, numbers = cost(worlds[MANY], queries(MANY)[name])
    assert rows <= max(length + 1, rows_of_few)
    assert numbers <= A_ROW * (length + 1)


def test_two_filters_cost_at_most_the_rarer_of_them(worlds: dict[int, MemoryPersistence]) -> None:
    of_both = Query({"status": "CANCELLED", "store_id": "S0003"}, limit=LIMIT)
    length, rows, numbers = cost(worlds[MANY], of_both)
    assert (length, rows) == (0, 0)
    assert numbers <= MANY // 100 * 20


def test_changes_that_have_moved_away_cost_a_look_through_once() -> None:
    world = a_world(MANY // 10)
    with world.begin("req_3", after(RECENT)) as tx:
        for order in tx.orders.select():
            tx.orders.put(replace(order, updated_at=after(RECENT)))
    count_in(world)
    old = Query(updated=Window(None, after(RECENT)), limit=LIMIT)
    assert cost(world, old)[:2] == (0, 0)
    _, rows, numbers = cost(world, old)
    assert rows == 0
    assert numbers <= A_ROW


@pytest.mark.parametrize(
    "query",
    [
        Query(limit=LIMIT),
        Query(limit=LIMIT, after=MANY // 2),
        Query({"store_id": "S0003"}, limit=LIMIT),
        Query({"store_id": "S0003", "sku": "SKU-1"}, limit=LIMIT),
        Query({"cause": "RETURN"}, limit=LIMIT),
        Query({"cause": "COUNT"}, limit=LIMIT),
        Query({"sku": "SKU-2"}, updated=Window(after(MANY // 2), None), limit=LIMIT),
        Query(updated=Window(after(MANY // 2), after(MANY // 2 + 5)), limit=LIMIT),
        Query(updated=Window(after(RECENT), None), limit=LIMIT),
    ],
    ids=str,
)
def test_a_page_of_a_long_ledger_looks_at_what_it_returns(worlds: dict[int, MemoryPersistence], query: Query) -> None:
    with worlds[MANY].read(NOW) as tx:
        (found, _), rows, numbers = looks(lambda: tx.ledger.page(query))
    assert rows <= 4 * LIMIT
    assert numbers <= 200 * (LIMIT + 1)
    assert len(found) <= LIMIT
