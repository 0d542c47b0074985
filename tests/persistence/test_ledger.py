"""The stock ledger: every movement for ever, in order."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.services.ports import OPEN_WINDOW, Persistence, Query, Window
from tests.domain.builders import NOW
from tests.persistence.adapters import Adapter, after

BASE = Movement(0, NOW, "S0001", "SKU-1", Quantity.ON_HAND, 10, Cause.REPORT, "1", "req_1")


def moved(delta: int, milliseconds: float = 0, **changes: object) -> Movement:
    return replace(BASE, delta=delta, at=after(milliseconds), **changes)


def write(world: Persistence, *movements: Movement) -> None:
    with world.begin("req_1", NOW) as tx:
        for movement in movements:
            tx.ledger.extend([movement])


def deltas(world: Persistence, query: Query) -> list[list[int]]:
    """The deltas on each page; every movement of these tests has its own."""
    pages: list[list[int]] = []
    position: int | None = query.after
    while position is not None:
        with world.read(NOW) as tx:
            page = Query(query.where, query.updated, query.created, position, query.limit)
            movements, position = tx.ledger.page(page)
        pages.append([movement.delta for movement in movements])
    return pages


def test_an_empty_ledger_is_one_empty_page_and_a_short_walk(world: Persistence) -> None:
    assert deltas(world, Query()) == [[]]
    with world.read(NOW) as tx:
        assert list(tx.ledger.walk()) == []


def test_movements_are_numbered_from_one_as_they_are_committed_and_keep_every_field(world: Persistence) -> None:
    every = [
        Movement(0, after(number), f"S{number}", f"SKU-{number}", quantity, -number, cause, f"ord_{number}", "req_1")
        for number, (quantity, cause) in enumerate(zip([*Quantity] * 4, Cause, strict=False), start=1)
    ]
    write(world, *every[:4])
    write(world, *every[4:])
    with world.read(NOW) as tx:
        found, further = tx.ledger.page(Query())
    assert list(found) == [replace(movement, number=number) for number, movement in enumerate(every, start=1)]
    assert further is None


def test_the_ledger_is_read_page_by_page_while_it_grows(world: Persistence) -> None:
    write(world, *map(moved, range(1, 6)))
    assert deltas(world, Query(limit=2)) == [[1, 2], [3, 4], [5]]
    assert deltas(world, Query(limit=5)) == [[1, 2, 3, 4, 5]]
    with world.read(NOW) as tx:
        _, further = tx.ledger.page(Query(limit=4))
    assert further is not None
    write(world, moved(6))
    assert deltas(world, Query(limit=4, after=further)) == [[5, 6]]


def test_the_ledger_is_narrowed_by_store_sku_and_cause(world: Persistence) -> None:
    write(
        world,
        moved(1),
        moved(2, sku="SKU-2"),
        moved(3, store_id="S0002"),
        moved(4, store_id="S0002", sku="SKU-2", cause=Cause.SHIPMENT),
        moved(5, cause=Cause.SHIPMENT),
    )
    assert deltas(world, Query(where={"store_id": "S0001"})) == [[1, 2, 5]]
    assert deltas(world, Query(where={"sku": "SKU-2"})) == [[2, 4]]
    assert deltas(world, Query(where={"cause": "SHIPMENT"}, limit=1)) == [[4], [5]]
    assert deltas(world, Query(where={"store_id": "S0001", "sku": "SKU-1", "cause": "SHIPMENT"})) == [[5]]
    assert deltas(world, Query(where={"store_id": "S0009"})) == [[]]
    assert deltas(world, Query(where={"store_id": "S0009", "cause": "SHIPMENT"})) == [[]]


@pytest.mark.parametrize(
    ("window", "found"),
    [
        (Window(after(1), None), [2, 3]),
        (Window(after(0.5), after(1.5)), [2]),
        (Window(None, after(2)), [1, 2]),
        (Window(after(1), after(1)), []),
        (Window(after(3), None), []),
        (Window(datetime.max.replace(tzinfo=NOW.tzinfo), None), []),
    ],
)
def test_a_window_of_the_ledger_begins_with_its_first_millisecond_and_ends_before_its_last(
    world: Persistence, window: Window, found: list[int]
) -> None:
    write(world, moved(1, 0), moved(2, 1), moved(3, 2))
    assert deltas(world, Query(updated=window)) == [found]
    assert deltas(world, Query(updated=window, where={"sku": "SKU-1"})) == [found]


def test_a_walk_comes_by_every_movement_in_order(world: Persistence) -> None:
    every = [moved(number, number) for number in range(1, 40)]
    write(world, *every[:17])
    write(world, *every[17:])
    with world.read(NOW) as tx:
        assert list(tx.ledger.walk()) == every
        for after in (1, 16, 17, 33, len(every), 1000):
            assert list(tx.ledger.walk(after)) == every[after:]


movements = st.builds(
    moved,
    st.integers(-5, 5).filter(bool),
    store_id=st.sampled_from(("S0001", "S0002")),
    sku=st.sampled_from(("SKU-1", "SKU-2")),
    cause=st.sampled_from((Cause.REPORT, Cause.RETURN)),
)
where = st.fixed_dictionaries(
    {},
    optional={
        "store_id": st.sampled_from(("S0001", "S0002")),
        "sku": st.sampled_from(("SKU-1", "SKU-2")),
        "cause": st.sampled_from(("REPORT", "RETURN")),
    },
)
moments = st.none() | st.integers(-1, 12).map(after)


@given(
    written=st.lists(movements, max_size=12),
    where=where,
    window=st.just(OPEN_WINDOW) | st.builds(Window, moments, moments),
    limit=st.integers(1, 4),
)
def test_a_walk_through_the_ledger_is_that_of_a_ledger_kept_by_hand(
    adapter: Adapter, written: list[Movement], where: dict[str, str], window: Window, limit: int
) -> None:
    world = adapter()
    timed = [replace(movement, at=after(number)) for number, movement in enumerate(written)]
    write(world, *timed)
    expected = [
        movement.delta
        for movement in timed
        if all(getattr(movement, name) == value for name, value in where.items())
        and (window.after is None or window.after <= movement.at)
        and (window.before is None or movement.at < window.before)
    ]
    pages = deltas(world, Query(where=where, updated=window, limit=limit))
    assert [delta for page in pages for delta in page] == expected
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert bool(pages[-1]) == bool(expected)
