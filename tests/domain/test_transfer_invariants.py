"""The sixth invariant, and the histories of transfers: named where they do not hold, and only there."""

from typing import Any

import pytest

from sandbox_server.domain import invariants
from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.domain.transfers import (
    Discrepancy,
    DiscrepancyKind,
    Transfer,
    TransferKind,
    TransferLine,
    TransferStatus,
)
from tests.domain.builders import (
    NOW,
    a_transfer,
    a_transfer_receipt,
    found,
    steps,
)

HERE, THERE = ("S0001", "SKU-1"), ("S0002", "SKU-1")

T = TransferStatus
SHORT, OVER = (Discrepancy("SKU-1", 1, kind, NOW) for kind in DiscrepancyKind)


def on_the_way(received: int = 0, **changes: Any) -> Transfer:
    """Three SKU-1 between S0001 and S0002, of which so many have come."""
    line = TransferLine("SKU-1", 3, received)
    receipts = (a_transfer_receipt(("SKU-1", received)),) if received else ()
    return a_transfer(line, **{"status": T.IN_TRANSIT, "receipts": receipts} | changes)


@pytest.mark.parametrize(
    "transfer",
    [
        a_transfer(),
        a_transfer(status=T.CANCELLED),
        on_the_way(),
        on_the_way(2, status=T.PARTIALLY_RECEIVED),
        on_the_way(3, status=T.RECEIVED),
        on_the_way(2, status=T.RECEIVED, discrepancies=(SHORT,)),
        on_the_way(4, status=T.RECEIVED, discrepancies=(OVER,)),
        on_the_way(3, status=T.RECEIVED, discrepancies=(OVER, SHORT)),
    ],
)
def test_what_was_dispatched_came_or_comes_or_is_a_discrepancy(transfer: Transfer) -> None:
    assert found(invariants.nothing_is_lost_on_the_way(transfer)) == []


@pytest.mark.parametrize(
    ("transfer", "detail"),
    [
        (
            on_the_way(2, status=T.RECEIVED),
            "SKU-1: 3 dispatched; 2 received, 0 in transit, 0 short, 0 over",
        ),
        (
            on_the_way(4, status=T.RECEIVED),
            "SKU-1: 3 dispatched; 4 received, 0 in transit, 0 short, 0 over",
        ),
        (
            on_the_way(discrepancies=(SHORT,)),
            "SKU-1: 3 dispatched; 0 received, 3 in transit, 1 short, 0 over",
        ),
        (
            on_the_way(3, status=T.RECEIVED, discrepancies=(OVER,)),
            "SKU-1: 3 dispatched; 3 received, 0 in transit, 0 short, 1 over",
        ),
        (on_the_way(1, dispatched_at=None), "SKU-1: 0 dispatched; 1 received, 2 in transit, 0 short, 0 over"),
        (on_the_way(3, status=T.RECEIVED, receipts=()), "SKU-1: 3 received, 0 in its receipts"),
    ],
)
def test_goods_that_are_lost_on_the_way_or_come_from_nowhere_are_named(transfer: Transfer, detail: str) -> None:
    assert found(invariants.nothing_is_lost_on_the_way(transfer)) == [(6, "trf_1", detail)]


def carried(*moves: tuple[str, int], reference: str = "trf_1") -> list[Movement]:
    return [
        Movement(number, NOW, store_id, "SKU-1", Quantity.ON_HAND, delta, Cause.TRANSFER, reference, "req_1")
        for number, (store_id, delta) in enumerate(moves, 1)
    ]


@pytest.mark.parametrize(
    ("transfer", "ledger"),
    [
        (a_transfer(), []),
        (on_the_way(), carried(("S0001", -3))),
        (on_the_way(3, status=T.RECEIVED), carried(("S0001", -3), ("S0002", 1), ("S0002", 2))),
        (on_the_way(2, kind=TransferKind.STORE_TO_FC, to_store_id=None), carried(("S0001", -3))),
        (on_the_way(2, kind=TransferKind.FC_TO_STORE, from_store_id=None), carried(("S0002", 2))),
    ],
)
def test_goods_leave_and_reach_stores_as_their_transfers_say(transfer: Transfer, ledger: list[Movement]) -> None:
    assert found(invariants.transfers_net_to_zero([transfer], ledger)) == []


@pytest.mark.parametrize(
    ("transfer", "ledger", "detail"),
    [
        (on_the_way(), [], "SKU-1: it moves -3 at S0001; the ledger says +0"),
        (a_transfer(), carried(("S0001", -3)), "SKU-1: it moves +0 at S0001; the ledger says -3"),
        (on_the_way(2), carried(("S0001", -3)), "SKU-1: it moves +2 at S0002; the ledger says +0"),
        (on_the_way(), carried(("S0001", -3), ("S0003", 3)), "SKU-1: it moves +0 at S0003; the ledger says +3"),
    ],
)
def test_goods_that_move_otherwise_than_their_transfer_says_are_named(
    transfer: Transfer, ledger: list[Movement], detail: str
) -> None:
    assert found(invariants.transfers_net_to_zero([transfer], ledger)) == [(6, "trf_1", detail)]


def test_goods_that_move_for_a_transfer_that_is_not_there_are_named() -> None:
    ledger = carried(("S0001", -3), reference="trf_2")
    assert found(invariants.transfers_net_to_zero([a_transfer()], ledger)) == [
        (6, "trf_2", "SKU-1: it moves +0 at S0001; the ledger says -3")
    ]


@pytest.mark.parametrize("status", TransferStatus)
def test_a_right_history_of_a_transfer_is_legal(status: TransferStatus) -> None:
    assert found(invariants.transfer_history_is_legal(a_transfer(status=status))) == []


def test_a_transfer_that_comes_before_it_leaves_is_named() -> None:
    transfer = a_transfer(status=T.RECEIVED, history=steps(T.REQUESTED, T.RECEIVED))
    assert found(invariants.transfer_history_is_legal(transfer)) == [(4, "trf_1", "went from REQUESTED to RECEIVED")]
