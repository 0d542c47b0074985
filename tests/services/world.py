"""Small worlds for tests of the services: stores in a row from the buyer, a few products, a clock that is moved."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from sandbox_server.domain.catalogue import Dimensions, Product, TaxClass
from sandbox_server.domain.events import DueKind, Event
from sandbox_server.domain.fulfilment import Decision
from sandbox_server.domain.inventory import Movement, Quantity, StockLevel, StockReport
from sandbox_server.domain.orders import Buyer, CancelledBy, CancelReason, Order, RejectReason
from sandbox_server.domain.shipments import Carrier, Parcel, Shipment
from sandbox_server.domain.stores import Address, ServiceLevel, Store
from sandbox_server.kernel.clock import FrozenClock
from sandbox_server.kernel.geo import Location
from sandbox_server.kernel.money import Money
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services import inventory, orders, shipments, stores
from sandbox_server.services.ports import Query, Transaction
from sandbox_server.services.shipments import Dispatch
from sandbox_server.services.tenants import Tenant
from tests.domain.builders import NOW, a_store

P = ParamSpec("P")
R = TypeVar("R")

SEED = 7
NEAR, MIDDLE, FAR = "S0001", "S0002", "S0003"
HOME = Location(40.0, -74.0)
BUYER = Buyer("Zoë Łukasz 李", "zoe@example.com", Address("1 Main Street", "Hoboken", "US", location=HOME))
PRICE, TAX = 1999, 160
"""Of one SKU-1, in cents; tax of one, at 8 %."""


def a_shop(store_id: str, **changes: Any) -> Store:
    """A store as many degrees north of the buyer as its number says."""
    return a_store(store_id, **{"location": Location(40.0 + int(store_id[1:]), -74.0), **changes})


def a_product(sku: str, currency: str = "USD", price: int = PRICE, tax_class: TaxClass = TaxClass.STANDARD) -> Product:
    size = Dimensions(100, 80, 60)
    return Product(
        sku, f"Thing {sku}", "4006381333931", "Acorn", "toys", 400, size, tax_class, Money(price, currency), NOW, NOW
    )


def parts(order: Order) -> list[tuple[str, str, int, str]]:
    """Line, store, units and status of every part that a store has, or had, in an order."""
    return [
        (line.line_id, part.store_id, part.quantity, part.status.value)
        for line in order.lines
        for part in line.allocations
    ]


class World:
    """A tenant with its clock, and what tests ask of it most."""

    def __init__(
        self,
        stock: Mapping[tuple[str, str], int] | None = None,
        shops: Iterable[Store] | None = None,
        products: Iterable[Product] | None = None,
        currency: str = "USD",
        time_zone: str = "UTC",
    ) -> None:
        self.clock = FrozenClock(NOW)
        self.persistence = MemoryPersistence(SEED, currency, time_zone)
        self.tenant = Tenant("default", self.persistence, self.clock)
        self._requests = 0
        self._parcels = 0
        with self.tenant.begin("opening") as tx:
            for shop in shops if shops is not None else map(a_shop, (NEAR, MIDDLE, FAR)):
                stores.create(tx, shop)
            for product in products if products is not None else map(a_product, ("SKU-1", "SKU-2")):
                tx.products.put(product)
            stock = {(NEAR, "SKU-1"): 10, (MIDDLE, "SKU-1"): 10} if stock is None else stock
            refusals = inventory.report(tx, [StockReport(*where, units, 1, tx.now) for where, units in stock.items()])
            assert not any(refusals)

    def do(self, step: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Take a step of a service as a request of its own: req_1, req_2, …"""
        self._requests += 1
        with self.tenant.begin(f"req_{self._requests}") as tx:
            return step(tx, *args, **kwargs)

    def see(self, look: Callable[[Transaction], R]) -> R:
        with self.tenant.read() as tx:
            return look(tx)

    def wait(self, **time: float) -> int:
        """Let time pass, and the clock do what was due in it."""
        self.clock.move_to(self.clock.now() + timedelta(**time))
        return self.tenant.keep_up()

    # What clients do

    def place(self, *basket: tuple[str, int], level: ServiceLevel = ServiceLevel.STANDARD) -> Order:
        return self.do(orders.place, BUYER, basket or (("SKU-1", 2),), level)

    def accept(self, order: Order, *line_ids: str, store_id: str | None = None) -> Order:
        chosen = line_ids or [line.line_id for line in order.lines]
        return self.do(orders.acknowledge, order.order_id, [Decision(line, True, None, store_id) for line in chosen])

    def reject(
        self, order: Order, reason: RejectReason = RejectReason.DAMAGED, line_id: str = "1", store_id: str | None = None
    ) -> Order:
        return self.do(orders.acknowledge, order.order_id, [Decision(line_id, False, reason, store_id)])

    def cancel(self, order: Order, *line_ids: str, by: CancelledBy = CancelledBy.SELLER) -> Order:
        return self.do(orders.cancel, order.order_id, line_ids or None, by, CancelReason.OTHER, "by hand")

    def ship(self, order: Order, *lines: tuple[str, int], store_id: str = NEAR) -> Shipment:
        return self.do(shipments.create, self.dispatch(order, *lines, store_id=store_id))

    def dispatch(self, order: Order, *lines: tuple[str, int], store_id: str = NEAR) -> Dispatch:
        self._parcels += 1
        chosen = lines or [(line.line_id, line.kept - line.shipped) for line in order.lines]
        number = f"{self._parcels:010}"
        now = self.clock.now()
        return Dispatch(order.order_id, store_id, chosen, Carrier.DHL, number, now, (Parcel(900),))

    def a_shipped_order(self, *basket: tuple[str, int]) -> Order:
        order = self.accept(self.place(*basket))
        self.ship(order)
        return self.order(order)

    # What there is

    def order(self, order: Order) -> Order:
        return self.see(lambda tx: orders.get(tx, order.order_id))

    def level(self, store_id: str = NEAR, sku: str = "SKU-1") -> StockLevel:
        return self.see(lambda tx: inventory.level_of(tx, store_id, sku))

    def stock(self, store_id: str = NEAR, sku: str = "SKU-1") -> tuple[int, int, int]:
        """On hand, reserved, allocated."""
        level = self.level(store_id, sku)
        return level.on_hand, level.reserved, level.allocated

    def movements(self, reference: str) -> list[tuple[str, str, Quantity, int, str, str]]:
        """Every movement for an order, a shipment, a return or a report: where, of what, how, why, and behind it."""
        return [
            (m.store_id, m.sku, m.quantity, m.delta, m.cause.value, m.source)
            for m in self.ledger()
            if m.reference == reference
        ]

    def ledger(self) -> list[Movement]:
        return list(self.see(lambda tx: tx.ledger.page(Query(limit=100_000)))[0])

    def events(self) -> list[tuple[str, str]]:
        """Type and subject of everything that happened, in order."""
        return [(event.type.value, event.subject) for event in self.all_events()]

    def all_events(self) -> list[Event]:
        return self.see(lambda tx: list(tx.events.select()))

    def due(self, subject: str) -> dict[DueKind, timedelta]:
        """What the clock is to do for a subject, and in how long."""
        now = self.clock.now()
        return self.see(
            lambda tx: {event.kind: event.due - now for event in tx.due.select() if event.subject == subject}
        )

    def everything(self) -> dict[str, Any]:
        """All that is kept, to tell whether anything has changed."""
        with self.tenant.read() as tx:
            kept: dict[str, Any] = {
                name: [table.get(key) for key in list(table.positions)]
                for name, table in self.persistence.columns.items()
            }
            return kept | {"ledger": len(self.persistence.movements), "due": tx.next_due(NOW.replace(year=9000))}
