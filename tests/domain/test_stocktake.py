"""A stocktake finds nothing in a right world, and names what is broken in a wrong one."""

from collections.abc import Sequence

import pytest

from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import Cause, Movement, Quantity, StockLevel
from sandbox_server.domain.orders import Order
from sandbox_server.domain.stocktake import Stocktake
from tests.domain.builders import NOW, a_level, a_line, allocated, an_order, found, released, reserved, shipped

ON_HAND, RESERVED, ALLOCATED = Quantity
Figures = tuple[int, int, int]
Named = list[tuple[int, str, str]]


def moved(*changes: tuple[Quantity, int], store_id: str = "S0001") -> list[Movement]:
    return [
        Movement(number, NOW, store_id, "SKU-1", quantity, delta, Cause.COUNT, "ref", "req_1")
        for number, (quantity, delta) in enumerate(changes, 1)
    ]


def summing_to(figures: Figures, store_id: str = "S0001") -> list[Movement]:
    return moved(*zip(Quantity, figures, strict=True), store_id=store_id)


def oversold(ledger: Sequence[Movement]) -> Named:
    return found(Stocktake().move(ledger))


def named(levels: Sequence[StockLevel], ledger: Sequence[Movement], orders: Sequence[Order] = ()) -> Named:
    stock = Stocktake()
    stock.move(ledger)
    for order in orders:
        stock.hold(order)
    breaches: list[Breach] = [*stock.check(levels), *stock.rest()]
    return found(breaches)


def holding() -> list[Order]:
    """Orders that hold 3 reserved units and 2 allocated ones."""
    return [
        an_order(a_line("1", 5, reserved(2), allocated(3, shipped=1))),
        an_order(a_line("1", 9, reserved(1), shipped(4), released(4), cancelled=4), order_id="ord_2"),
    ]


def test_an_empty_world_holds() -> None:
    assert named([], []) == []


# 1


def test_stock_that_follows_from_the_ledger_and_the_orders_conserves() -> None:
    levels = [a_level(10, 3, 2), a_level(0, store_id="S0002")]
    nothing = moved((ON_HAND, 4), (ON_HAND, -4), store_id="S0003")
    assert named(levels, [*summing_to((10, 3, 2)), *nothing], holding()) == []


def test_the_ledger_may_come_in_pieces() -> None:
    stock = Stocktake()
    assert stock.move(moved((ON_HAND, 5))) == []
    assert found(stock.move(moved((RESERVED, 6)))) == [(2, "S0001/SKU-1", "movement 2 promises 6 of 5 on hand")]


@pytest.mark.parametrize("figures", [(9, 3, 2), (10, 2, 2), (10, 3, 3)])
def test_stock_that_differs_from_its_movements_is_named(figures: Figures) -> None:
    assert named([a_level(10, 3, 2)], summing_to(figures), holding()) == [
        (1, "S0001/SKU-1", f"on hand, reserved, allocated are (10, 3, 2); the ledger says {figures}")
    ]


def test_stock_without_movements_and_movements_without_stock_are_named() -> None:
    assert named([a_level(10)], moved((ON_HAND, 1), store_id="S0002")) == [
        (1, "S0001/SKU-1", "on hand, reserved, allocated are (10, 0, 0); the ledger says (0, 0, 0)"),
        (1, "S0002/SKU-1", "the ledger says (1, 0, 0); there is no such level"),
    ]


@pytest.mark.parametrize("promised", [(2, 2), (3, 1), (2, 3), (0, 0)])
def test_stock_promised_to_nobody_or_not_kept_is_named(promised: tuple[int, int]) -> None:
    assert named([a_level(10, *promised)], summing_to((10, *promised)), holding()) == [
        (1, "S0001/SKU-1", f"reserved, allocated are {promised}; the orders hold (3, 2)")
    ]


def test_promises_of_stock_that_is_not_there_are_named() -> None:
    assert named([a_level(10, 1, store_id="S0002")], summing_to((10, 1, 0), "S0002"), holding()) == [
        (1, "S0002/SKU-1", "reserved, allocated are (1, 0); the orders hold (0, 0)"),
        (1, "S0001/SKU-1", "the orders hold 5; there is no such level"),
    ]


# 2


def test_promising_everything_on_hand_oversells_nothing() -> None:
    assert oversold(moved((ON_HAND, 5), (RESERVED, 3), (RESERVED, -3), (ALLOCATED, 3), (RESERVED, 2))) == []


def test_a_store_that_reports_less_than_it_has_promised_oversells_nothing() -> None:
    assert oversold(moved((ON_HAND, 5), (RESERVED, 4), (ON_HAND, -3), (RESERVED, -4), (ALLOCATED, 4))) == []


@pytest.mark.parametrize(
    ("ledger", "breaches"),
    [
        (moved((ON_HAND, 5), (RESERVED, 6)), [(2, "S0001/SKU-1", "movement 2 promises 6 of 5 on hand")]),
        (
            moved((ON_HAND, 5), (ALLOCATED, 4), (RESERVED, 1), (RESERVED, 1)),
            [(2, "S0001/SKU-1", "movement 4 promises 6 of 5 on hand")],
        ),
        (
            moved((ON_HAND, 5), (RESERVED, 4), (ON_HAND, -3), (RESERVED, 1)),
            [(2, "S0001/SKU-1", "movement 4 promises 5 of 2 on hand")],
        ),
        (
            moved((ON_HAND, 5)) + moved((RESERVED, 1), store_id="S0002"),
            [(2, "S0002/SKU-1", "movement 2 promises 1 of 0 on hand")],
        ),
    ],
)
def test_a_promise_of_more_than_is_on_hand_is_named(ledger: list[Movement], breaches: Named) -> None:
    assert oversold(ledger) == breaches
