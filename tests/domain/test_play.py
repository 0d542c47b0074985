"""Buyers, stores, carriers and the clock play against the rules; every invariant holds after every move."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox_server.domain import allocation, fulfilment, invariants, inventory, orders, returns, shipments, stores
from sandbox_server.domain.allocation import Demand, Share
from sandbox_server.domain.errors import InsufficientStock
from sandbox_server.domain.fulfilment import Deadlines, Decision
from sandbox_server.domain.inventory import Cause, Movement, StockLevel, StockReport
from sandbox_server.domain.orders import (
    AllocationStatus,
    Cancellation,
    CancelledBy,
    CancelReason,
    Order,
    OrderStatus,
    Promise,
    RejectReason,
)
from sandbox_server.domain.returns import (
    Condition,
    Receipt,
    ReceivedLine,
    Refund,
    RefundLine,
    Return,
    ReturnReason,
    ReturnStatus,
    Wanted,
)
from sandbox_server.domain.shipments import Shipment, ShipmentLine, TrackingEvent
from sandbox_server.domain.stocktake import Stocktake
from sandbox_server.domain.stores import ServiceLevel, Store, StoreStatus
from sandbox_server.kernel.geo import Location
from tests.domain.builders import NOW, a_line, a_placement, a_shipment, a_store

Step = Callable[[StockLevel], StockLevel]

SKUS = ("SKU-1", "SKU-2")
NEW_YORK, LOS_ANGELES, AUCKLAND = Location(40.71, -74.01), Location(34.05, -118.24), Location(-36.85, 174.76)
STORES = (
    a_store("S0001", safety_stock=1),
    a_store("S0002", location=LOS_ANGELES, time_zone="America/Los_Angeles"),
    a_store("S0003", location=AUCKLAND, time_zone="Pacific/Auckland"),
)
RESERVED, ALLOCATED = AllocationStatus.RESERVED, AllocationStatus.ALLOCATED
CAUSE = "req_1"

store_ids = st.sampled_from([store.store_id for store in STORES])
baskets = st.dictionaries(st.sampled_from(["1", "2"]), st.integers(1, 6), min_size=1)


def is_new(order: Order) -> bool:
    return order.status is OrderStatus.NEW


def is_shippable(order: Order) -> bool:
    return order.status in (OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED)


def is_cancellable(order: Order) -> bool:
    return is_new(order) or is_shippable(order)


def is_awaited(rma: Return) -> bool:
    return rma.status in (ReturnStatus.AUTHORISED, ReturnStatus.RECEIVED_IN_PART)


def is_owed(rma: Return) -> bool:
    received = (ReturnStatus.RECEIVED, ReturnStatus.RECEIVED_IN_PART)
    return rma.status in received and rma.lines[0].refundable_quantity > 0


class Play(RuleBasedStateMachine):
    """A chain of three stores and two products, kept as the services keep it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.stores = {store.store_id: store for store in STORES}
        self.levels: dict[tuple[str, str], StockLevel] = {}
        self.ledger: list[Movement] = []
        self.orders: dict[str, Order] = {}
        self.shipments: dict[str, Shipment] = {}
        self.returns: dict[str, Return] = {}

    @initialize(counts=st.lists(st.integers(2, 9), min_size=6, max_size=6))
    def the_stores_open(self, counts: list[int]) -> None:
        places = [(store_id, sku) for store_id in self.stores for sku in SKUS]
        for (store_id, sku), count in zip(places, counts, strict=True):
            self.a_store_reports(store_id, sku, count)

    @rule(minutes=st.integers(1, 36 * 60))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # What stores do

    @rule(store_id=store_ids, sku=st.sampled_from(SKUS), count=st.integers(0, 8))
    def a_store_reports(self, store_id: str, sku: str, count: int) -> None:
        report = StockReport(store_id, sku, count, len(self.ledger) + len(self.levels), self.now)
        self.move(store_id, sku, Cause.REPORT, lambda level: inventory.reported(level, report, self.now))

    @rule(store_id=store_ids, status=st.sampled_from([StoreStatus.ACTIVE] * 4 + [StoreStatus.PAUSED]))
    def a_store_opens_or_closes(self, store_id: str, status: StoreStatus) -> None:
        self.stores[store_id] = stores.with_changes(self.stores[store_id], {"status": status}, self.now)
        for order in list(self.orders.values()) if status is not StoreStatus.ACTIVE else []:
            self.let_lie(order, store_id)

    @precondition(lambda play: play.orders_where(is_new))
    @rule(data=st.data())
    def stores_answer(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders_where(is_new)))
        waiting = sorted({(promise.line_id, promise.store_id) for promise in orders.promises(order, RESERVED)})
        decisions = []
        for line_id, store_id in data.draw(st.lists(st.sampled_from(waiting), min_size=1, unique=True)):
            reason = data.draw(st.sampled_from([None] * 6 + [*RejectReason]))
            decisions.append(Decision(line_id, reason is None, reason, store_id))
        self.acknowledge(order, decisions)

    @precondition(lambda play: play.orders_where(is_new))
    @rule(data=st.data())
    def stores_accept_all_of_an_order(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders_where(is_new)))
        waiting = {promise.line_id for promise in orders.promises(order, RESERVED)}
        self.acknowledge(order, [Decision(line_id, accept=True) for line_id in sorted(waiting)])

    @precondition(lambda play: play.orders_where(is_new))
    @rule(data=st.data())
    def stores_let_an_order_lie(self, data: st.DataObject) -> None:
        self.let_lie(data.draw(st.sampled_from(self.orders_where(is_new))), None)

    @precondition(lambda play: play.orders_where(is_shippable))
    @rule(data=st.data())
    def a_store_ships(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders_where(is_shippable)))
        held = orders.promises(order, ALLOCATED)
        store_id = data.draw(st.sampled_from(sorted({promise.store_id for promise in held})))
        most: Counter[str] = Counter()
        for promise in held:
            most[promise.line_id] += promise.quantity if promise.store_id == store_id else 0
        whole = data.draw(st.booleans())
        quantities = {
            line: units if whole else data.draw(st.integers(1, units)) for line, units in most.items() if units
        }
        before = dict(self.levels), len(self.ledger)
        try:
            for line_id, units in quantities.items():
                self.move(store_id, f"SKU-{line_id}", Cause.SHIPMENT, shipping(units, self))
        except InsufficientStock:  # the store has reported less than it has promised: the transaction is rolled back
            self.levels, self.ledger = before[0], self.ledger[: before[1]]
            return
        self.keep(fulfilment.ship(order, store_id, quantities, self.now, CAUSE))
        self.post(order.order_id, store_id, quantities)

    # What buyers do

    @rule(basket=baskets, level=st.sampled_from(ServiceLevel))
    def a_buyer_orders(self, basket: dict[str, int], level: ServiceLevel) -> None:
        lines = [a_line(line_id, quantity) for line_id, quantity in basket.items()]
        placement = a_placement(*lines)._replace(order_id=f"ord_{len(self.orders)}", service_level=level)
        shares = self.source([Demand(line.line_id, line.sku, line.quantity) for line in lines], level)
        order = fulfilment.place(placement, shares, self.deadlines(level), self.now, CAUSE)
        self.reserve(shares or [])
        self.keep(order)

    @precondition(lambda play: play.orders_where(is_cancellable))
    @rule(data=st.data(), whole=st.booleans())
    def somebody_cancels(self, data: st.DataObject, whole: bool) -> None:
        order = data.draw(st.sampled_from(self.orders_where(is_cancellable)))
        left = [line.line_id for line in order.lines if line.kept > line.shipped]
        chosen = None if whole else data.draw(st.lists(st.sampled_from(left), min_size=1, unique=True))
        unshipped = {line.line_id: line.kept - line.shipped for line in order.lines}
        cancellation = Cancellation(CancelledBy.BUYER, CancelReason.BUYER_REQUEST, self.now)
        order, freed = fulfilment.cancel(order, chosen, cancellation, CAUSE)
        units: Counter[str] = Counter()
        for promise in freed:
            self.free(promise)
            units[promise.line_id] += promise.quantity
        assert units == {line_id: unshipped[line_id] for line_id in (left if whole else chosen or [])}
        self.keep(order)

    @precondition(lambda play: play.orders_where(play.returnable))
    @rule(data=st.data())
    def a_buyer_brings_something_back(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders_where(self.returnable)))
        line_id, most = data.draw(st.sampled_from(sorted(self.returnable(order).items())))
        wanted = [Wanted(line_id, data.draw(st.integers(1, most)), ReturnReason.LATE)]
        return_id = f"ret_{len(self.returns)}"
        rma = returns.authorise(return_id, order, "S0001", wanted, self.returns_of(order), self.now, CAUSE)
        self.returns[return_id] = rma

    # What happens to returns and parcels

    @precondition(lambda play: play.returns_where(is_awaited))
    @rule(data=st.data(), store_id=store_ids, condition=st.sampled_from(Condition))
    def a_store_receives(self, data: st.DataObject, store_id: str, condition: Condition) -> None:
        rma = data.draw(st.sampled_from(self.returns_where(is_awaited)))
        line = rma.lines[0]
        units = data.draw(st.integers(1, line.quantity - line.received))
        receipt = Receipt(store_id, self.now, (ReceivedLine(line.line_id, units, condition),))
        self.returns[rma.return_id] = returns.receive(rma, receipt, CAUSE)
        if condition is Condition.SELLABLE:
            self.move(store_id, line.sku, Cause.RETURN, lambda level: inventory.restock(level, units, self.now))

    @precondition(lambda play: play.returns_where(is_owed))
    @rule(data=st.data())
    def money_is_paid_back(self, data: st.DataObject) -> None:
        rma = data.draw(st.sampled_from(self.returns_where(is_owed)))
        line = rma.lines[0]
        units, amount = data.draw(st.integers(1, line.refundable_quantity)), data.draw(st.integers(0, line.refundable))
        refund = Refund(self.now, (RefundLine(line.line_id, units, amount),))
        self.returns[rma.return_id] = returns.refund(rma, refund, CAUSE)

    @precondition(lambda play: play.returns)
    @rule(data=st.data())
    def a_return_comes_to_its_end(self, data: st.DataObject) -> None:
        rma = data.draw(st.sampled_from(list(self.returns.values())))
        end = returns.close if rma.status is ReturnStatus.REFUNDED else returns.expire
        self.returns[rma.return_id] = end(rma, self.now, CAUSE)

    @precondition(lambda play: play.parcels_underway())
    @rule(data=st.data(), seed=st.integers(0, 99))
    def the_carrier_moves_a_parcel(self, data: st.DataObject, seed: int) -> None:
        parcel = data.draw(st.sampled_from(self.parcels_underway()))
        step = shipments.carrier_step(parcel, seed)
        assert step is not None
        self.now = max(self.now, step.due)
        parcel = shipments.track(parcel, TrackingEvent(step.status, step.due), self.now)
        self.shipments[parcel.shipment_id] = parcel

    # What must hold

    @invariant()
    def every_invariant_holds(self) -> None:
        levels, parcels = list(self.levels.values()), list(self.shipments.values())
        stock = Stocktake()
        for order in self.orders.values():
            stock.hold(order)
        breaches = [
            *stock.move(self.ledger),
            *stock.check(levels),
            *stock.rest(),
            *invariants.tracking_numbers_are_unique((one.tracking_key, one.shipment_id) for one in parcels),
        ]
        for parcel in parcels:
            breaches += invariants.tracking_is_legal(parcel)
        for rma in self.returns.values():
            breaches += [*invariants.refunds_fit(rma), *invariants.return_history_is_legal(rma)]
        for order in self.orders.values():
            own = [parcel for parcel in parcels if parcel.order_id == order.order_id]
            breaches += invariants.order_history_is_legal(order)
            breaches += invariants.quantities_add_up(order, own, self.returns_of(order))
        assert breaches == []

    @invariant()
    def every_order_stands_where_its_lines_say(self) -> None:
        for order in self.orders.values():
            open_parts = orders.promises(order, *orders.OPEN)
            assert orders.unassigned(order) == []
            assert bool(open_parts) is (OrderStatus.CANCELLED in orders.TRANSITIONS[order.status])
            assert bool(orders.promises(order, RESERVED)) is (order.status is OrderStatus.NEW)
            assert (order.ship_by is None) is not bool(open_parts)

    @invariant()
    def no_quantity_is_below_nothing(self) -> None:
        assert all(min(level.on_hand, level.reserved, level.allocated) >= 0 for level in self.levels.values())

    # How it is kept

    def orders_where(self, fit: Callable[[Order], object]) -> list[Order]:
        return [order for order in self.orders.values() if fit(order)]

    def returns_where(self, fit: Callable[[Return], object]) -> list[Return]:
        return [rma for rma in self.returns.values() if fit(rma)]

    def parcels_underway(self) -> list[Shipment]:
        return [parcel for parcel in self.shipments.values() if shipments.TRANSITIONS[parcel.status]]

    def move(self, store_id: str, sku: str, cause: Cause, step: Step) -> None:
        before = self.levels.get((store_id, sku)) or inventory.opening(store_id, sku, self.now)
        after = self.levels[store_id, sku] = step(before)
        self.ledger += inventory.movements_of([(after.key, before, after, "ref")], cause, CAUSE)

    def acknowledge(self, order: Order, decisions: list[Decision]) -> None:
        order, accepted, rejected = fulfilment.acknowledge(order, decisions, self.now)
        for promise in accepted:
            self.bind(promise)
        for promise, reason in rejected:
            self.free(promise)
            if reason is RejectReason.OUT_OF_STOCK:
                self.move(promise.store_id, promise.sku, Cause.COUNT, lambda level: inventory.emptied(level, self.now))
        self.reassign(order)

    def bind(self, promise: Promise) -> None:
        units = promise.quantity
        self.move(
            promise.store_id, promise.sku, Cause.ALLOCATION, lambda level: inventory.allocate(level, units, self.now)
        )

    def free(self, promise: Promise) -> None:
        release = inventory.release_reservation if promise.status is RESERVED else inventory.release_allocation
        units = promise.quantity
        self.move(promise.store_id, promise.sku, Cause.RELEASE, lambda level: release(level, units, self.now))

    def reserve(self, shares: list[Share]) -> None:
        for share in shares:
            self.move(share.store.store_id, share.sku, Cause.RESERVATION, reserving(share, self))

    def source(
        self, demands: list[Demand], level: ServiceLevel, barred: frozenset[str] = frozenset()
    ) -> list[Share] | None:
        able = [
            store
            for store in self.stores.values()
            if store.store_id not in barred and stores.can_serve(store, level, self.now)
        ]
        return allocation.allocate(demands, allocation.rank(able, NEW_YORK), self.available)

    def available(self, store: Store, sku: str) -> int:
        return inventory.available(self.levels[store.store_id, sku], store.safety_stock)

    def deadlines(self, level: ServiceLevel) -> Callable[[Share], Deadlines]:
        def of(share: Share) -> Deadlines:
            ship_by = stores.ship_by(share.store, level, self.now)
            assert ship_by is not None
            return Deadlines(ship_by, stores.deliver_by(share.store, level, ship_by))

        return of

    def let_lie(self, order: Order, store_id: str | None) -> None:
        order, freed = fulfilment.release(order, store_id, "NOT_ACKNOWLEDGED", self.now)
        for promise in freed:
            self.free(promise)
        if freed:
            self.reassign(order)

    def reassign(self, order: Order) -> None:
        for demand in orders.unassigned(order):
            barred = frozenset(orders.refused_by(order, demand.line_id))
            shares = self.source([demand], order.service_level, barred)
            if shares is not None:
                self.reserve(shares)
                order = fulfilment.assign(order, shares, self.deadlines(order.service_level), self.now)
        left = orders.unassigned(order)
        if left:
            cancellation = Cancellation(CancelledBy.MARKETPLACE, CancelReason.NO_STORE_LEFT, self.now)
            order = fulfilment.give_up(order, left, cancellation)
        self.keep(orders.settle(order, self.now, CAUSE))

    def keep(self, order: Order) -> None:
        self.orders[order.order_id] = order

    def post(self, order_id: str, store_id: str, quantities: Mapping[str, int]) -> None:
        number = len(self.shipments)
        self.shipments[f"shp_{number}"] = a_shipment(
            TrackingEvent(shipments.ShipmentStatus.LABELLED, self.now),
            shipment_id=f"shp_{number}",
            order_id=order_id,
            store_id=store_id,
            tracking_number=f"1Z{number:016}",
            shipped_at=self.now,
            lines=tuple(ShipmentLine(line_id, f"SKU-{line_id}", units) for line_id, units in quantities.items()),
        )

    def returns_of(self, order: Order) -> list[Return]:
        return [rma for rma in self.returns.values() if rma.order_id == order.order_id]

    def returnable(self, order: Order) -> dict[str, int]:
        back = returns.returned_units(self.returns_of(order))
        left = {line.line_id: line.shipped - back[line.line_id] for line in order.lines}
        return {line_id: units for line_id, units in left.items() if units}


def reserving(share: Share, play: Play) -> Step:
    return lambda level: inventory.reserve(level, share.quantity, share.store.safety_stock, play.now)


def shipping(units: int, play: Play) -> Step:
    return lambda level: inventory.ship(level, units, play.now)


TestPlay = Play.TestCase
TestPlay.settings = settings(max_examples=60, stateful_step_count=50)
