"""Buyers, the carrier and stores: the people and machines that a client of the marketplace does not control."""

from collections.abc import Sequence
from itertools import chain

from sandbox_server.domain import mishaps
from sandbox_server.domain.errors import Fault, Unprocessable
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.orders import Buyer, CancelledBy, CancelReason, Order
from sandbox_server.domain.returns import Return, ReturnReason, Wanted, returned_units
from sandbox_server.domain.shipments import Shipment, ShipmentStatus, TrackingEvent
from sandbox_server.domain.stores import Capability, ServiceLevel, Store, StoreStatus
from sandbox_server.kernel.randomness import stream
from sandbox_server.services import demand, orders, returns, shipments, stores
from sandbox_server.services.happenings import schedule
from sandbox_server.services.ports import Transaction
from sandbox_server.services.sourcing import Network


def order(
    tx: Transaction,
    buyer: Buyer | None = None,
    basket: Sequence[tuple[str, int]] | None = None,
    level: ServiceLevel | None = None,
) -> Order:
    """
    Place an order as a buyer; what is not given follows from the seed and the order's number.

    Raises:
        NotFound: The catalogue has no such SKU.
        Unprocessable: There is no store, or no product, to draw.
    """
    if buyer is not None and basket is not None and level is not None:
        return orders.place(tx, buyer, basket, level)
    rng = stream(tx.seed, f"buyers/{tx.orders.count() + 1}")
    drawn = demand.draw(tx, rng, buyer)
    return orders.place(tx, drawn.buyer, drawn.basket if basket is None else basket, level or drawn.level)


def cancel(tx: Transaction, order_id: str, line_ids: Sequence[str] | None) -> Order:
    """
    Cancel an order, or some lines of it, as its buyer.

    Raises:
        NotFound: There is no such order.
        IllegalTransition: There is nothing left to cancel.
        Unprocessable: A line does not fit.
    """
    return orders.cancel(tx, order_id, line_ids, CancelledBy.BUYER, CancelReason.BUYER_REQUEST)


def bring_back(
    tx: Transaction,
    order_id: str,
    lines: Sequence[tuple[str, int]] | None = None,
    store_id: str | None = None,
    reason: ReturnReason = ReturnReason.NO_LONGER_WANTED,
) -> Return:
    """
    Bring goods of an order to a store's counter as their buyer.

    Args:
        lines: Line ids, with the units of each; None for everything that the buyer has.
        store_id: Where; None for the store that shipped it, or the nearest to the buyer that takes returns.

    Raises:
        NotFound: There is no such order or store.
        Unprocessable: The buyer has nothing of it, or less; or no store takes it back.
    """
    bought = orders.get(tx, order_id)
    if lines is None:
        lines = _kept(tx, bought)
    if not lines:
        fault = Fault("/orderId", "NOT_SHIPPED", f"Of order {order_id} nothing is shipped and not returned.")
        raise Unprocessable("The buyer has nothing to bring back.", [fault])
    counter = store_id or _counter(tx, bought)
    if counter is None:
        raise Unprocessable("No store takes returns.", [Fault("/storeId", "NO_DROP_OFF", "Let one take them.")])
    wanted = [Wanted(line_id, quantity, reason) for line_id, quantity in lines]
    return returns.authorise(tx, order_id, counter, wanted)


def can_bring_back(tx: Transaction, bought: Order) -> bool:
    """Whether the buyer has something of an order, and there is a store that takes it."""
    return bool(_kept(tx, bought)) and _counter(tx, bought) is not None


def move_parcel(tx: Transaction, shipment_id: str, status: ShipmentStatus) -> Shipment:
    """
    Have the carrier do its next step now.

    Raises:
        NotFound: There is no such shipment.
        IllegalTransition: A parcel does not go from where it is to there.
    """
    return shipments.track(tx, shipment_id, TrackingEvent(status, tx.now))


def lose_parcel(tx: Transaction, shipment_id: str) -> Shipment:
    """
    Have the carrier lose a parcel: nothing more is heard of it, until somebody says where it is.

    Raises:
        NotFound: There is no such shipment.
        IllegalTransition: It has arrived.
    """
    parcel = shipments.get(tx, shipment_id)
    mishaps.check_on_its_way(parcel, "lost")
    schedule(tx, DueKind.CARRIER_STEP, shipment_id, None)
    return parcel


def damage_parcel(tx: Transaction, shipment_id: str) -> Shipment:
    """
    Have the carrier damage a parcel, and send it back by the shortest way.

    Raises:
        NotFound: There is no such shipment.
        IllegalTransition: It has arrived.
    """
    parcel = shipments.get(tx, shipment_id)
    mishaps.check_on_its_way(parcel, "damaged")
    for status in mishaps.way_back(parcel.status):
        parcel = shipments.track(tx, shipment_id, TrackingEvent(status, tx.now, "Damaged on its way."))
    return parcel


def close_store(tx: Transaction, store_id: str) -> Store:
    """
    Close a store; what it has not acknowledged goes to others.

    Raises:
        NotFound: There is no such store.
    """
    return _turn(tx, store_id, StoreStatus.CLOSED)


def open_store(tx: Transaction, store_id: str) -> Store:
    """
    Let a store take orders again.

    Raises:
        NotFound: There is no such store.
    """
    return _turn(tx, store_id, StoreStatus.ACTIVE)


def _turn(tx: Transaction, store_id: str, status: StoreStatus) -> Store:
    store = stores.get(tx, store_id)
    return store if store.status is status else stores.update(tx, store_id, {"status": status}, None)


def _kept(tx: Transaction, bought: Order) -> list[tuple[str, int]]:
    """Return what has been shipped of an order and is not on its way back, by line."""
    back = returned_units(list(tx.returns.select(order_id=bought.order_id)))
    left = ((line.line_id, line.shipped - back[line.line_id]) for line in bought.lines)
    return [(line_id, quantity) for line_id, quantity in left if quantity > 0]


def _counter(tx: Transaction, bought: Order) -> str | None:
    location = bought.buyer.address.location
    assert location is not None, "every buyer is located"
    shippers = (stores.get(tx, parcel.store_id) for parcel in tx.shipments.select(order_id=bought.order_id))
    asked = chain(shippers, tx.stores.derived(Network).nearest_to(location))
    return next((store.store_id for store in asked if _takes_returns(store)), None)


def _takes_returns(store: Store) -> bool:
    return store.status is not StoreStatus.CLOSED and Capability.RETURNS_DROP_OFF in store.capabilities
