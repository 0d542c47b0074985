"""Tills, stores, buyers and clients do what they like: the shelves hold what a plain count of goods says."""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox_server.domain.arrivals import Profile
from sandbox_server.domain.errors import DomainError
from sandbox_server.domain.inventory import StockReport, level_key
from sandbox_server.domain.orders import OrderStatus, RejectReason
from sandbox_server.domain.returns import Condition, ReceivedLine, ReturnStatus
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.tills import sequence
from sandbox_server.services import actors, arrivals, inventory, returns, shipments, tills
from tests.auditing import audit
from tests.services.world import FAR, MIDDLE, NEAR, World

SKUS = ("SKU-1", "SKU-2")
STORES = (NEAR, MIDDLE, FAR)
OPENING = {(NEAR, "SKU-1"): 6, (MIDDLE, "SKU-1"): 3, (MIDDLE, "SKU-2"): 4}
stores = st.sampled_from(STORES)
skus = st.sampled_from(SKUS)
units = st.integers(1, 4)


class Shelves(RuleBasedStateMachine):
    """What the goods themselves do, counted beside what the services say."""

    def __init__(self) -> None:
        super().__init__()
        self.goods = {(store_id, sku): OPENING.get((store_id, sku), 0) for store_id in STORES for sku in SKUS}
        self.sequences: list[int] = []

    @initialize()
    def open(self) -> None:
        self.world = World(OPENING)
        self.world.do(tills.open_doors)

    @rule(store=stores, sku=skus, quantity=units)
    def sell(self, store: str, sku: str, quantity: int) -> None:
        if self.attempt(tills.sell, store, [(sku, quantity)]):
            self.goods[store, sku] -= quantity

    @rule(store=stores, sku=skus, found=st.integers(0, 8))
    def count(self, store: str, sku: str, found: int) -> None:
        assert self.attempt(tills.count, store, [(sku, found)])
        self.goods[store, sku] = found

    @rule(store=stores, sku=skus, said=st.integers(0, 8))
    def report_anything(self, store: str, sku: str, said: int) -> None:
        self.report(store, sku, said)

    @rule(store=stores, sku=skus)
    def report_the_truth(self, store: str, sku: str) -> None:
        self.report(store, sku, max(0, self.goods[store, sku]))

    @rule(sku=skus, quantity=units)
    def buy(self, sku: str, quantity: int) -> None:
        self.world.place((sku, quantity))

    @precondition(lambda self: self.orders(OrderStatus.NEW))
    @rule(data=st.data(), accept=st.booleans(), reason=st.sampled_from(RejectReason))
    def answer(self, data: st.DataObject, accept: bool, reason: RejectReason) -> None:
        order = data.draw(st.sampled_from(self.orders(OrderStatus.NEW)))
        if accept:
            self.world.accept(order)
        else:
            self.world.reject(order, reason)

    @precondition(lambda self: self.orders(OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED))
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders(OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED)))
        store = data.draw(st.sampled_from(order.store_ids))
        quantity = data.draw(units)
        dispatch = self.world.dispatch(order, ("1", quantity), store_id=store)
        if self.attempt(shipments.create, dispatch):
            self.goods[store, order.lines[0].sku] -= quantity

    @precondition(lambda self: self.shipments())
    @rule(data=st.data())
    def damage(self, data: st.DataObject) -> None:
        self.attempt(actors.damage_parcel, data.draw(st.sampled_from(self.shipments())))

    @precondition(lambda self: self.shipments())
    @rule(data=st.data(), status=st.sampled_from(ShipmentStatus))
    def move(self, data: st.DataObject, status: ShipmentStatus) -> None:
        self.attempt(actors.move_parcel, data.draw(st.sampled_from(self.shipments())), status)

    @precondition(lambda self: self.orders(OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.DELIVERED))
    @rule(data=st.data(), store=stores, condition=st.sampled_from(Condition))
    def bring_back(self, data: st.DataObject, store: str, condition: Condition) -> None:
        sold = self.orders(OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.DELIVERED)
        order = data.draw(st.sampled_from(sold))
        if not self.attempt(actors.bring_back, order.order_id, None, store):
            return
        rma = self.world.see(lambda tx: list(tx.returns.select(order_id=order.order_id)))[-1]
        assert rma.status is ReturnStatus.AUTHORISED
        quantity = rma.lines[0].quantity
        assert self.attempt(returns.receive, rma.return_id, store, [ReceivedLine("1", quantity, condition)])
        if condition is Condition.SELLABLE:
            self.goods[store, rma.lines[0].sku] += quantity

    @rule(profile=st.sampled_from(Profile), per_minute=st.sampled_from((0.01, 0.2)))
    def let_buyers_come(self, profile: Profile, per_minute: float) -> None:
        self.world.do(arrivals.begin, profile, per_minute, timedelta(days=1), 3)

    @rule()
    def let_no_more_buyers_come(self) -> None:
        self.world.do(arrivals.end)

    @rule(minutes=st.integers(1, 600))
    def wait(self, minutes: int) -> None:
        self.world.wait(minutes=minutes)

    # What always holds

    @invariant()
    def the_shelves_hold_the_goods(self) -> None:
        def look(tx: Any) -> dict[tuple[str, str], int]:
            return {position: tills.units(tx, inventory.level_of(tx, *position)) for position in self.goods}

        assert self.world.see(look) == self.goods

    @invariant()
    def the_log_leads_from_the_opening_to_now(self) -> None:
        counts = {position: OPENING.get(position, 0) for position in self.goods}
        for number, change in enumerate(self.world.see(lambda tx: list(tx.counts.select())), start=1):
            counts[change.store_id, change.sku] += change.delta
            assert (change.number, change.count) == (number, counts[change.store_id, change.sku])
            assert change.delta != 0
        assert counts == self.goods

    @invariant()
    def only_what_differs_is_kept(self) -> None:
        rows = {row.key: row.units for row in self.world.see(lambda tx: list(tx.shelves.select()))}
        for (store_id, sku), goods in self.goods.items():
            believed = self.world.level(store_id, sku).on_hand
            assert rows.pop(level_key(store_id, sku), None) == (goods if goods != believed else None)
        assert rows == {}

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.world.see(audit) == []

    # How it is played

    def report(self, store: str, sku: str, said: int) -> None:
        """Report with the feed's own number, which is accepted whenever something has changed since the last one."""
        now = self.world.clock.now()
        number = self.world.see(lambda tx: sequence(tx.now, tx.counts.count()))
        before = self.world.level(store, sku)
        refused = self.world.do(inventory.report, [StockReport(store, sku, said, number, now)])
        assert (refused == [None]) == (number > before.sequence)

    def attempt(self, step: Any, *args: object) -> bool:
        try:
            self.world.do(step, *args)
        except DomainError:
            return False
        return True

    def orders(self, *statuses: OrderStatus) -> list[Any]:
        return [order for order in self.world.see(lambda tx: list(tx.orders.select())) if order.status in statuses]

    def shipments(self) -> list[str]:
        return [parcel.shipment_id for parcel in self.world.see(lambda tx: list(tx.shipments.select()))]


TestShelves = Shelves.TestCase
TestShelves.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
