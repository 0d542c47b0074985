"""Transfers: goods leave one stock and come to another, on the books and on the shelves."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from sandbox_server.domain.errors import DomainError, IllegalTransition, InsufficientStock, NotFound, Unprocessable
from sandbox_server.domain.haulage import Wanted
from sandbox_server.domain.inventory import Quantity, StockReport
from sandbox_server.domain.stores import StoreStatus
from sandbox_server.domain.tills import Opening
from sandbox_server.domain.transfers import (
    DiscrepancyKind,
    Transfer,
    TransferCancelReason,
    TransferKind,
    TransferStatus,
    Units,
)
from sandbox_server.services import inventory, stores, tills, transfers
from tests.auditing import audit
from tests.domain.builders import NOW, faults_of
from tests.services.world import FAR, MIDDLE, NEAR, World

S, K = TransferStatus, TransferKind


@pytest.fixture
def world() -> World:
    """Ten of SKU-1 in each of two stores, and nothing in the third."""
    return World()


def ask(
    world: World,
    *lines: tuple[str, int],
    kind: TransferKind = K.STORE_TO_STORE,
    origin: str | None = NEAR,
    target: str | None = FAR,
) -> Transfer:
    units = tuple(Units(*line) for line in lines or (("SKU-1", 4),))
    return world.do(transfers.request, Wanted(kind, origin, target, units))


def send(world: World, *lines: tuple[str, int], **ends: Any) -> Transfer:
    return world.do(transfers.dispatch, ask(world, *lines, **ends).transfer_id)


def take(world: World, transfer: Transfer, quantity: int, *, final: bool = False, sku: str = "SKU-1") -> Transfer:
    lines = (Units(sku, quantity),) if quantity else ()
    return world.do(transfers.receive, transfer.transfer_id, lines, final)


def refused(world: World, kind: type[DomainError], step: Any, *args: object) -> DomainError:
    """What a step is refused with; it changes nothing."""
    before = world.everything()
    with pytest.raises(kind) as refusal:
        world.do(step, *args)
    assert world.everything() == before
    return refusal.value


def test_goods_that_are_asked_for_stay_and_are_held_back_for_nobody(world: World) -> None:
    transfer = ask(world, ("SKU-1", 10))
    assert (transfer.status, transfer.transfer_id[:4], transfer.created_at) == (S.REQUESTED, "trf_", NOW)
    assert (world.stock(NEAR), world.stock(FAR)) == ((10, 0, 0), (0, 0, 0))
    assert world.movements(transfer.transfer_id) == []
    assert world.place(("SKU-1", 10)).store_ids == [NEAR]


def test_goods_leave_one_store_and_come_to_another_that_never_had_any(world: World) -> None:
    transfer = send(world)
    assert (world.stock(NEAR), world.stock(FAR)) == ((6, 0, 0), (0, 0, 0))
    assert world.see(lambda tx: tx.levels.get(f"{FAR}/SKU-1")) is None
    received = take(world, transfer, 4)
    assert (received.status, received.version) == (S.RECEIVED, 3)
    assert (world.stock(NEAR), world.stock(FAR)) == ((6, 0, 0), (4, 0, 0))
    assert world.movements(transfer.transfer_id) == [
        (NEAR, "SKU-1", Quantity.ON_HAND, -4, "TRANSFER", "req_2"),
        (FAR, "SKU-1", Quantity.ON_HAND, 4, "TRANSFER", "req_3"),
    ]
    assert world.see(audit) == []


def test_goods_go_to_a_fulfilment_centre_and_come_from_one(world: World) -> None:
    away = send(world, kind=K.STORE_TO_FC, target=None)
    assert world.stock(NEAR) == (6, 0, 0)
    assert take(world, away, 4).status is S.RECEIVED
    back = send(world, ("SKU-2", 3), kind=K.FC_TO_STORE, origin=None)
    assert world.stock(FAR, "SKU-2") == (0, 0, 0)
    assert take(world, back, 3, sku="SKU-2").status is S.RECEIVED
    assert world.stock(FAR, "SKU-2") == (3, 0, 0)
    assert world.see(audit) == []


def test_what_is_promised_to_orders_does_not_leave_and_what_is_kept_safe_may(world: World) -> None:
    world.do(stores.update, NEAR, {"safety_stock": 3}, None)
    world.accept(world.place(("SKU-1", 2)))
    world.place(("SKU-1", 2))
    transfer = ask(world, ("SKU-1", 7))
    refusal = refused(world, InsufficientStock, transfers.dispatch, transfer.transfer_id)
    assert refusal.detail == f"Store {NEAR} has 6 of SKU-1; 7 were asked for."
    send(world, ("SKU-1", 6))
    assert world.stock(NEAR) == (4, 2, 2)


def test_where_one_line_is_not_there_nothing_leaves(world: World) -> None:
    transfer = ask(world, ("SKU-1", 1), ("SKU-2", 1))
    refused(world, InsufficientStock, transfers.dispatch, transfer.transfer_id)


def test_goods_may_have_left_a_while_ago(world: World) -> None:
    transfer = ask(world)
    world.wait(hours=1)
    at = NOW + timedelta(minutes=30)
    assert world.do(transfers.dispatch, transfer.transfer_id, at).dispatched_at == at
    other = ask(world, ("SKU-1", 1))
    assert world.do(transfers.dispatch, other.transfer_id).dispatched_at == NOW + timedelta(hours=1)
    late = refused(
        world, Unprocessable, transfers.dispatch, ask(world).transfer_id, NOW + timedelta(hours=1, milliseconds=1)
    )
    assert faults_of(late) == [("/dispatchedAt", "IN_FUTURE")]


def test_what_is_missing_at_the_end_is_gone_and_recorded(world: World) -> None:
    transfer = send(world)
    part = take(world, transfer, 1)
    assert part.status is S.PARTIALLY_RECEIVED
    whole = take(world, part, 0, final=True)
    assert (whole.status, [(d.quantity, d.kind) for d in whole.discrepancies]) == (
        S.RECEIVED,
        [(3, DiscrepancyKind.SHORT)],
    )
    assert (world.stock(NEAR), world.stock(FAR)) == ((6, 0, 0), (1, 0, 0))
    assert world.see(audit) == []


def test_what_is_over_is_taken_in_and_recorded(world: World) -> None:
    whole = take(world, send(world), 6)
    assert (whole.status, [(d.quantity, d.kind) for d in whole.discrepancies]) == (
        S.RECEIVED,
        [(2, DiscrepancyKind.OVER)],
    )
    assert world.stock(FAR) == (6, 0, 0)
    assert world.see(audit) == []


def test_a_transfer_that_is_called_off_has_moved_nothing(world: World) -> None:
    transfer = ask(world)
    ended = world.do(transfers.cancel, transfer.transfer_id, TransferCancelReason.DAMAGED, "all broken")
    assert ended.cancellation is not None
    assert (ended.status, ended.cancellation.reason, ended.cancellation.note) == (
        S.CANCELLED,
        TransferCancelReason.DAMAGED,
        "all broken",
    )
    refused(world, IllegalTransition, transfers.dispatch, transfer.transfer_id)
    assert world.stock(NEAR) == (10, 0, 0)


def test_goods_that_have_left_are_neither_called_off_nor_sent_again(world: World) -> None:
    transfer = send(world)
    refused(world, IllegalTransition, transfers.cancel, transfer.transfer_id, TransferCancelReason.OTHER)
    refused(world, IllegalTransition, transfers.dispatch, transfer.transfer_id)


def test_goods_come_only_while_they_are_on_their_way(world: World) -> None:
    transfer = ask(world)
    lines = (Units("SKU-1", 4),)
    refused(world, IllegalTransition, transfers.receive, transfer.transfer_id, lines, False)
    world.do(transfers.dispatch, transfer.transfer_id)
    take(world, transfer, 4)
    refused(world, IllegalTransition, transfers.receive, transfer.transfer_id, lines, False)


def test_what_there_is_not_cannot_be_transferred(world: World) -> None:
    lines = (Units("SKU-1", 1), Units("SKU-9", 1))
    unknown = refused(world, Unprocessable, transfers.request, Wanted(K.STORE_TO_STORE, NEAR, FAR, lines))
    assert faults_of(unknown) == [("/lines/1/sku", "UNKNOWN_SKU")]
    for ends in ((NEAR, "S0404"), ("S0404", FAR)):
        refused(world, NotFound, transfers.request, Wanted(K.STORE_TO_STORE, *ends, lines[:1]))
    for step in (transfers.get, transfers.dispatch):
        refused(world, NotFound, step, "trf_nowhere")


def test_a_closed_store_gives_its_goods_away_and_gets_none(world: World) -> None:
    world.do(stores.update, NEAR, {"status": StoreStatus.CLOSED}, None)
    assert send(world).status is S.IN_TRANSIT
    wanted = Wanted(K.STORE_TO_STORE, MIDDLE, NEAR, (Units("SKU-1", 1),))
    assert faults_of(refused(world, Unprocessable, transfers.request, wanted)) == [("/toStoreId", "STORE_CLOSED")]


def test_a_store_that_closes_while_goods_are_on_their_way_takes_them_in(world: World) -> None:
    transfer = send(world)
    world.do(stores.update, FAR, {"status": StoreStatus.CLOSED}, None)
    assert take(world, transfer, 4).status is S.RECEIVED
    assert world.stock(FAR) == (4, 0, 0)


def test_the_goods_themselves_go_with_the_books(world: World) -> None:
    world.do(tills.open_doors)
    world.do(tills.sell, NEAR, [("SKU-1", 3)])

    def there(store_id: str) -> int:
        return world.see(lambda tx: tills.units(tx, inventory.level_of(tx, store_id, "SKU-1")))

    transfer = send(world)
    assert (world.stock(NEAR), there(NEAR), there(FAR)) == ((6, 0, 0), 3, 0)
    take(world, transfer, 3, final=True)
    assert (world.stock(FAR), there(NEAR), there(FAR)) == ((3, 0, 0), 3, 3)
    changes = world.see(lambda tx: list(tx.counts.select()))
    assert [(c.store_id, c.delta, c.count, c.cause, c.reference) for c in changes[1:]] == [
        (NEAR, -4, 3, "TRANSFER", transfer.transfer_id),
        (FAR, 3, 3, "TRANSFER", transfer.transfer_id),
    ]
    assert world.see(lambda tx: tx.openings.get("opening")) == Opening(NOW, 0)
    assert world.see(audit) == []


def test_transfers_are_found_by_either_end_by_kind_and_by_state(world: World) -> None:
    first, second = send(world), ask(world, kind=K.STORE_TO_FC, origin=MIDDLE, target=None)

    def found(**where: str) -> list[str]:
        return [one.transfer_id for one in world.see(lambda tx: list(tx.transfers.select(**where)))]

    assert found() == [first.transfer_id, second.transfer_id]
    assert found(store_id=NEAR) == found(store_id=FAR) == found(status="IN_TRANSIT") == [first.transfer_id]
    assert found(store_id=MIDDLE) == found(kind="STORE_TO_FC") == found(status="REQUESTED") == [second.transfer_id]


def test_the_audit_names_goods_that_are_lost_behind_its_back(world: World) -> None:
    transfer = take(world, send(world), 4)
    line = replace(transfer.lines[0], received=3)
    world.do(lambda tx: tx.transfers.put(replace(transfer, lines=(line,))))
    details = [breach.detail for breach in world.see(audit) if breach == (6, transfer.transfer_id, breach.detail)]
    assert details == [
        "SKU-1: 3 received, 4 in its receipts",
        "SKU-1: 4 dispatched; 3 received, 0 in transit, 0 short, 0 over",
        f"SKU-1: it moves +3 at {FAR}; the ledger says +4",
    ]


def test_the_audit_names_stock_that_moved_for_no_transfer(world: World) -> None:
    world.do(inventory.send, NEAR, "SKU-1", 1, "trf_nowhere")
    assert [tuple(breach) for breach in world.see(audit)] == [
        (6, "trf_nowhere", f"SKU-1: it moves +0 at {NEAR}; the ledger says -1")
    ]


def test_a_stock_report_says_what_is_there_after_goods_have_left(world: World) -> None:
    transfer = send(world)
    assert world.do(inventory.report, [StockReport(NEAR, "SKU-1", 6, 2, NOW)]) == [None]
    assert world.stock(NEAR) == (6, 0, 0)
    take(world, transfer, 4)
    assert world.see(audit) == []
