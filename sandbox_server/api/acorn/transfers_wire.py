"""Transfers in the contract's words."""

from sandbox_server.api.acorn.wire import Wire, history, instant, present
from sandbox_server.domain import transfers as rules
from sandbox_server.domain.transfers import Discrepancy, Transfer, TransferCancellation, TransferLine, TransferReceipt
from sandbox_server.services.codec import unpacker
from sandbox_server.services.ports import Packed

_unpack = unpacker(Transfer)


def transfer(packed: Packed) -> Wire:
    """Return a transfer."""
    goods = _unpack(packed)
    return present(
        transferId=goods.transfer_id,
        kind=goods.kind,
        status=goods.status,
        fromStoreId=goods.from_store_id,
        toStoreId=goods.to_store_id,
        note=goods.note,
        createdAt=instant(goods.created_at),
        updatedAt=instant(goods.updated_at),
        dispatchedAt=instant(goods.dispatched_at) if goods.dispatched_at is not None else None,
        lines=[_line(goods, line) for line in goods.lines],
        receipts=[_receipt(receipt) for receipt in goods.receipts],
        discrepancies=[_discrepancy(found) for found in goods.discrepancies],
        cancellation=_cancellation(goods.cancellation) if goods.cancellation is not None else None,
        history=history(goods.history),
    )


def _line(goods: Transfer, line: TransferLine) -> Wire:
    return {
        "sku": line.sku,
        "quantity": line.quantity,
        "dispatchedQuantity": rules.dispatched(goods, line),
        "receivedQuantity": line.received,
        "inTransitQuantity": rules.in_transit(goods, line),
    }


def _receipt(receipt: TransferReceipt) -> Wire:
    lines = [{"sku": line.sku, "quantity": line.quantity} for line in receipt.lines]
    return {"receivedAt": instant(receipt.received_at), "final": receipt.final, "lines": lines}


def _discrepancy(found: Discrepancy) -> Wire:
    return {
        "sku": found.sku,
        "quantity": found.quantity,
        "kind": found.kind,
        "recordedAt": instant(found.recorded_at),
    }


def _cancellation(end: TransferCancellation) -> Wire:
    return present(reason=end.reason, at=instant(end.at), note=end.note)
