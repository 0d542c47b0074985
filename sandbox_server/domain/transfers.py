"""Goods that go from one place to another: what a transfer is, the states it has, and where its units are."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

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


def dispatched(transfer: Transfer, line: TransferLine) -> int:
    """Return the units of a line that have left: all of them, or none."""
    return line.quantity if transfer.dispatched_at is not None else 0


def in_transit(transfer: Transfer, line: TransferLine) -> int:
    """Return the units of a line that have left and may still come."""
    return line.missing if transfer.status in _ON_THE_WAY else 0


_ON_THE_WAY = frozenset({TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED})
