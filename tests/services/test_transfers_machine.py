"""Stores, fulfilment centres, buyers and tills do what they like: no transfer makes or loses a unit unnoticed."""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox_server.domain.errors import DomainError
from sandbox_server.domain.haulage import Wanted
from sandbox_server.domain.inventory import StockReport
from sandbox_server.domain.orders import OrderStatus
from sandbox_server.domain.stores import StoreStatus
from sandbox_server.domain.tills import sequence
from sandbox_server.domain.transfers import (
    TRANSITIONS,
    Transfer,
    TransferCancelReason,
    TransferKind,
    TransferStatus,
    Units,
    in_transit,
)
from sandbox_server.services import inventory, stores, tills, transfers
from tests.auditing import audit
from tests.services.world import FAR, MIDDLE, NEAR, World

SKUS = ("SKU-1", "SKU-2")
STORES = (NEAR, MIDDLE, FAR)
OPENING = {(NEAR, "SKU-1"): 6, (MIDDLE, "SKU-1"): 3, (MIDDLE, "SKU-2"): 4}
shops = st.sampled_from(STORES)
odd = st.builds(Units, st.sampled_from((*SKUS, "SKU-1", "SKU-9")), st.integers(1, 4))
some = st.lists(st.builds(Units, st.sampled_from(SKUS), st.integers(1, 3)), min_size=1, max_size=2)


class Transfers(RuleBasedStateMachine):
    """Goods on their way, counted beside what the services say."""

    @initialize()
    def open(self) -> None:
        self.world = World(OPENING)
        self.world.do(tills.open_doors)
        self.shelves: Counter[tuple[str, str]] = Counter(OPENING)

    @rule(
        kind=st.sampled_from(TransferKind),
        origin=st.none() | shops,
        destination=st.none() | shops,
        wanted=some | st.lists(odd, min_size=1, max_size=2),
    )
    def ask_for_anything(
        self, kind: TransferKind, origin: str | None, destination: str | None, wanted: list[Units]
    ) -> None:
        self.attempt(transfers.request, Wanted(kind, origin, destination, tuple(wanted)))

    @rule(origin=shops, destination=shops, wanted=some)
    def ask(self, origin: str, destination: str, wanted: list[Units]) -> None:
        self.attempt(transfers.request, Wanted(TransferKind.STORE_TO_STORE, origin, destination, tuple(wanted)))

    @precondition(lambda self: self.some(TransferStatus.REQUESTED))
    @rule(data=st.data())
    def dispatch(self, data: st.DataObject) -> None:
        transfer = data.draw(st.sampled_from(self.some(TransferStatus.REQUESTED)))
        if self.attempt(transfers.dispatch, transfer.transfer_id) and transfer.from_store_id is not None:
            for line in transfer.lines:
                self.shelves[transfer.from_store_id, line.sku] -= line.quantity

    @precondition(lambda self: self.some())
    @rule(data=st.data(), came=st.lists(odd, max_size=2), final=st.booleans())
    def receive_anything(self, data: st.DataObject, came: list[Units], final: bool) -> None:
        self.take_in(data.draw(st.sampled_from(self.some())), came, final)

    @precondition(lambda self: self.some(TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED))
    @rule(data=st.data(), final=st.booleans())
    def receive(self, data: st.DataObject, final: bool) -> None:
        on_the_way = self.some(TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)
        transfer = data.draw(st.sampled_from(on_the_way))
        line = data.draw(st.sampled_from(transfer.lines))
        self.take_in(transfer, [Units(line.sku, data.draw(st.integers(1, line.missing + 1)))], final)

    @precondition(lambda self: self.some())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        transfer = data.draw(st.sampled_from(self.some()))
        self.attempt(transfers.cancel, transfer.transfer_id, TransferCancelReason.OTHER)

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(1, 4))
    def buy(self, sku: str, quantity: int) -> None:
        self.world.place((sku, quantity))

    @precondition(lambda self: self.orders_of(OrderStatus.NEW))
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        self.world.accept(data.draw(st.sampled_from(self.orders_of(OrderStatus.NEW))))

    @rule(store=shops, sku=st.sampled_from(SKUS), quantity=st.integers(1, 3))
    def sell(self, store: str, sku: str, quantity: int) -> None:
        if self.attempt(tills.sell, store, [(sku, quantity)]):
            self.shelves[store, sku] -= quantity

    @rule(store=shops, sku=st.sampled_from(SKUS), said=st.integers(0, 8))
    def report(self, store: str, sku: str, said: int) -> None:
        now = self.world.clock.now()
        number = sequence(now, self.world.see(lambda tx: tx.counts.count() + tx.ledger.count()))
        self.attempt(inventory.report, [StockReport(store, sku, said, number, now)])

    @rule(store=shops, status=st.sampled_from(StoreStatus))
    def turn(self, store: str, status: StoreStatus) -> None:
        self.attempt(stores.update, store, {"status": status}, None)

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.world.see(audit) == []

    @invariant()
    def the_goods_lie_where_they_were_put(self) -> None:
        for store_id in STORES:
            for sku in SKUS:
                there = self.world.see(
                    lambda tx, at=store_id, of=sku: tills.units(tx, inventory.level_of(tx, at, of))  # type: ignore[misc]
                )
                assert there == self.shelves[store_id, sku]

    @invariant()
    def nothing_comes_of_a_transfer_that_is_over(self) -> None:
        for transfer in self.some():
            if not TRANSITIONS[transfer.status]:
                assert [in_transit(transfer, line) for line in transfer.lines] == [0] * len(transfer.lines)

    def take_in(self, transfer: Transfer, came: list[Units], final: bool) -> None:
        done = self.attempt(transfers.receive, transfer.transfer_id, tuple(came), final)
        if done and transfer.to_store_id is not None:
            for line in came:
                self.shelves[transfer.to_store_id, line.sku] += line.quantity

    def attempt(self, step: Any, *args: object) -> bool:
        """Do something that may be refused; a refusal changes nothing."""
        before = self.world.everything()
        try:
            self.world.do(step, *args)
        except DomainError:
            assert self.world.everything() == before
            return False
        return True

    def some(self, *statuses: TransferStatus) -> list[Transfer]:
        found = self.world.see(lambda tx: list(tx.transfers.select()))
        return [transfer for transfer in found if not statuses or transfer.status in statuses]

    def orders_of(self, status: OrderStatus) -> list[Any]:
        return self.world.see(lambda tx: list(tx.orders.select(status=status)))


TestTransfers = Transfers.TestCase
TestTransfers.settings = settings(max_examples=40, stateful_step_count=30)
