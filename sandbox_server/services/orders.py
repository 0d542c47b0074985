"""Orders: placed by buyers, answered by stores, cancelled by anybody, watched by the clock."""

from collections.abc import Collection, Iterable, Sequence

from sandbox_server.domain import fulfilment
from sandbox_server.domain import orders as rules
from sandbox_server.domain.allocation import Demand, Share
from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.events import DueKind, EventType
from sandbox_server.domain.fulfilment import Decision, Placement
from sandbox_server.domain.orders import (
    CANCEL_LATE_AFTER,
    AllocationStatus,
    Buyer,
    Cancellation,
    CancelledBy,
    CancelReason,
    Order,
    OrderStatus,
    RejectReason,
)
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.stores import ServiceLevel, Store
from sandbox_server.kernel.geo import Location
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import inventory, pricing, sourcing
from sandbox_server.services.happenings import emit, schedule
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, order_id: str) -> Order:
    """
    Return an order.

    Raises:
        NotFound: There is none with this id.
    """
    order = tx.orders.get(order_id)
    if order is None:
        raise NotFound("order", order_id)
    return order


def place(tx: Transaction, buyer: Buyer, basket: Sequence[tuple[str, int]], level: ServiceLevel) -> Order:
    """
    Place a buyer's order: find its stores, price it with what is effective there now, and reserve the stock.

    Args:
        basket: SKUs, with the units of each.

    Raises:
        NotFound: The catalogue has no such SKU.
    """
    order_id = make_id(tx.seed, "ord", tx.orders.count() + 1)
    demands = [Demand(str(number), sku, quantity) for number, (sku, quantity) in enumerate(basket, start=1)]
    shares = sourcing.source(tx, demands, _destination(buyer), level)
    placement = Placement(order_id, level, tx.currency, buyer, pricing.lines(tx, demands, shares or ()))
    order = fulfilment.place(placement, shares, sourcing.deadlines(tx, level), tx.now, tx.cause)
    _promise(tx, order, shares or ())
    emit(tx, EventType.ORDER_CREATED, order_id)
    return _save(tx, order, order)


def acknowledge(tx: Transaction, order_id: str, decisions: Sequence[Decision]) -> Order:
    """
    Take stores' answers to an order; what they turn down goes to the next nearest store, or is given up.

    Raises:
        NotFound: There is no such order.
        IllegalTransition: It waits for no acknowledgement.
        Unprocessable: A decision does not fit the order.
    """
    before = get(tx, order_id)
    order, accepted, rejected = fulfilment.acknowledge(before, decisions, tx.now)
    for promise in accepted:
        inventory.bind(tx, promise, order_id)
    for promise, reason in rejected:
        inventory.free(tx, [promise], order_id)
        if reason is RejectReason.OUT_OF_STOCK:
            inventory.empty(tx, promise.store_id, promise.sku, order_id)
    return _save(tx, before, _reassigned(tx, order))


def cancel(
    tx: Transaction,
    order_id: str,
    line_ids: Sequence[str] | None,
    by: CancelledBy,
    reason: CancelReason,
    note: str | None = None,
) -> Order:
    """
    Cancel what is unshipped of an order, or of some of its lines.

    Raises:
        NotFound: There is no such order.
        IllegalTransition: There is nothing left to cancel.
        Unprocessable: A line does not fit.
    """
    before = get(tx, order_id)
    cancellation = Cancellation(by, reason, tx.now, note)
    order, freed = fulfilment.cancel(before, line_ids, cancellation, tx.cause)
    inventory.free(tx, freed, order_id)
    emit(tx, EventType.ORDER_CANCELLED, order_id)
    return _save(tx, before, _delivered(tx, order))


def hand_over(tx: Transaction, order: Order, store_id: str, quantities: dict[str, int]) -> Order:
    """
    Note that a store has shipped units of lines.

    Raises:
        IllegalTransition: The order cannot be shipped now.
        Unprocessable: The store holds fewer.
    """
    return _save(tx, order, fulfilment.ship(order, store_id, quantities, tx.now, tx.cause))


def deliver(tx: Transaction, order_id: str) -> None:
    """Note that a parcel of an order has arrived: with the last one of a shipped order, the order is delivered."""
    order = get(tx, order_id)
    delivered = _delivered(tx, order)
    if delivered is not order:
        _save(tx, order, delivered)


