"""A transfer's steps: goods are asked for, leave one place, and come to another at once, in parts, or not at all."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from sandbox_server.domain.errors import Fault, IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.domain.transfers import (
    LEAVES_A_STORE,
    REACHES_A_STORE,
    TRANSITIONS,
    Discrepancy,
    DiscrepancyKind,
    Transfer,
    TransferCancellation,
    TransferKind,
    TransferLine,
    TransferReceipt,
    TransferStatus,
    Units,
)


class Wanted(NamedTuple):
    """What is to go from where to where."""

    kind: TransferKind
    from_store_id: str | None
    to_store_id: str | None
    lines: Sequence[Units]
    note: str | None = None


def request(transfer_id: str, wanted: Wanted, now: datetime, cause: str) -> Transfer:
    """
    Return a new transfer; nothing has moved yet.

    Raises:
        Unprocessable: A store is missing, is one too many, or is named at both ends; or a SKU is named twice.
    """
    faults = [*_faults_of_ends(wanted), *_repeated(wanted.lines)]
    if faults:
        raise Unprocessable("No such transfer can be.", faults)
    return Transfer(
        transfer_id,
        wanted.kind,
        TransferStatus.REQUESTED,
        wanted.from_store_id,
        wanted.to_store_id,
        tuple(TransferLine(line.sku, line.quantity) for line in wanted.lines),
        created_at=now,
        updated_at=now,
        history=(Change(now, None, TransferStatus.REQUESTED, cause),),
        note=wanted.note,
    )


def dispatch(transfer: Transfer, dispatched_at: datetime, now: datetime, cause: str) -> Transfer:
    """
    Return the transfer after all its goods have left.

    Raises:
        IllegalTransition: They have left already, or never will.
        Unprocessable: They are said to have left in the future, or before they were asked for.
    """
    changed = _enter(transfer, TransferStatus.IN_TRANSIT, now, cause)
    _check_dispatched_at(dispatched_at, transfer.created_at, now)
    return _replace(changed, dispatched_at=dispatched_at)


def receive(transfer: Transfer, receipt: TransferReceipt, cause: str) -> Transfer:
    """
    Return the transfer after goods have come; what is over, and what is missing at the end, is recorded.

    Raises:
        IllegalTransition: It is not on its way.
        Unprocessable: A SKU is none of the transfer's, or named twice; or nothing came and more is to come.
    """
    if TransferStatus.RECEIVED not in TRANSITIONS[transfer.status]:
        raise IllegalTransition("transfer", transfer.transfer_id, transfer.status, TransferStatus.RECEIVED)
    _check_receipt(transfer, receipt)
    came = {line.sku: line.quantity for line in receipt.lines}
    lines = tuple(_replace(line, received=line.received + came.get(line.sku, 0)) for line in transfer.lines)
    changed = _replace(
        transfer,
        lines=lines,
        receipts=(*transfer.receipts, receipt),
        discrepancies=(*transfer.discrepancies, *_discrepancies(transfer.lines, lines, receipt)),
    )
    ended = receipt.final or not any(line.missing for line in lines)
    status = TransferStatus.RECEIVED if ended else TransferStatus.PARTIALLY_RECEIVED
    return _enter(changed, status, receipt.received_at, cause)


def cancel(transfer: Transfer, cancellation: TransferCancellation, cause: str) -> Transfer:
    """
    Return the transfer, called off.

    Raises:
        IllegalTransition: Its goods have left, or it is called off already.
    """
    changed = _enter(transfer, TransferStatus.CANCELLED, cancellation.at, cause)
    return _replace(changed, cancellation=cancellation)


_replace = msgspec.structs.replace


def _enter(transfer: Transfer, status: TransferStatus, now: datetime, cause: str) -> Transfer:
    if status is transfer.status is TransferStatus.PARTIALLY_RECEIVED:
        return _replace(transfer, updated_at=now, version=transfer.version + 1)
    if status not in TRANSITIONS[transfer.status]:
        raise IllegalTransition("transfer", transfer.transfer_id, transfer.status, status)
    step = Change(now, transfer.status, status, cause)
    return _replace(
        transfer, status=status, updated_at=now, version=transfer.version + 1, history=(*transfer.history, step)
    )


def _discrepancies(
    before: Iterable[TransferLine], after: Iterable[TransferLine], receipt: TransferReceipt
) -> list[Discrepancy]:
    found = []
    for old, new in zip(before, after, strict=True):
        if more := new.over - old.over:
            found.append(Discrepancy(new.sku, more, DiscrepancyKind.OVER, receipt.received_at))
        if receipt.final and new.missing:
            found.append(Discrepancy(new.sku, new.missing, DiscrepancyKind.SHORT, receipt.received_at))
    return found


def _faults_of_ends(wanted: Wanted) -> list[Fault]:
    faults = [
        *_fault_of_end("/fromStoreId", wanted.from_store_id, wanted.kind, wanted.kind in LEAVES_A_STORE),
        *_fault_of_end("/toStoreId", wanted.to_store_id, wanted.kind, wanted.kind in REACHES_A_STORE),
    ]
    if not faults and wanted.from_store_id == wanted.to_store_id:
        faults.append(Fault("/toStoreId", "SAME_STORE", "Goods go from one store to another one."))
    return faults


def _fault_of_end(pointer: str, store_id: str | None, kind: TransferKind, at_a_store: bool) -> list[Fault]:
    if at_a_store and store_id is None:
        return [Fault(pointer, "STORE_MISSING", f"{kind} names the store at this end.")]
    if not at_a_store and store_id is not None:
        return [Fault(pointer, "NO_STORE", f"{kind} has the fulfilment centre at this end; leave the store out.")]
    return []


def _check_dispatched_at(dispatched_at: datetime, requested_at: datetime, now: datetime) -> None:
    if dispatched_at > now:
        fault = Fault("/dispatchedAt", "IN_FUTURE", f"It is {now.isoformat()} now; goods cannot have left later.")
    elif dispatched_at < requested_at:
        fault = Fault("/dispatchedAt", "BEFORE_REQUEST", f"They were asked for at {requested_at.isoformat()}.")
    else:
        return
    raise Unprocessable("The goods cannot have left at that time.", [fault])


def _check_receipt(transfer: Transfer, receipt: TransferReceipt) -> None:
    known = {line.sku for line in transfer.lines}
    faults = [
        Fault(f"/lines/{place}/sku", "UNKNOWN_LINE", f"The transfer has no line of {line.sku}.")
        for place, line in enumerate(receipt.lines)
        if line.sku not in known
    ]
    faults += _repeated(receipt.lines)
    if not receipt.lines and not receipt.final:
        faults.append(Fault("/lines", "NOTHING_CAME", "Say what came, or that nothing more comes."))
    if faults:
        raise Unprocessable("This cannot have come.", faults)


def _repeated(lines: Sequence[Units]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for place, line in enumerate(lines):
        if line.sku in seen:
            faults.append(Fault(f"/lines/{place}/sku", "REPEATED", f"{line.sku} is named above already."))
        seen.add(line.sku)
    return faults
