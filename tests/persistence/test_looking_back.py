"""What somebody who looks at a world asks of it: its newest rows, how many there are of each, what is due next."""

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sandbox_server.domain.events import DueEvent, DueKind, due_key
from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.services.ports import Persistence
from tests.domain.builders import NOW, an_order
from tests.persistence.adapters import Adapter, keep

EXPRESS: Mapping[str, object] = {"service_level": ServiceLevel.EXPEDITED}


def made(number: int, **changes: object) -> Order:
    return replace(an_order(order_id=f"ord_{number}"), **changes)


def looked_back(world: Persistence, limit: int, **where: str) -> list[list[str]]:
    """Every page, the newest first."""
    pages, below = [], 0
    with world.read(NOW) as tx:
        while True:
            page = tx.orders.latest(where, below, limit)
            pages.append([tx.orders.unpack(row).order_id for row in page.rows])
            if page.next_position is None:
                return pages
            below = page.next_position


def test_looking_back_at_nothing_is_one_empty_page(world: Persistence) -> None:
    assert looked_back(world, 2) == looked_back(world, 2, status="NEW") == [[]]


def test_the_newest_come_first_and_what_comes_meanwhile_shifts_nothing(world: Persistence) -> None:
    keep(world, *map(made, range(1, 6)))
    assert looked_back(world, 2) == [["ord_5", "ord_4"], ["ord_3", "ord_2"], ["ord_1"]]
    with world.read(NOW) as tx:
        assert [tx.orders.unpack(row).order_id for row in tx.orders.latest({}, 10**9, 1).rows] == ["ord_5"]
    with world.read(NOW) as tx:
        below = tx.orders.latest({}, 0, 2).next_position
    assert below is not None
    keep(world, made(6))
    with world.read(NOW) as tx:
        assert [tx.orders.unpack(row).order_id for row in tx.orders.latest({}, below, 2).rows] == ["ord_3", "ord_2"]


def test_looking_back_is_narrowed_by_every_index_that_is_named(world: Persistence) -> None:
    keep(world, made(1), made(2, **EXPRESS), made(3, **EXPRESS, status=OrderStatus.CANCELLED), made(4, **EXPRESS))
    assert looked_back(world, 1, service_level="EXPEDITED") == [["ord_4"], ["ord_3"], ["ord_2"]]
    assert looked_back(world, 5, service_level="EXPEDITED", status="NEW") == [["ord_4", "ord_2"]]


def test_all_rows_are_had_at_once_and_where_those_are_that_are_wanted(world: Persistence) -> None:
    keep(world, made(1), made(2, **EXPRESS), made(3, **EXPRESS, status=OrderStatus.CANCELLED), made(4))
    with world.begin("", NOW) as tx:
        tx.orders.remove("ord_1")
    with world.read(NOW) as tx:
        rows = tx.orders.rows()
        found = {position: tx.orders.unpack(row).order_id for position, row in enumerate(rows) if row is not None}
        assert found == {2: "ord_2", 3: "ord_3", 4: "ord_4"}
        assert list(tx.orders.positions({})) == [2, 3, 4]
        assert list(tx.orders.positions({"service_level": "EXPEDITED"})) == [2, 3]
        assert list(tx.orders.positions({"service_level": "EXPEDITED", "status": "NEW"})) == [2]
        assert list(tx.orders.positions({"status": "SHIPPED"})) == []


def test_a_tally_counts_what_there_is_now(world: Persistence) -> None:
    keep(world, made(1), made(2), made(3, status=OrderStatus.CANCELLED))
    with world.read(NOW) as tx:
        assert tx.orders.tally("status") == {"NEW": 2, "CANCELLED": 1}
    keep(world, made(3, version=2))
    with world.begin("req", NOW) as tx:
        tx.orders.remove("ord_1")
    with world.read(NOW) as tx:
        assert tx.orders.tally("status") == {"NEW": 2}


@given(dues=st.lists(st.integers(0, 5), max_size=30), gone=st.sets(st.integers(0, 29)), limit=st.integers(1, 30))
def test_what_comes_is_told_in_order_and_is_still_to_come(
    adapter: Adapter, dues: list[int], gone: set[int], limit: int
) -> None:
    world = adapter()
    events = [DueEvent(DueKind.SHIP_BY, f"s{n}", NOW + timedelta(hours=due), n) for n, due in enumerate(dues)]
    with world.begin("req", NOW) as tx:
        for event in events:
            tx.due.put(event)
    with world.begin("req", NOW) as tx:
        for number in gone & set(range(len(dues))):
            tx.due.remove(due_key(DueKind.SHIP_BY, f"s{number}"))
    left = sorted((event for event in events if event.sequence not in gone), key=lambda one: (one.due, one.sequence))
    with world.read(NOW) as tx:
        assert list(tx.coming(limit)) == left[:limit]
        assert list(tx.coming(100)) == left
