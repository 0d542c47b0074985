"""Buyers, stores, carriers and the clock do what they like: the audit finds nothing, whatever they do."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox_server.domain.catalogue import TaxClass
from sandbox_server.domain.errors import DomainError
from sandbox_server.domain.events import DueKind, due_key
from sandbox_server.domain.fulfilment import Decision
from sandbox_server.domain.inventory import StockReport
from sandbox_server.domain.orders import (
    AllocationStatus,
    CancelledBy,
    CancelReason,
    Order,
    OrderStatus,
    RejectReason,
    promises,
    unassigned,
)
from sandbox_server.domain.returns import (
    Condition,
    ReceivedLine,
    RefundLine,
    Return,
    ReturnReason,
    ReturnStatus,
    Wanted,
)
from sandbox_server.domain.settlements import next_overdue
from sandbox_server.domain.shipments import TRANSITIONS as PARCEL_WAYS
from sandbox_server.domain.shipments import Carrier, Parcel, Shipment, ShipmentStatus, TrackingEvent
from sandbox_server.domain.stores import Capability, ServiceLevel, StoreStatus
from sandbox_server.services import inventory, orders, returns, shipments, stores
from sandbox_server.services.shipments import Dispatch
from tests.auditing import audit
from tests.domain.builders import NINE_TO_NINE, SHUT
from tests.services.world import BUYER, World, a_product, a_shop

SKUS = ("SKU-1", "SKU-2", "SKU-3")
STORES = ("S0001", "S0002", "S0003", "S0004")
OVER = {OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.UNFULFILLABLE}
units = st.integers(1, 5)
line_ids = st.sampled_from(("1", "1", "2", "3"))


def the_world(currency: str) -> World:
    shops = [
        a_shop("S0001", safety_stock=1),
        a_shop("S0002", time_zone="Asia/Tokyo", daily_order_capacity=3),
        a_shop("S0003", opening_hours=(NINE_TO_NINE,) * 5 + (SHUT,) * 2, capabilities=(Capability.SHIP_FROM_STORE,)),
        a_shop("S0004", time_zone="America/Los_Angeles"),
    ]
    products = [
        a_product("SKU-1", currency, 333),
        a_product("SKU-2", currency, 1, TaxClass.REDUCED),
        a_product("SKU-3", currency, 10_001, TaxClass.ZERO),
    ]
    stock = {(shop, sku): 4 for shop in STORES[:3] for sku in SKUS[:2]} | {("S0004", "SKU-3"): 6}
    return World(stock, shops, products, currency)


class Marketplace(RuleBasedStateMachine):
    """A day, and a month, at the marketplace."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, tuple[int, Any, Any]] = {}
        self.sequence = 1
        self.parcels = 0

    @initialize(currency=st.sampled_from(("USD", "JPY", "KWD")))
    def open(self, currency: str) -> None:
        self.world = the_world(currency)

    # Buyers

    @rule(
        basket=st.lists(st.tuples(st.sampled_from(SKUS), units), min_size=1, max_size=3),
        level=st.sampled_from((ServiceLevel.STANDARD, *ServiceLevel)),
    )
    def place(self, basket: list[tuple[str, int]], level: ServiceLevel) -> None:
        self.attempt(orders.place, BUYER, basket, level)

    @precondition(lambda self: self.orders())
    @rule(data=st.data(), by=st.sampled_from((CancelledBy.BUYER, CancelledBy.SELLER)))
    def cancel(self, data: st.DataObject, by: CancelledBy) -> None:
        order = self.some_order(data, {OrderStatus.NEW, OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED})
        lines = data.draw(st.none() | st.lists(line_ids, min_size=1, max_size=2))
        self.attempt(orders.cancel, order.order_id, lines, by, CancelReason.OTHER)

    @precondition(lambda self: self.shipments())
    @rule(data=st.data(), store_id=st.sampled_from(STORES), greedy=st.booleans())
    def bring_back(self, data: st.DataObject, store_id: str, greedy: bool) -> None:
        order = self.world.see(lambda tx: orders.get(tx, data.draw(st.sampled_from(self.shipments())).order_id))
        shipped = [line for line in order.lines if line.shipped]
        chosen = data.draw(st.lists(st.sampled_from(shipped), min_size=1, max_size=2))
        wanted = [
            Wanted(line.line_id, data.draw(st.integers(1, line.shipped + greedy)), ReturnReason.LATE) for line in chosen
        ]
        self.attempt(returns.authorise, order.order_id, store_id, wanted)

    # Stores

    @precondition(lambda self: self.orders(OrderStatus.NEW))
    @rule(data=st.data())
    def accept_all(self, data: st.DataObject) -> None:
        order = self.some_order(data, {OrderStatus.NEW})
        waiting = dict.fromkeys(promise.line_id for promise in promises(order, AllocationStatus.RESERVED))
        self.attempt(orders.acknowledge, order.order_id, [Decision(line_id, True) for line_id in waiting])

    @precondition(lambda self: self.orders())
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        order = self.some_order(data, {OrderStatus.NEW})
        decision = st.builds(
            Decision,
            line_ids,
            st.booleans(),
            st.sampled_from((None, RejectReason.OUT_OF_STOCK, *RejectReason)),
            st.none() | st.sampled_from(order.store_ids or STORES),
        )
        self.attempt(orders.acknowledge, order.order_id, data.draw(st.lists(decision, min_size=1, max_size=3)))

    @precondition(lambda self: self.orders(OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED))
    @rule(data=st.data(), part=st.booleans(), reuse=st.sampled_from((False, False, False, True)))
    def ship(self, data: st.DataObject, part: bool, reuse: bool) -> None:
        order = self.some_order(data, {OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED})
        owed = promises(order, AllocationStatus.ALLOCATED)
        store_id = data.draw(st.sampled_from([promise.store_id for promise in owed] or STORES))
        held: dict[str, int] = {}
        for promise in owed:
            if promise.store_id == store_id:
                held[promise.line_id] = held.get(promise.line_id, 0) + promise.quantity
        lines = list(held.items())
        if part:
            lines = [
                (line_id, data.draw(st.integers(1, most))) for line_id, most in lines[: data.draw(st.integers(1, 3))]
            ]
        self.parcels += not reuse
        self.hand_over(order, store_id, lines)

    @precondition(lambda self: self.orders())
    @rule(
        data=st.data(),
        lines=st.lists(st.tuples(line_ids, units), min_size=1, max_size=3),
        store=st.sampled_from(STORES),
    )
    def ship_anything(self, data: st.DataObject, lines: list[tuple[str, int]], store: str) -> None:
        order = self.some_order(data, set())
        self.parcels += 1
        self.hand_over(order, store, lines)

    @rule(
        store=st.sampled_from(STORES),
        sku=st.sampled_from(SKUS),
        on_hand=st.integers(-1, 9),
        late=st.sampled_from((0, 0, 0, 1)),
    )
    def report(self, store: str, sku: str, on_hand: int, late: int) -> None:
        self.sequence += 1
        self.attempt(inventory.report, [StockReport(store, sku, on_hand, self.sequence - late, self.now())])

    @rule(store=st.sampled_from(STORES), status=st.sampled_from((StoreStatus.ACTIVE, *StoreStatus)))
    def turn(self, store: str, status: StoreStatus) -> None:
        self.attempt(stores.update, store, {"status": status}, None)

    @rule(store=st.sampled_from(STORES), safety=st.integers(0, 2), capacity=st.integers(0, 9))
    def tune(self, store: str, safety: int, capacity: int) -> None:
        self.attempt(stores.update, store, {"safety_stock": safety, "daily_order_capacity": capacity}, None)

    @precondition(lambda self: self.returns())
    @rule(
        data=st.data(),
        store=st.sampled_from(STORES),
        condition=st.sampled_from((Condition.SELLABLE, *Condition)),
        whole=st.booleans(),
    )
    def receive(self, data: st.DataObject, store: str, condition: Condition, whole: bool) -> None:
        rma = self.some_return(data, {ReturnStatus.AUTHORISED, ReturnStatus.RECEIVED_IN_PART})
        awaited = [(line.line_id, line.quantity - line.received) for line in rma.lines if line.quantity > line.received]
        if not awaited or not whole:
            awaited = data.draw(st.lists(st.tuples(line_ids, units), min_size=1, max_size=2))
        self.attempt(returns.receive, rma.return_id, store, [ReceivedLine(*line, condition) for line in awaited])

    @precondition(lambda self: self.returns())
    @rule(data=st.data(), extra=st.sampled_from((0, 0, 0, 0, 1, -1)), whole=st.booleans())
    def refund(self, data: st.DataObject, extra: int, whole: bool) -> None:
        rma = self.some_return(data, {ReturnStatus.RECEIVED, ReturnStatus.RECEIVED_IN_PART})
        paid = []
        for line in rma.lines:
            most = max(line.refundable, 0)
            quantity = data.draw(st.integers(1, max(line.refundable_quantity, 1)))
            amount = most if whole else data.draw(st.integers(0, most))
            paid.append(RefundLine(line.line_id, line.refundable_quantity if whole else quantity, amount + extra))
        self.attempt(returns.refund, rma.return_id, data.draw(st.permutations(paid)))

    # Carriers

    @precondition(lambda self: self.shipments())
    @rule(data=st.data(), ago=st.sampled_from((0, 0, 60)), any_way=st.booleans())
    def scan(self, data: st.DataObject, ago: int, any_way: bool) -> None:
        parcel = data.draw(st.sampled_from(self.shipments()))
        ways = sorted(PARCEL_WAYS[parcel.status])
        status = data.draw(st.sampled_from(ways if ways and not any_way else tuple(ShipmentStatus)))
        event = TrackingEvent(status, self.now() - timedelta(minutes=ago))
        self.attempt(shipments.track, parcel.shipment_id, event)

    # The clock

    @rule(minutes=st.sampled_from((1, 10, 60, 121, 600)) | st.integers(1, 60 * 24 * 35))
    def wait(self, minutes: int) -> None:
        self.world.wait(minutes=minutes)

    @rule()
    def wait_for_what_is_due(self) -> None:
        due = self.world.see(lambda tx: tx.next_due(self.now() + timedelta(days=400)))
        if due is not None:
            self.world.clock.move_to(max(due.due, self.now()))
            assert self.world.tenant.keep_up() > 0

    # What always holds

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.world.see(audit) == []

    @invariant()
    def every_unit_kept_is_somebodys(self) -> None:
        assert [order for order in self.orders() if unassigned(order)] == []

    @invariant()
    def stock_is_never_below_nothing(self) -> None:
        levels = self.world.see(lambda tx: list(tx.levels.select()))
        assert [level for level in levels if min(level.on_hand, level.reserved, level.allocated) < 0] == []

    @invariant()
    def an_order_whose_parcels_have_all_arrived_is_delivered(self) -> None:
        arrived: dict[str, bool] = {}
        for parcel in self.shipments():
            delivered = parcel.status is ShipmentStatus.DELIVERED
            arrived[parcel.order_id] = arrived.get(parcel.order_id, True) and delivered
        for order in self.orders(OrderStatus.SHIPPED):
            assert not arrived[order.order_id]

    @invariant()
    def the_clock_watches_what_it_has_to_and_nothing_else(self) -> None:
        expected: set[str] = set()
        for order in self.orders():
            if promises(order, AllocationStatus.RESERVED):
                expected.add(due_key(DueKind.ACKNOWLEDGE_BY, order.order_id))
            if promises(order, AllocationStatus.RESERVED, AllocationStatus.ALLOCATED):
                expected.add(due_key(DueKind.CANCEL_LATE if order.late else DueKind.SHIP_BY, order.order_id))
        for parcel in self.shipments():
            if PARCEL_WAYS[parcel.status]:
                expected.add(due_key(DueKind.CARRIER_STEP, parcel.shipment_id))
        for rma in self.returns():
            if rma.status in (ReturnStatus.AUTHORISED, ReturnStatus.RECEIVED_IN_PART):
                expected.add(due_key(DueKind.RETURN_EXPIRY, rma.return_id))
            if rma.status is ReturnStatus.REFUNDED:
                expected.add(due_key(DueKind.RETURN_CLOSING, rma.return_id))
            if next_overdue(rma, self.now()) is not None:
                expected.add(due_key(DueKind.RETURN_HOLD, rma.return_id))
        closed = {settlement.period for settlement in self.world.see(lambda tx: list(tx.settlements.select()))}
        moved = {line.period for line in self.world.see(lambda tx: list(tx.settlement_lines.select()))}
        expected |= {due_key(DueKind.SETTLEMENT, str(period)) for period in moved - closed}
        planned = self.world.see(lambda tx: list(tx.due.select()))
        assert {event.key for event in planned} == expected
        assert [event for event in planned if event.due < self.now()] == []
        sequences = [event.sequence for event in planned]
        assert sequences == sorted(set(sequences))

    @invariant()
    def what_changes_is_a_version_later(self) -> None:
        for key, version, updated, entity in [
            *((order.order_id, order.version, order.updated_at, order) for order in self.orders()),
            *((parcel.shipment_id, parcel.version, parcel.updated_at, parcel) for parcel in self.shipments()),
            *((rma.return_id, rma.version, rma.updated_at, rma) for rma in self.returns()),
        ]:
            before = self.seen.get(key)
            if before is not None and entity != before[2]:
                assert version > before[0]
                assert updated >= before[1]
            self.seen[key] = (version, updated, entity)

    def teardown(self) -> None:
        """In the end everything comes to its end, and the clock has nothing more to do."""
        if not hasattr(self, "world"):
            return
        self.world.wait(days=150)
        self.the_audit_finds_nothing()
        assert self.world.see(lambda tx: list(tx.due.select())) == []
        sent_back = {p.order_id for p in self.shipments() if p.status is ShipmentStatus.RETURN_TO_SENDER}
        assert {order.status for order in self.orders() if order.order_id not in sent_back} <= OVER
        assert not {rma.status for rma in self.returns()} & {ReturnStatus.AUTHORISED, ReturnStatus.RECEIVED_IN_PART}

    # How it is played

    def attempt(self, step: Any, *args: object) -> None:
        """Do something that may be refused; a refusal changes nothing."""
        self.world.tenant.keep_up()
        before = self.world.everything()
        try:
            self.world.do(partial(step), *args)
        except DomainError:
            assert self.world.everything() == before

    def hand_over(self, order: Order, store_id: str, lines: Sequence[tuple[str, int]]) -> None:
        number = f"{self.parcels:010}"
        parcels = (Parcel(100),)
        self.attempt(
            shipments.create, Dispatch(order.order_id, store_id, lines, Carrier.DHL, number, self.now(), parcels)
        )

    def now(self) -> Any:
        return self.world.clock.now()

    def orders(self, *statuses: OrderStatus) -> Sequence[Order]:
        found = self.world.see(lambda tx: list(tx.orders.select()))
        return [order for order in found if not statuses or order.status in statuses]

    def shipments(self) -> Sequence[Shipment]:
        return self.world.see(lambda tx: list(tx.shipments.select()))

    def returns(self) -> Sequence[Return]:
        return self.world.see(lambda tx: list(tx.returns.select()))

    def some_order(self, data: st.DataObject, likely: set[OrderStatus]) -> Order:
        """Draw an order, of these statuses where there is one and mostly."""
        found = self.orders(*likely)
        if not found or data.draw(st.sampled_from((False,) * 9 + (True,))):
            found = self.orders()
        return data.draw(st.sampled_from(found))

    def some_return(self, data: st.DataObject, likely: set[ReturnStatus]) -> Return:
        found = [rma for rma in self.returns() if rma.status in likely] or self.returns()
        return data.draw(st.sampled_from(found))


TestMarketplace = Marketplace.TestCase
TestMarketplace.settings = settings(max_examples=60, stateful_step_count=40)
