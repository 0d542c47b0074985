"""Transfers between stores, and between a store and a fulfilment centre."""

from sandbox_server.api.acorn import intake
from sandbox_server.api.acorn import transfers_wire as wire
from sandbox_server.api.acorn.replies import listing, one, require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.domain.errors import StoreNotYours
from sandbox_server.domain.transfers import TransferCancelReason
from sandbox_server.services import transfers
from sandbox_server.services.ports import Transaction

_FILTERS = {"status": "status", "kind": "kind", "storeId": "store_id"}


def list_transfers(call: Call, tx: Transaction) -> Reply:
    """Answer GET /transfers."""
    return listing(call, tx, tx.transfers, wire.transfer, _FILTERS)


def request_transfer(call: Call, tx: Transaction) -> Reply:
    """Answer POST /transfers."""
    wanted = intake.wanted_transfer(call.body)
    _require_either(call, wanted.from_store_id, wanted.to_store_id)
    transfer = transfers.request(tx, wanted)
    return one(transfer, wire.transfer, 201, f"/v1/transfers/{transfer.transfer_id}")


def get_transfer(call: Call, tx: Transaction) -> Reply:
    """Answer GET /transfers/{transferId}."""
    return one(transfers.get(tx, call.parameters["transferId"]), wire.transfer)


def dispatch_transfer(call: Call, tx: Transaction) -> Reply:
    """Answer POST /transfers/{transferId}/dispatches."""
    transfer = transfers.get(tx, call.parameters["transferId"])
    _require_end(call, transfer.from_store_id, transfer.to_store_id)
    changed = transfers.dispatch(tx, transfer.transfer_id, intake.dispatched_at(call.body))
    return one(changed, wire.transfer, 201)


def receive_transfer(call: Call, tx: Transaction) -> Reply:
    """Answer POST /transfers/{transferId}/receipts."""
    transfer = transfers.get(tx, call.parameters["transferId"])
    _require_end(call, transfer.to_store_id, transfer.from_store_id)
    lines, final = intake.units(call.body), call.body.get("final", False)
    return one(transfers.receive(tx, transfer.transfer_id, lines, final), wire.transfer, 201)


def cancel_transfer(call: Call, tx: Transaction) -> Reply:
    """Answer POST /transfers/{transferId}/cancellations."""
    transfer = transfers.get(tx, call.parameters["transferId"])
    _require_either(call, transfer.from_store_id, transfer.to_store_id)
    reason = TransferCancelReason(call.body["reason"])
    return one(transfers.cancel(tx, transfer.transfer_id, reason, call.body.get("note")), wire.transfer)


def _require_end(call: Call, end: str | None, other_end: str | None) -> None:
    """Let a caller pass that may act for this end; for a fulfilment centre acts who may for the store opposite."""
    store_id = end if end is not None else other_end
    if store_id is not None:
        require_store(call, store_id)


def _require_either(call: Call, *ends: str | None) -> None:
    """
    Let a caller pass that may act for one of the stores.

    Raises:
        StoreNotYours: Its credential is bound to others.
    """
    store_ids = [end for end in ends if end is not None]
    if call.caller is not None and store_ids and not any(map(call.caller.may_act_for, store_ids)):
        raise StoreNotYours(store_ids[0])
