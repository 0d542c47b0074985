"""A transfer's life: goods are asked for, leave one place, and come to another at once, in parts, or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sandbox_server.domain.errors import Fault, IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change


class TransferKind(StrEnum):
    """From what kind of place to what kind; a fulfilment centre (FC) is the marketplace's own."""

    STORE_TO_STORE = "STORE_TO_STORE"
    STORE_TO_FC = "STORE_TO_FC"
    FC_TO_STORE = "FC_TO_STORE"


_K = TransferKind
LEAVES_A_STORE = frozenset({_K.STORE_TO_STORE, _K.STORE_TO_FC})
REACHES_A_STORE = frozenset({_K.STORE_TO_STORE, _K.FC_TO_STORE})


class TransferStatus(StrEnum):
    """Where a transfer stands."""

    REQUESTED = "REQUESTED"
    IN_TRANSIT = "IN_TRANSIT"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CANCELLED = "CANCELLED"


_S = TransferStatus
TRANSITIONS: Mapping[TransferStatus, frozenset[TransferStatus]] = {
    _S.REQUESTED: frozenset({_S.IN_TRANSIT, _S.CANCELLED}),
    _S.IN_TRANSIT: frozenset({_S.PARTIALLY_RECEIVED, _S.RECEIVED}),
    _S.PARTIALLY_RECEIVED: frozenset({_S.RECEIVED}),
    _S.RECEIVED: frozenset(),
    _S.CANCELLED: frozenset(),
}

BEGINNINGS = frozenset({_S.REQUESTED})
"""What a transfer can be at first."""


class DiscrepancyKind(StrEnum):
    """Whether less or more came than had left."""

    SHORT = "SHORT"
    OVER = "OVER"


class TransferCancelReason(StrEnum):
    """Why goods stay where they are."""

    NO_LONGER_NEEDED = "NO_LONGER_NEEDED"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    DAMAGED = "DAMAGED"
    STORE_CLOSED = "STORE_CLOSED"
    OTHER = "OTHER"


class Units(msgspec.Struct, frozen=True, array_like=True):
    """So many of a SKU."""

    sku: str
    quantity: int


class TransferLine(msgspec.Struct, frozen=True, array_like=True):
    """
    So many of a SKU that are to go.

    Args:
        received: Units that have come; more than `quantity` where more came than had left.
    """

    sku: str
    quantity: int
    received: int = 0

    @property
    def missing(self) -> int:
        """Units that have not come."""
        return max(0, self.quantity - self.received)

    @property
    def over(self) -> int:
        """Units that have come beyond what had left."""
        return max(0, self.received - self.quantity)


class Discrepancy(msgspec.Struct, frozen=True, array_like=True):
    """Units that did not come (SHORT), or that came and had not left (OVER)."""

    sku: str
    quantity: int
    kind: DiscrepancyKind
    recorded_at: datetime


class TransferReceipt(msgspec.Struct, frozen=True, array_like=True):
    """
    Goods that came at one time.

    Args:
        final: Whether nothing more comes.
    """

    received_at: datetime
    lines: tuple[Units, ...]
    final: bool


class TransferCancellation(msgspec.Struct, frozen=True, array_like=True):
    """Why and when a transfer was called off."""

    reason: TransferCancelReason
    at: datetime
    note: str | None = None


class Transfer(msgspec.Struct, frozen=True, array_like=True):
    """
    Goods that go from one place to another.

    Args:
        from_store_id: The store they leave; None where they leave a fulfilment centre.
        to_store_id: The store they come to; None where they come to a fulfilment centre.
        dispatched_at: When they left, as the place they left says; None before.
    """

    transfer_id: str
    kind: TransferKind
    status: TransferStatus
    from_store_id: str | None
    to_store_id: str | None
    lines: tuple[TransferLine, ...]
    created_at: datetime
    updated_at: datetime
    history: tuple[Change, ...]
    note: str | None = None
    dispatched_at: datetime | None = None
    receipts: tuple[TransferReceipt, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    cancellation: TransferCancellation | None = None
    version: int = 1

    @property
    def store_ids(self) -> tuple[str, ...]:
        """The stores at its ends."""
        return tuple(end for end in (self.from_store_id, self.to_store_id) if end is not None)


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


def dispatched(transfer: Transfer, line: TransferLine) -> int:
    """Return the units of a line that have left: all of them, or none."""
    return line.quantity if transfer.dispatched_at is not None else 0


def in_transit(transfer: Transfer, line: TransferLine) -> int:
    """Return the units of a line that have left and may still come."""
    return line.missing if transfer.status in _ON_THE_WAY else 0


_ON_THE_WAY = frozenset({TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED})
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
