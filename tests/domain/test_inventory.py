"""Stock: what may be promised, what each step does to a level, and the movements that tell it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain import inventory
from sandbox_server.domain.errors import InsufficientStock
from sandbox_server.domain.inventory import Cause, Movement, Quantity, ReportRefusal, StockLevel, StockReport
from tests.domain.builders import LATER, NOW, a_level

units = st.integers(0, 50)
levels = st.builds(a_level, units, units, units)


def figures(level: StockLevel) -> tuple[int, int, int]:
    return level.on_hand, level.reserved, level.allocated


def a_report(on_hand: int = 5, sequence: int = 8, late: timedelta = timedelta()) -> StockReport:
    return StockReport("S0001", "SKU-1", on_hand, sequence, NOW + late)


@pytest.mark.parametrize(
    ("level", "safety_stock", "available"),
    [
        (a_level(10), 0, 10),
        (a_level(10, 2, 3), 0, 5),
        (a_level(10, 2, 3), 4, 1),
        (a_level(10, 2, 3), 5, 0),
        (a_level(10, 2, 3), 6, 0),
        (a_level(0), 0, 0),
    ],
)
def test_available_is_what_is_on_hand_and_not_promised_or_kept_back(
    level: StockLevel, safety_stock: int, available: int
) -> None:
    assert inventory.available(level, safety_stock) == available


@pytest.mark.parametrize(
    ("before", "after", "low"),
    [
        (a_level(10), a_level(3), False),
        (a_level(10), a_level(2), True),
        (a_level(10), a_level(10, 5, 3), True),
        (a_level(2), a_level(0), False),
        (a_level(2), a_level(10), False),
    ],
)
def test_stock_runs_low_when_it_comes_down_to_what_is_kept_back(
    before: StockLevel, after: StockLevel, low: bool
) -> None:
    assert inventory.runs_low(before, after, 2) is low


def test_a_report_is_stale_from_the_first_instant_at_which_its_level_is() -> None:
    level = a_level()
    stale_from = inventory.stale_from(level.as_of)
    assert inventory.is_stale(level, stale_from)
    assert not inventory.is_stale(level, stale_from - timedelta(milliseconds=1))


def test_a_level_is_named_by_store_and_sku() -> None:
    assert a_level().key == "S0001/SKU-1" == inventory.level_key("S0001", "SKU-1")


@pytest.mark.parametrize(
    ("age", "stale"), [(timedelta(minutes=15), False), (timedelta(minutes=15, milliseconds=1), True)]
)
def test_a_level_is_stale_when_its_report_is_older_than_a_quarter_of_an_hour(age: timedelta, stale: bool) -> None:
    assert inventory.is_stale(a_level(as_of=NOW - age), NOW) is stale


def test_a_level_opens_empty_and_takes_a_first_report_numbered_0() -> None:
    level = inventory.opening("S0001", "SKU-1", NOW)
    assert level == a_level(0, sequence=-1)
    assert inventory.refuse_report(a_report(sequence=0), level, NOW) is None


@pytest.mark.parametrize(
    ("report", "refusal"),
    [
        (a_report(), None),
        (a_report(on_hand=0), None),
        (a_report(on_hand=-1), ReportRefusal.NEGATIVE),
        (a_report(sequence=7), ReportRefusal.STALE_SEQUENCE),
        (a_report(sequence=6), ReportRefusal.STALE_SEQUENCE),
        (a_report(late=timedelta(milliseconds=1)), ReportRefusal.AS_OF_IN_FUTURE),
        (a_report(late=timedelta(days=-400)), None),
    ],
)
def test_a_report_holds_when_it_is_newer_not_from_the_future_and_not_below_nothing(
    report: StockReport, refusal: ReportRefusal | None
) -> None:
    assert inventory.refuse_report(report, a_level(sequence=7), NOW) is refusal


def test_a_store_that_never_had_the_sku_may_report_it() -> None:
    assert inventory.refuse_report(a_report(sequence=0), None, NOW) is None


def test_a_report_sets_what_is_on_hand_and_leaves_what_is_promised() -> None:
    report = a_report(on_hand=1, sequence=9, late=timedelta(minutes=-1))
    before = a_level(10, 2, 3, created_at=NOW - timedelta(days=1))
    after = inventory.reported(before, report, LATER)
    assert after == a_level(
        1,
        2,
        3,
        sequence=9,
        as_of=NOW - timedelta(minutes=1),
        created_at=NOW - timedelta(days=1),
        updated_at=LATER,
    )


Step = Callable[[StockLevel], StockLevel]


@pytest.mark.parametrize(
    ("step", "after"),
    [
        (lambda level: inventory.reserve(level, 4, 1, LATER), (10, 6, 3)),
        (lambda level: inventory.allocate(level, 2, LATER), (10, 0, 5)),
        (lambda level: inventory.release_reservation(level, 2, LATER), (10, 0, 3)),
        (lambda level: inventory.release_allocation(level, 3, LATER), (10, 2, 0)),
        (lambda level: inventory.ship(level, 3, LATER), (7, 2, 0)),
        (lambda level: inventory.send(level, 5, LATER), (5, 2, 3)),
        (lambda level: inventory.restock(level, 5, LATER), (15, 2, 3)),
        (lambda level: inventory.emptied(level, LATER), (0, 2, 3)),
    ],
    ids=["reserve", "allocate", "release reserved", "release allocated", "ship", "send", "restock", "empty"],
)
def test_each_step_moves_its_own_quantities_and_nothing_else(step: Step, after: tuple[int, int, int]) -> None:
    assert step(a_level(10, 2, 3)) == a_level(*after, updated_at=LATER)


def test_reserving_more_than_available_is_refused() -> None:
    with pytest.raises(InsufficientStock, match=r"^Store S0001 has 4 of SKU-1; 5 were asked for\.$"):
        inventory.reserve(a_level(10, 2, 3), 5, 1, LATER)


def test_shipping_more_than_is_on_hand_is_refused() -> None:
    with pytest.raises(InsufficientStock, match=r"^Store S0001 has 2 of SKU-1; 3 were asked for\.$"):
        inventory.ship(a_level(2, 0, 3), 3, LATER)


@pytest.mark.parametrize(("promised", "free"), [((2, 3), 5), ((9, 3), 0)])
def test_sending_away_what_is_promised_is_refused(promised: tuple[int, int], free: int) -> None:
    with pytest.raises(InsufficientStock, match=rf"^Store S0001 has {free} of SKU-1; 6 were asked for\.$"):
        inventory.send(a_level(10, *promised), 6, LATER)


@given(levels, units, st.integers(0, 60))
def test_a_reservation_never_promises_more_than_there_is(level: StockLevel, safety_stock: int, quantity: int) -> None:
    free = inventory.available(level, safety_stock)
    try:
        after = inventory.reserve(level, quantity, safety_stock, LATER)
    except InsufficientStock:
        assert quantity > free
    else:
        assert quantity <= free
        assert inventory.available(after, safety_stock) == free - quantity
        assert not quantity or after.reserved + after.allocated + safety_stock <= after.on_hand


@given(levels, levels)
def test_the_movements_between_two_levels_are_exactly_their_difference(before: StockLevel, after: StockLevel) -> None:
    movements = inventory.movements_of([(after.key, before, after, "ref")], Cause.COUNT, "req_1")
    moved = dict.fromkeys(Quantity, 0)
    for movement in movements:
        moved[movement.quantity] += movement.delta
    differences = [now - then for then, now in zip(figures(before), figures(after), strict=True)]
    assert list(moved.values()) == differences
    assert [movement.delta for movement in movements] == [difference for difference in differences if difference]


def test_a_movement_tells_where_when_why_and_for_whom() -> None:
    after = a_level(7, 2, 0, updated_at=LATER)
    moves = [(after.key, a_level(10, 2, 3), after, "shp_1")]
    assert inventory.movements_of(moves, Cause.SHIPMENT, "req_9") == [
        Movement(0, LATER, "S0001", "SKU-1", Quantity.ON_HAND, -3, Cause.SHIPMENT, "shp_1", "req_9"),
        Movement(0, LATER, "S0001", "SKU-1", Quantity.ALLOCATED, -3, Cause.SHIPMENT, "shp_1", "req_9"),
    ]
