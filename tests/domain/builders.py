"""Things for tests, from stores to transfers: right in themselves, changed where a test says so."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from msgspec.structs import replace

from sandbox_server.domain.allocation import Share
from sandbox_server.domain.errors import DomainError
from sandbox_server.domain.events import Change
from sandbox_server.domain.fulfilment import Deadlines, Placement, place
from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import StockLevel
from sandbox_server.domain.orders import Allocation, AllocationStatus, Buyer, Line, Order, OrderStatus
from sandbox_server.domain.returns import Return, ReturnLine, ReturnReason, ReturnStatus
from sandbox_server.domain.shipments import Carrier, Parcel, Shipment, ShipmentLine, ShipmentStatus, TrackingEvent
from sandbox_server.domain.stores import Address, Capability, ServiceLevel, Span, Store, StoreStatus
from sandbox_server.domain.transfers import (
    Transfer,
    TransferKind,
    TransferLine,
    TransferReceipt,
    TransferStatus,
    Units,
)
from sandbox_server.kernel.geo import Location

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
"""A Friday, 10:00 in New York."""

LATER = NOW + timedelta(minutes=5)
SHIP_BY = NOW + timedelta(hours=6)
DELIVER_BY = NOW + timedelta(days=5)
NINE_TO_NINE = (Span(time(9), time(21)),)
SHUT: tuple[Span, ...] = ()


def a_store(store_id: str = "S0001", **changes: Any) -> Store:
    store = Store(
        store_id,
        name="Acorn Fifth Avenue",
        address=Address("500 Fifth Avenue", "New York", "US"),
        location=Location(40.7536, -73.9806),
        time_zone="America/New_York",
        opening_hours=(NINE_TO_NINE,) * 7,
        cut_off=time(16),
        daily_order_capacity=100,
        safety_stock=0,
        status=StoreStatus.ACTIVE,
        capabilities=(Capability.SHIP_FROM_STORE, Capability.SAME_DAY, Capability.RETURNS_DROP_OFF),
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(store, **changes)


def a_level(on_hand: int = 10, reserved: int = 0, allocated: int = 0, **changes: Any) -> StockLevel:
    return replace(StockLevel("S0001", "SKU-1", on_hand, reserved, allocated, 7, NOW, NOW, NOW), **changes)


def a_line(line_id: str = "1", quantity: int = 3, *parts: Allocation, **changes: Any) -> Line:
    line = Line(line_id, f"SKU-{line_id}", f"Thing {line_id}", quantity, unit_price=1000, tax=80 * quantity)
    return replace(line, allocations=parts, **changes)


def a_part(store_id: str, quantity: int, status: AllocationStatus, shipped: int = 0, **changes: Any) -> Allocation:
    return replace(Allocation(store_id, quantity, status, SHIP_BY, shipped), **changes)


def reserved(quantity: int, store_id: str = "S0001", **changes: Any) -> Allocation:
    return a_part(store_id, quantity, AllocationStatus.RESERVED, **changes)


def allocated(quantity: int, store_id: str = "S0001", shipped: int = 0, **changes: Any) -> Allocation:
    return a_part(store_id, quantity, AllocationStatus.ALLOCATED, shipped, **changes)


def shipped(quantity: int, store_id: str = "S0001", **changes: Any) -> Allocation:
    return a_part(store_id, quantity, AllocationStatus.SHIPPED, quantity, **changes)


def rejected(quantity: int, store_id: str = "S0001", **changes: Any) -> Allocation:
    return a_part(store_id, quantity, AllocationStatus.REJECTED, reason="DAMAGED", **changes)


def released(quantity: int, store_id: str = "S0001", shipped: int = 0, **changes: Any) -> Allocation:
    return a_part(store_id, quantity, AllocationStatus.RELEASED, shipped, reason="CANCELLED", **changes)


def an_order(*lines: Line, status: OrderStatus = OrderStatus.NEW, **changes: Any) -> Order:
    order = Order(
        "ord_1",
        status,
        ServiceLevel.STANDARD,
        "USD",
        Buyer("Zoë Łukasz 李", "zoe@example.com", Address("1 Main Street", "Hoboken", "US")),
        lines or (a_line("1", 3, reserved(3)),),
        placed_at=NOW,
        updated_at=NOW,
        history=HISTORIES[status],
        acknowledge_by=NOW + timedelta(hours=2),
        deliver_by=DELIVER_BY,
    )
    return replace(order, **changes)


def steps(*states: str) -> tuple[Change, ...]:
    return tuple(Change(NOW, origin, to, "req_1") for origin, to in zip((None, *states), states, strict=False))


_S = OrderStatus
HISTORIES = {
    _S.NEW: steps(_S.NEW),
    _S.ACKNOWLEDGED: steps(_S.NEW, _S.ACKNOWLEDGED),
    _S.PARTIALLY_SHIPPED: steps(_S.NEW, _S.ACKNOWLEDGED, _S.PARTIALLY_SHIPPED),
    _S.SHIPPED: steps(_S.NEW, _S.ACKNOWLEDGED, _S.SHIPPED),
    _S.DELIVERED: steps(_S.NEW, _S.ACKNOWLEDGED, _S.SHIPPED, _S.DELIVERED),
    _S.CANCELLED: steps(_S.NEW, _S.CANCELLED),
    _S.UNFULFILLABLE: steps(_S.UNFULFILLABLE),
}


def a_placement(*lines: Line) -> Placement:
    order = an_order(*lines)
    return Placement(order.order_id, order.service_level, order.currency, order.buyer, order.lines)


def usual_deadlines(_: Share) -> Deadlines:
    return Deadlines(SHIP_BY, DELIVER_BY)


def a_placed_order(*shares: Share) -> Order:
    """An order as it is placed, with a line for each SKU of the shares."""
    wanted: dict[str, int] = {}
    for share in shares:
        wanted[share.line_id] = wanted.get(share.line_id, 0) + share.quantity
    lines = [a_line(line_id, quantity) for line_id, quantity in wanted.items()]
    return place(a_placement(*lines), shares, usual_deadlines, NOW, "req_1")


def a_shipment(*events: TrackingEvent, **changes: Any) -> Shipment:
    way = events or (TrackingEvent(ShipmentStatus.LABELLED, NOW),)
    shipment = Shipment(
        "shp_1",
        "ord_1",
        "S0001",
        way[-1].status,
        Carrier.UPS,
        "1Z999AA10123456784",
        shipped_at=NOW,
        lines=(ShipmentLine("1", "SKU-1", 3),),
        packages=(Parcel(1200),),
        tracking_events=way,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(shipment, **changes)


def a_return_line(line_id: str = "1", quantity: int = 2, paid: int = 2160, **changes: Any) -> ReturnLine:
    return replace(ReturnLine(line_id, f"SKU-{line_id}", quantity, ReturnReason.NO_LONGER_WANTED, paid), **changes)


def a_return(*lines: ReturnLine, status: ReturnStatus = ReturnStatus.AUTHORISED, **changes: Any) -> Return:
    rma = Return(
        "ret_1",
        "ord_1",
        status,
        "USD",
        "S0001",
        lines or (a_return_line(),),
        expires_at=NOW + timedelta(days=30),
        created_at=NOW,
        updated_at=NOW,
        history=RETURN_HISTORIES[status],
    )
    return replace(rma, **changes)


_R = ReturnStatus
RETURN_HISTORIES = {
    _R.AUTHORISED: steps(_R.AUTHORISED),
    _R.RECEIVED_IN_PART: steps(_R.AUTHORISED, _R.RECEIVED_IN_PART),
    _R.RECEIVED: steps(_R.AUTHORISED, _R.RECEIVED),
    _R.REFUNDED: steps(_R.AUTHORISED, _R.RECEIVED, _R.REFUNDED),
    _R.CLOSED: steps(_R.AUTHORISED, _R.RECEIVED, _R.REFUNDED, _R.CLOSED),
    _R.REJECTED: steps(_R.AUTHORISED, _R.REJECTED),
    _R.EXPIRED: steps(_R.AUTHORISED, _R.EXPIRED),
}


def a_transfer(*lines: TransferLine, status: TransferStatus = TransferStatus.REQUESTED, **changes: Any) -> Transfer:
    """A transfer of three SKU-1 from S0001 to S0002, as it may stand; received means that nothing has come."""
    transfer = Transfer(
        "trf_1",
        TransferKind.STORE_TO_STORE,
        status,
        "S0001",
        "S0002",
        lines or (TransferLine("SKU-1", 3),),
        created_at=NOW,
        updated_at=NOW,
        history=TRANSFER_HISTORIES[status],
        dispatched_at=NOW if status in _LEFT else None,
    )
    return replace(transfer, **changes)


def a_transfer_receipt(*lines: tuple[str, int], final: bool = False) -> TransferReceipt:
    return TransferReceipt(LATER, tuple(Units(sku, quantity) for sku, quantity in lines), final)


_T = TransferStatus
_LEFT = {_T.IN_TRANSIT, _T.PARTIALLY_RECEIVED, _T.RECEIVED}
TRANSFER_HISTORIES = {
    _T.REQUESTED: steps(_T.REQUESTED),
    _T.IN_TRANSIT: steps(_T.REQUESTED, _T.IN_TRANSIT),
    _T.PARTIALLY_RECEIVED: steps(_T.REQUESTED, _T.IN_TRANSIT, _T.PARTIALLY_RECEIVED),
    _T.RECEIVED: steps(_T.REQUESTED, _T.IN_TRANSIT, _T.RECEIVED),
    _T.CANCELLED: steps(_T.REQUESTED, _T.CANCELLED),
}


def faults_of(refusal: DomainError) -> Sequence[tuple[str, str]]:
    """Where a refusal says that something is wrong, and what."""
    return [(fault.pointer, fault.code) for fault in refusal.faults]


def found(breaches: Iterable[Breach]) -> list[tuple[int, str, str]]:
    """What is named, as plain tuples."""
    return [(breach.invariant, breach.subject, breach.detail) for breach in breaches]
