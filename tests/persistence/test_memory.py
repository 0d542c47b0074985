"""What only the memory adapter promises: worlds that begin as another stands, and columns that find what is recent."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sandbox_server.domain.events import DueEvent, DueKind
from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.domain.orders import OrderStatus
from sandbox_server.persistence.instants import Instants
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services.ports import Query, Window
from tests.domain.builders import LATER, NOW, a_level, an_order
from tests.persistence.adapters import CURRENCY, SEED, after, ids, keep

END = NOW + timedelta(days=400)


def a_world() -> MemoryPersistence:
    world = MemoryPersistence(SEED, CURRENCY)
    with world.begin("req_1", NOW) as tx:
        tx.orders.put(an_order(order_id="ord_1"))
        tx.orders.put(an_order(order_id="ord_2"))
        tx.levels.put(a_level(10))
        tx.ledger.extend([Movement(0, NOW, "S0001", "SKU-1", Quantity.ON_HAND, 10, Cause.REPORT, "1", "req_1")])
        tx.due.put(DueEvent(DueKind.SHIP_BY, "ord_1", LATER, 1))
        tx.events.count()
    return world


def contents(world: MemoryPersistence) -> dict[str, object]:
    recent = Query(updated=Window(after(-1), None), where={"status": "NEW"})
    with world.read(NOW) as tx:
        return {
            "tables": {name: [table.get(key) for key in table.positions] for name, table in world.columns.items()},
            "counts": [tx.orders.count(), tx.due.count()],
            "pages": [tx.orders.page(Query()).rows, tx.orders.page(recent).rows],
            "selected": [ids(tx.orders.select(status=status)) for status in ("NEW", "CANCELLED")],
            "ledger": [tx.ledger.page(Query()), tx.ledger.page(Query(where={"sku": "SKU-2"})), list(tx.ledger.walk())],
            "due": [tx.next_due(END), world.first_due()],
            "number": tx.orders.derived(len),
        }


def change(world: MemoryPersistence) -> None:
    with world.begin("req_2", LATER) as tx:
        tx.orders.put(replace(an_order(order_id="ord_1"), status=OrderStatus.CANCELLED, updated_at=LATER))
        tx.orders.remove("ord_2")
        tx.orders.put(an_order(order_id="ord_3"))
        tx.levels.put(a_level(3))
        tx.ledger.extend([Movement(0, LATER, "S0002", "SKU-2", Quantity.ON_HAND, 7, Cause.COUNT, "2", "req_2")])
        tx.due.remove("ship_by/ord_1")
        tx.due.put(DueEvent(DueKind.CANCEL_LATE, "ord_1", LATER, 2))


def test_values_that_nothing_has_any_more_take_no_room_in_an_index() -> None:
    world = a_world()
    change(world)
    assert world.columns["orders"].indexes["status"].keys() == {"CANCELLED", "NEW"}
    with world.begin("req_3", LATER) as tx:
        tx.orders.remove("ord_1")
    assert world.columns["orders"].indexes["status"].keys() == {"NEW"}


def test_a_fork_starts_as_its_origin_stands() -> None:
    world = a_world()
    fork = world.fork()
    assert contents(fork) == contents(world)
    assert (fork.seed, fork.currency) == (SEED, CURRENCY)


def test_what_changes_in_a_fork_does_not_change_its_origin_nor_the_other_way_round() -> None:
    world = a_world()
    fork = world.fork()
    before = contents(world)
    change(fork)
    assert contents(world) == before
    changed = contents(fork)
    assert changed != before
    second = world.fork()
    change(world)
    assert contents(second) == before
    assert contents(world) == changed
    keep(world, an_order(order_id="ord_9"))
    assert contents(fork) == changed


instants = st.integers(0, 400)
spans = st.tuples(st.integers(-1, 300), st.integers(-1, 300), instants, instants)


@given(
    first=st.lists(instants, min_size=1, max_size=300),
    steps=st.lists(st.tuples(st.integers(0, 299), st.integers(1, 50)) | spans, max_size=12),
    repeat=st.integers(1, 30),
)
def test_instants_within_a_span_are_those_that_looking_at_each_would_find(
    first: list[int], steps: list[tuple[int, ...]], repeat: int
) -> None:
    column = Instants()
    by_hand = first * repeat  # several districts, whatever Hypothesis draws
    for at in by_hand:
        column.append(at)
    for step in steps:
        if len(step) == 2:
            position = step[0] * repeat % len(by_hand)
            by_hand[position] += step[1]
            column.move([position], by_hand[position])
            continue
        start, stop = max(step[0], 0) * repeat, min(max(step[1], 0) * repeat, len(by_hand))
        expected = [position for position in range(start, stop) if step[2] <= by_hand[position] < step[3]]
        assert list(column.within(start, stop, step[2], step[3])) == expected
        assert list(column.copy().within(start, stop, step[2], step[3])) == expected


def test_an_instant_is_found_wherever_it_lies_among_older_and_newer_ones() -> None:
    column = Instants()
    shuffled = [number * 7919 % 5003 for number in range(5003)]  # 5003 is prime: each number once
    for at in shuffled:
        column.append(at)
    for at in range(0, 5003, 7):
        assert list(column.within(0, 5003, at, at + 1)) == [shuffled.index(at)]
