"""How stores and buyers do what a script says: each deed a step of the services, as a client's request would be."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.fulfilment import Decision
from sandbox_server.domain.orders import (
    AllocationStatus,
    CancelledBy,
    CancelReason,
    Order,
    OrderStatus,
    Promise,
    RejectReason,
    promises,
)
from sandbox_server.domain.returns import Condition, ReceivedLine, RefundLine, Return, ReturnReason, Wanted
from sandbox_server.domain.shipments import Carrier, Parcel
from sandbox_server.domain.stores import Capability, StoreStatus
from sandbox_server.kernel.randomness import stream
from sandbox_server.services import orders, returns, shipments
from sandbox_server.services.ports import Transaction
from sandbox_server.services.shipments import Dispatch
from sandbox_server.services.sourcing import Network
from sandbox_server.worlds.scripts import Deed

_CARRIERS = {Carrier.UPS: 35, Carrier.FEDEX: 25, Carrier.USPS: 25, Carrier.DHL: 5, Carrier.ACORN: 10}
_TRACKING: Mapping[Carrier, Callable[[int], str]] = {
    Carrier.UPS: lambda number: f"1ZACRN{number:012}",
    Carrier.FEDEX: lambda number: f"7{number:011}",
    Carrier.USPS: lambda number: f"94{number:020}",
    Carrier.DHL: lambda number: f"{number % 10**10:010}",
    Carrier.ACORN: lambda number: f"AC{number:012}",
}
_FIRST_NUMBER = 4_000_000_000
_NUMBERS = 1_000_000_000
_STRIDE = 381_966_011  # coprime to the numbers there are: neighbours get numbers far apart, and none comes twice
_WRAPPING_GRAMS = 120
_COUNTERS_NEARBY = 3
_REJECTIONS = {
    RejectReason.OUT_OF_STOCK: 5,
    RejectReason.DAMAGED: 2,
    RejectReason.STORE_CLOSED: 1,
    RejectReason.CAPACITY: 2,
}
_SELLERS_REASONS = (CancelReason.OUT_OF_STOCK, CancelReason.DAMAGED, CancelReason.PRICING_ERROR, CancelReason.OTHER)


class Actors:
    """
    The people of a world's history.

    What is done to an order returns it as it stands then; None where it could not be done, which ends the script.
    """

    def __init__(self, seed: int, products: Mapping[str, Product]) -> None:
        self._rng: Random = stream(seed, "world/deeds")
        self._products = products
        self._orders: Mapping[Deed, Callable[[Transaction, Order], Order | None]] = {
            Deed.ACKNOWLEDGE: self._acknowledge,
            Deed.ACKNOWLEDGE_FIRST_LINE: self._acknowledge_first_line,
            Deed.REJECT: self._reject,
            Deed.SHIP: self._ship,
            Deed.SHIP_FIRST_LINE: self._ship_first_line,
            Deed.CANCEL_AS_BUYER: self._cancel_as_buyer,
            Deed.CANCEL_AS_SELLER: self._cancel_as_seller,
            Deed.CANCEL_FIRST_LINE: self._cancel_first_line,
        }
        self._returns: Mapping[Deed, Callable[[Transaction, Return], object]] = {
            Deed.RECEIVE: self._receive,
            Deed.RECEIVE_FIRST_LINE: self._receive_first_line,
            Deed.RECEIVE_WRONG_ITEM: self._receive_wrong_item,
            Deed.REFUND: self._refund,
        }

    def act_on_order(self, tx: Transaction, deed: Deed, order_id: str) -> Order | None:
        """Do something with an order."""
        return self._orders[deed](tx, orders.get(tx, order_id))

    def act_on_return(self, tx: Transaction, deed: Deed, return_id: str) -> None:
        """Do something with a return."""
        self._returns[deed](tx, returns.get(tx, return_id))

    def bring_back(self, tx: Transaction, order_id: str, least: int) -> Return | None:
        """Open a return at a counter near the buyer for so many lines at least, or more."""
        order = orders.get(tx, order_id)
        shipped = [line for line in order.lines if line.shipped]
        counter = self._counter(tx, order)
        if len(shipped) < least or counter is None:
            return None
        chosen = shipped[: self._rng.randint(least, len(shipped))]
        reasons = tuple(ReturnReason)
        wanted = [Wanted(line.line_id, line.shipped, self._rng.choice(reasons)) for line in chosen]
        return returns.authorise(tx, order_id, counter, wanted)

    def give_up(self, tx: Transaction, order_id: str) -> None:
        """Cancel what a store has acknowledged and does not find on its shelves."""
        orders.cancel(tx, order_id, None, CancelledBy.SELLER, CancelReason.OUT_OF_STOCK)

    def _acknowledge(self, tx: Transaction, order: Order) -> Order | None:
        return _answer(tx, order, [Decision(line_id, True) for line_id in _awaited(order)])

    def _acknowledge_first_line(self, tx: Transaction, order: Order) -> Order | None:
        return _answer(tx, order, [Decision(line_id, True) for line_id in _awaited(order)[:1]])

    def _reject(self, tx: Transaction, order: Order) -> Order | None:
        reason = self._rng.choices(list(_REJECTIONS), list(_REJECTIONS.values()))[0]
        return _answer(tx, order, [Decision(line_id, False, reason) for line_id in _awaited(order)])

    def _ship(self, tx: Transaction, order: Order) -> Order | None:
        return self._hand_over(tx, order, promises(order, AllocationStatus.ALLOCATED))

    def _ship_first_line(self, tx: Transaction, order: Order) -> Order | None:
        return self._hand_over(tx, order, promises(order, AllocationStatus.ALLOCATED)[:1])

    def _hand_over(self, tx: Transaction, order: Order, owed: Sequence[Promise]) -> Order | None:
        if order.status not in (OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED) or not owed:
            return None
        for store_id in dict.fromkeys(promise.store_id for promise in owed):
            lines: dict[str, int] = {}
            grams = _WRAPPING_GRAMS
            for promise in owed:
                if promise.store_id == store_id:
                    lines[promise.line_id] = lines.get(promise.line_id, 0) + promise.quantity
                    grams += self._products[promise.sku].weight_grams * promise.quantity
            carrier = self._rng.choices(list(_CARRIERS), list(_CARRIERS.values()))[0]
            number = _FIRST_NUMBER + tx.shipments.count() * _STRIDE % _NUMBERS
            tracking = _TRACKING[carrier](number)
            parcels = (Parcel(grams),)
            shipments.create(
                tx, Dispatch(order.order_id, store_id, list(lines.items()), carrier, tracking, tx.now, parcels)
            )
        return orders.get(tx, order.order_id)

    def _cancel_as_buyer(self, tx: Transaction, order: Order) -> Order | None:
        return _cancel(tx, order, None, CancelledBy.BUYER, CancelReason.BUYER_REQUEST)

    def _cancel_as_seller(self, tx: Transaction, order: Order) -> Order | None:
        return _cancel(tx, order, None, CancelledBy.SELLER, self._rng.choice(_SELLERS_REASONS))

    def _cancel_first_line(self, tx: Transaction, order: Order) -> Order | None:
        if len(order.lines) == 1:
            return order
        return _cancel(tx, order, [order.lines[0].line_id], CancelledBy.SELLER, self._rng.choice(_SELLERS_REASONS))

    def _receive(self, tx: Transaction, rma: Return) -> None:
        conditions = [Condition.SELLABLE, Condition.SELLABLE, Condition.SELLABLE, Condition.DAMAGED]
        lines = [ReceivedLine(line.line_id, line.quantity, self._rng.choice(conditions)) for line in rma.lines]
        returns.receive(tx, rma.return_id, rma.store_id, lines)

    def _receive_first_line(self, tx: Transaction, rma: Return) -> None:
        line = rma.lines[0]
        returns.receive(
            tx, rma.return_id, rma.store_id, [ReceivedLine(line.line_id, line.quantity, Condition.SELLABLE)]
        )

    def _receive_wrong_item(self, tx: Transaction, rma: Return) -> None:
        lines = [ReceivedLine(line.line_id, line.quantity, Condition.WRONG_ITEM) for line in rma.lines]
        returns.receive(tx, rma.return_id, rma.store_id, lines)

    def _refund(self, tx: Transaction, rma: Return) -> None:
        lines = [RefundLine(line.line_id, line.refundable_quantity, line.refundable) for line in rma.lines]
        returns.refund(tx, rma.return_id, lines)

    def _counter(self, tx: Transaction, order: Order) -> str | None:
        location = order.buyer.address.location
        assert location is not None, "every buyer is located"
        counters = [
            store.store_id
            for store in tx.stores.derived(Network).nearest_to(location)
            if store.status is not StoreStatus.CLOSED and Capability.RETURNS_DROP_OFF in store.capabilities
        ]
        return self._rng.choice(counters[:_COUNTERS_NEARBY]) if counters else None


def _awaited(order: Order) -> list[str]:
    """Return the lines that wait for an answer, each once."""
    return list(dict.fromkeys(promise.line_id for promise in promises(order, AllocationStatus.RESERVED)))


def _answer(tx: Transaction, order: Order, decisions: Sequence[Decision]) -> Order | None:
    if order.status is not OrderStatus.NEW:
        return None
    return orders.acknowledge(tx, order.order_id, decisions)


def _cancel(
    tx: Transaction, order: Order, lines: Sequence[str] | None, by: CancelledBy, reason: CancelReason
) -> Order | None:
    if order.status not in (OrderStatus.NEW, OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED):
        return None
    return orders.cancel(tx, order.order_id, lines, by, reason)