def reroute_from(tx: Transaction, store: Store) -> None:
    """Offer to other stores what this one has not acknowledged."""
    for order in list(tx.orders.select(store_id=store.store_id, status=OrderStatus.NEW.value)):
        released, freed = fulfilment.release(order, store.store_id, "STORE_CLOSED", tx.now)
        if freed:
            inventory.free(tx, freed, order.order_id)
            _save(tx, order, _reassigned(tx, released))


def acknowledgement_overdue(tx: Transaction, order_id: str) -> None:
    """Re-route what stores have let lie for two hours; at the second time, cancel it."""
    order = get(tx, order_id)
    released, freed = fulfilment.release(order, None, "NOT_ACKNOWLEDGED", tx.now)
    inventory.free(tx, freed, order_id)
    if not order.rerouted:
        _save(tx, order, _reassigned(tx, fulfilment.marked_rerouted(released, tx.now)))
        return
    _save(tx, order, _given_up(tx, released, CancelReason.NOT_ACKNOWLEDGED))


def shipment_overdue(tx: Transaction, order_id: str) -> None:
    """Mark an order late that was not shipped by the deadline, answered or not; it is cancelled 48 hours later."""
    order = get(tx, order_id)
    emit(tx, EventType.ORDER_LATE, order_id)
    _save(tx, order, fulfilment.marked_late(order, tx.now))


def cancel_late(tx: Transaction, order_id: str) -> None:
    """Cancel what is still unshipped of a late order, 48 hours after its deadline."""
    cancel(tx, order_id, None, CancelledBy.MARKETPLACE, CancelReason.NOT_SHIPPED)


def _destination(buyer: Buyer) -> Location:
    location = buyer.address.location
    assert location is not None, "a buyer's address is located when the order is placed"
    return location


def _promise(tx: Transaction, order: Order, shares: Iterable[Share], known: Collection[str] = ()) -> None:
    """Reserve stock; the order counts once in each store, not again where a part of it is `known`."""
    chosen: dict[str, Store] = {}
    for share in shares:
        inventory.reserve(tx, share.store, share.sku, share.quantity, order.order_id)
        chosen[share.store.store_id] = share.store
    for store_id, store in chosen.items():
        if store_id not in known:
            sourcing.count_order(tx, store)


def _reassigned(tx: Transaction, order: Order) -> Order:
    """Return the order with what nobody has promised offered to the next nearest stores, or given up."""
    moved = False
    for demand in rules.unassigned(order):
        refused = rules.refused_by(order, demand.line_id)
        known = order.store_ids
        shares = sourcing.source(tx, [demand], _destination(order.buyer), order.service_level, refused, known)
        if shares is not None:
            _promise(tx, order, shares, known)
            order = fulfilment.assign(order, shares, sourcing.deadlines(tx, order.service_level), tx.now)
            moved = True
    if moved:
        emit(tx, EventType.ORDER_REASSIGNED, order.order_id)
    return _given_up(tx, order, CancelReason.NO_STORE_LEFT)


def _given_up(tx: Transaction, order: Order, reason: CancelReason) -> Order:
    demands = rules.unassigned(order)
    if demands:
        order = fulfilment.give_up(order, demands, Cancellation(CancelledBy.MARKETPLACE, reason, tx.now))
        emit(tx, EventType.ORDER_CANCELLED, order.order_id)
    return rules.settle(order, tx.now, tx.cause)


def _delivered(tx: Transaction, order: Order) -> Order:
    """Return the order, delivered where it was shipped whole and every parcel of it has arrived."""
    parcels = tx.shipments.select(order_id=order.order_id)
    if order.status is OrderStatus.SHIPPED and all(parcel.status is ShipmentStatus.DELIVERED for parcel in parcels):
        return rules.enter(order, OrderStatus.DELIVERED, tx.now, tx.cause)
    return order


def _save(tx: Transaction, before: Order, order: Order) -> Order:
    """Keep the order, one version on, and have the clock watch the deadlines that it has now."""
    if before is not order:
        order = rules.bumped(order)
    tx.orders.put(order)
    _watch(tx, order)
    return order


def _watch(tx: Transaction, order: Order) -> None:
    waits = rules.promises(order, AllocationStatus.RESERVED)
    schedule(tx, DueKind.ACKNOWLEDGE_BY, order.order_id, order.acknowledge_by if waits else None)
    ship_by = order.ship_by
    cancelled_at = ship_by + CANCEL_LATE_AFTER if ship_by is not None else None
    schedule(tx, DueKind.SHIP_BY, order.order_id, ship_by if not order.late else None)
    schedule(tx, DueKind.CANCEL_LATE, order.order_id, cancelled_at if order.late else None)
