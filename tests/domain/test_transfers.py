"""A transfer's life: asked for, dispatched, received whole, in parts or short; cancelled before it leaves."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from sandbox_server.domain import haulage, transfers
from sandbox_server.domain.errors import IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.domain.haulage import Wanted
from sandbox_server.domain.transfers import (
    TRANSITIONS,
    Discrepancy,
    DiscrepancyKind,
    Transfer,
    TransferCancellation,
    TransferCancelReason,
    TransferKind,
    TransferLine,
    TransferStatus,
    Units,
)
from tests.domain.builders import LATER, NOW, a_transfer, a_transfer_receipt, faults_of

S, K = TransferStatus, TransferKind
SHORT, OVER = DiscrepancyKind.SHORT, DiscrepancyKind.OVER
MUGS = (Units("SKU-1", 3),)


def received(transfer: Transfer) -> list[tuple[str, int, int]]:
    """For each line, the units that came and those that may still come."""
    return [(line.sku, line.received, transfers.in_transit(transfer, line)) for line in transfer.lines]


def recorded(transfer: Transfer) -> list[tuple[str, int, DiscrepancyKind]]:
    return [(found.sku, found.quantity, found.kind) for found in transfer.discrepancies]


# Asking


@pytest.mark.parametrize(
    ("kind", "origin", "target"),
    [(K.STORE_TO_STORE, "S0001", "S0002"), (K.STORE_TO_FC, "S0001", None), (K.FC_TO_STORE, None, "S0002")],
)
def test_goods_are_asked_for_and_nothing_has_moved(kind: TransferKind, origin: str | None, target: str | None) -> None:
    lines = (*MUGS, Units("SKU-2", 1))
    transfer = haulage.request("trf_1", Wanted(kind, origin, target, lines, "weekend"), NOW, "req_1")
    assert transfer == Transfer(
        "trf_1",
        kind,
        S.REQUESTED,
        origin,
        target,
        (TransferLine("SKU-1", 3), TransferLine("SKU-2", 1)),
        created_at=NOW,
        updated_at=NOW,
        history=(Change(NOW, None, S.REQUESTED, "req_1"),),
        note="weekend",
    )
    assert transfer.store_ids == tuple(end for end in (origin, target) if end)
    assert [transfers.dispatched(transfer, line) for line in transfer.lines] == [0, 0]
    assert received(transfer) == [("SKU-1", 0, 0), ("SKU-2", 0, 0)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(K.STORE_TO_STORE, None, "S0002", MUGS), [("/fromStoreId", "STORE_MISSING")]),
        (Wanted(K.STORE_TO_STORE, "S0001", None, MUGS), [("/toStoreId", "STORE_MISSING")]),
        (
            Wanted(K.STORE_TO_STORE, None, None, MUGS),
            [("/fromStoreId", "STORE_MISSING"), ("/toStoreId", "STORE_MISSING")],
        ),
        (Wanted(K.STORE_TO_STORE, "S0001", "S0001", MUGS), [("/toStoreId", "SAME_STORE")]),
        (Wanted(K.STORE_TO_FC, "S0001", "S0002", MUGS), [("/toStoreId", "NO_STORE")]),
        (Wanted(K.STORE_TO_FC, None, None, MUGS), [("/fromStoreId", "STORE_MISSING")]),
        (Wanted(K.FC_TO_STORE, "S0001", "S0002", MUGS), [("/fromStoreId", "NO_STORE")]),
        (Wanted(K.FC_TO_STORE, None, "S0002", MUGS * 2), [("/lines/1/sku", "REPEATED")]),
        (
            Wanted(K.FC_TO_STORE, None, None, (*MUGS, Units("SKU-2", 1), *MUGS)),
            [("/toStoreId", "STORE_MISSING"), ("/lines/2/sku", "REPEATED")],
        ),
    ],
)
def test_what_no_transfer_can_be_is_refused_with_every_fault(wanted: Wanted, found: list[tuple[str, str]]) -> None:
    with pytest.raises(Unprocessable) as refused:
        haulage.request("trf_1", wanted, NOW, "req_1")
    assert faults_of(refused.value) == found


# Leaving


def test_goods_leave_all_at_once() -> None:
    transfer = haulage.dispatch(a_transfer(), NOW, LATER, "req_2")
    assert (transfer.status, transfer.dispatched_at, transfer.updated_at, transfer.version) == (
        S.IN_TRANSIT,
        NOW,
        LATER,
        2,
    )
    assert transfer.history[1:] == (Change(LATER, S.REQUESTED, S.IN_TRANSIT, "req_2"),)
    assert [transfers.dispatched(transfer, line) for line in transfer.lines] == [3]
    assert received(transfer) == [("SKU-1", 0, 3)]


@pytest.mark.parametrize(
    ("at", "code"),
    [(LATER + timedelta(milliseconds=1), "IN_FUTURE"), (NOW - timedelta(milliseconds=1), "BEFORE_REQUEST")],
)
def test_goods_leave_neither_in_the_future_nor_before_they_were_asked_for(at: datetime, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        haulage.dispatch(a_transfer(), at, LATER, "req_2")
    assert faults_of(refused.value) == [("/dispatchedAt", code)]


@pytest.mark.parametrize("at", [NOW, LATER])
def test_goods_may_leave_at_the_moment_they_are_asked_for_and_now(at: datetime) -> None:
    assert haulage.dispatch(a_transfer(), at, LATER, "req_2").dispatched_at == at


# Coming


def test_when_everything_has_come_nothing_more_does() -> None:
    transfer = a_transfer(TransferLine("SKU-1", 3), TransferLine("SKU-2", 1), status=S.IN_TRANSIT)
    receipt = a_transfer_receipt(("SKU-2", 1), ("SKU-1", 3))
    changed = haulage.receive(transfer, receipt, "req_3")
    assert (changed.status, changed.updated_at, changed.version) == (S.RECEIVED, LATER, 2)
    assert changed.receipts == (receipt,)
    assert received(changed) == [("SKU-1", 3, 0), ("SKU-2", 1, 0)]
    assert recorded(changed) == []
    assert changed.history[-1] == Change(LATER, S.IN_TRANSIT, S.RECEIVED, "req_3")


def test_goods_come_in_parts_until_they_are_all_there() -> None:
    first = haulage.receive(a_transfer(status=S.IN_TRANSIT), a_transfer_receipt(("SKU-1", 1)), "req_3")
    assert (first.status, received(first), first.version) == (S.PARTIALLY_RECEIVED, [("SKU-1", 1, 2)], 2)
    second = haulage.receive(first, a_transfer_receipt(("SKU-1", 1)), "req_4")
    assert (second.status, received(second), second.version) == (S.PARTIALLY_RECEIVED, [("SKU-1", 2, 1)], 3)
    assert second.history == first.history
    third = haulage.receive(second, a_transfer_receipt(("SKU-1", 1)), "req_5")
    assert (third.status, received(third), len(third.receipts)) == (S.RECEIVED, [("SKU-1", 3, 0)], 3)
    assert [step.to for step in third.history] == [S.REQUESTED, S.IN_TRANSIT, S.PARTIALLY_RECEIVED, S.RECEIVED]
    assert recorded(third) == []


def test_a_final_receipt_records_what_is_missing() -> None:
    transfer = a_transfer(TransferLine("SKU-1", 3, received=1), TransferLine("SKU-2", 1), status=S.PARTIALLY_RECEIVED)
    changed = haulage.receive(transfer, a_transfer_receipt(("SKU-1", 1), final=True), "req_3")
    assert changed.status is S.RECEIVED
    assert changed.discrepancies == (Discrepancy("SKU-1", 1, SHORT, LATER), Discrepancy("SKU-2", 1, SHORT, LATER))
    assert received(changed) == [("SKU-1", 2, 0), ("SKU-2", 0, 0)]


def test_goods_that_never_come_are_short_altogether() -> None:
    changed = haulage.receive(a_transfer(status=S.IN_TRANSIT), a_transfer_receipt(final=True), "req_3")
    assert (changed.status, recorded(changed)) == (S.RECEIVED, [("SKU-1", 3, SHORT)])


def test_a_final_receipt_of_all_that_was_to_come_records_nothing() -> None:
    changed = haulage.receive(a_transfer(status=S.IN_TRANSIT), a_transfer_receipt(("SKU-1", 3), final=True), "req_3")
    assert (changed.status, recorded(changed)) == (S.RECEIVED, [])


def test_more_than_had_left_is_recorded_as_over_each_time_it_comes() -> None:
    transfer = a_transfer(TransferLine("SKU-1", 3, received=2), TransferLine("SKU-2", 1), status=S.PARTIALLY_RECEIVED)
    first = haulage.receive(transfer, a_transfer_receipt(("SKU-1", 3)), "req_3")
    assert (first.status, recorded(first)) == (S.PARTIALLY_RECEIVED, [("SKU-1", 2, OVER)])
    assert received(first) == [("SKU-1", 5, 0), ("SKU-2", 0, 1)]
    second = haulage.receive(first, a_transfer_receipt(("SKU-1", 1), ("SKU-2", 1)), "req_4")
    assert (second.status, recorded(second)) == (S.RECEIVED, [("SKU-1", 2, OVER), ("SKU-1", 1, OVER)])


def test_one_line_may_be_over_and_another_short() -> None:
    transfer = a_transfer(TransferLine("SKU-1", 3), TransferLine("SKU-2", 2), status=S.IN_TRANSIT)
    changed = haulage.receive(transfer, a_transfer_receipt(("SKU-1", 4), final=True), "req_3")
    assert recorded(changed) == [("SKU-1", 1, OVER), ("SKU-2", 2, SHORT)]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([("SKU-9", 1)], [("/lines/0/sku", "UNKNOWN_LINE")]),
        ([("SKU-1", 1), ("SKU-1", 1)], [("/lines/1/sku", "REPEATED")]),
        ([], [("/lines", "NOTHING_CAME")]),
    ],
)
def test_what_cannot_have_come_is_refused(lines: list[tuple[str, int]], found: list[tuple[str, str]]) -> None:
    with pytest.raises(Unprocessable) as refused:
        haulage.receive(a_transfer(status=S.IN_TRANSIT), a_transfer_receipt(*lines), "req_3")
    assert faults_of(refused.value) == found


# Not at all


def test_a_transfer_is_called_off_before_its_goods_have_left() -> None:
    end = TransferCancellation(TransferCancelReason.OTHER, LATER, "found some")
    transfer = haulage.cancel(a_transfer(), end, "req_2")
    assert (transfer.status, transfer.cancellation, transfer.updated_at, transfer.version) == (
        S.CANCELLED,
        end,
        LATER,
        2,
    )
    assert received(transfer) == [("SKU-1", 0, 0)]


# Every step there is


@pytest.mark.parametrize("status", TransferStatus)
def test_a_transfer_does_only_what_its_life_cycle_has(status: TransferStatus) -> None:
    transfer = a_transfer(status=status)
    cancellation = TransferCancellation(TransferCancelReason.OTHER, LATER)
    steps: list[tuple[TransferStatus, Callable[[], Transfer]]] = [
        (S.IN_TRANSIT, lambda: haulage.dispatch(transfer, NOW, LATER, "req_9")),
        (S.RECEIVED, lambda: haulage.receive(transfer, a_transfer_receipt(("SKU-1", 3)), "req_9")),
        (S.CANCELLED, lambda: haulage.cancel(transfer, cancellation, "req_9")),
    ]
    for target, step in steps:
        if target in TRANSITIONS[status]:
            assert step().status is target
        else:
            with pytest.raises(IllegalTransition, match=f"Transfer trf_1 is {status}; it cannot become {target}"):
                step()
