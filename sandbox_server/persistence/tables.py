"""Which kinds of entity are kept, how each is named, found and packed; shared by all adapters."""

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from sandbox_server.domain.arrivals import Arrivals
from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.events import DueEvent, Event
from sandbox_server.domain.inventory import StockLevel, level_key
from sandbox_server.domain.invoices import Invoice
from sandbox_server.domain.onboarding import Application
from sandbox_server.domain.orders import Order
from sandbox_server.domain.prices import Price
from sandbox_server.domain.promotions import Promotion
from sandbox_server.domain.reports import Draft, Report, ReportDocument
from sandbox_server.domain.returns import Return
from sandbox_server.domain.settlements import Hold, Settlement, SettlementLine
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.stores import Store, StoreLoad
from sandbox_server.domain.tills import CountChange, Opening, Shelf
from sandbox_server.domain.transfers import Transfer
from sandbox_server.domain.webhooks import Attempt, Delivery, Outbox, Subscription
from sandbox_server.services.codec import unpacker
from sandbox_server.services.ports import Replay
from sandbox_server.traffic.credentials import Credential, Token

E = TypeVar("E", bound=msgspec.Struct)
Values = Callable[[E], tuple[str, ...]]


def _instant(name: str, fields: set[str]) -> Callable[[Any], datetime] | None:
    return attrgetter(name) if name in fields else None


class Spec(Generic[E]):
    """
    One kind of entity.

    Args:
        name: The table's name, which is also the transaction's attribute.
        kind: The entity's type.
        key: What names an entity.
        fixed: Indexes whose values an entity never changes, by name; it names each of its values once.
        moving: Indexes whose values it may change.
        updated: The field that says when it was last changed; it need not have one.
        is_hot: Whether what was written is likely to be read again soon; it is flat, and the collector need not see it.
    """

    def __init__(
        self,
        name: str,
        kind: type[E],
        key: Callable[[E], str],
        fixed: Mapping[str, Values[E]] | None = None,
        moving: Mapping[str, Values[E]] | None = None,
        updated: str = "updated_at",
        *,
        is_hot: bool = False,
    ) -> None:
        self.name = name
        self.key = key
        self.is_hot = is_hot
        self.fixed = fixed or {}
        self.moving = moving or {}
        self.unpack: Callable[[bytes], E] = unpacker(kind)
        fields = {field.name for field in msgspec.structs.fields(kind)}
        self.updated_at = _instant(updated, fields)
        self.created_at = _instant("placed_at" if "placed_at" in fields else "created_at", fields)


STORES = Spec(
    "stores",
    Store,
    attrgetter("store_id"),
    moving={
        "status": lambda store: (store.status,),
        "capability": lambda store: tuple(dict.fromkeys(store.capabilities)),
    },
)
PRODUCTS = Spec(
    "products",
    Product,
    attrgetter("sku"),
    moving={"category": lambda product: (product.category,), "brand": lambda product: (product.brand,)},
)
LEVELS = Spec(
    "levels",
    StockLevel,
    lambda level: level_key(level.store_id, level.sku),
    fixed={"store_id": lambda level: (level.store_id,), "sku": lambda level: (level.sku,)},
    is_hot=True,
)
LOADS = Spec("loads", StoreLoad, lambda load: load.key)
ORDERS = Spec(
    "orders",
    Order,
    attrgetter("order_id"),
    fixed={"service_level": lambda order: (order.service_level,)},
    moving={"status": lambda order: (order.status,), "store_id": lambda order: tuple(order.store_ids)},
)
SHIPMENTS = Spec(
    "shipments",
    Shipment,
    attrgetter("shipment_id"),
    fixed={
        "order_id": lambda shipment: (shipment.order_id,),
        "store_id": lambda shipment: (shipment.store_id,),
        "tracking": lambda shipment: (shipment.tracking_key,),
    },
    moving={"status": lambda shipment: (shipment.status,)},
)
RETURNS = Spec(
    "returns",
    Return,
    attrgetter("return_id"),
    fixed={"order_id": lambda rma: (rma.order_id,)},
    moving={
        "status": lambda rma: (rma.status,),
        "store_id": lambda rma: tuple(dict.fromkeys((rma.store_id, *(receipt.store_id for receipt in rma.receipts)))),
    },
)
TRANSFERS = Spec(
    "transfers",
    Transfer,
    attrgetter("transfer_id"),
    fixed={"kind": lambda transfer: (transfer.kind,), "store_id": attrgetter("store_ids")},
    moving={"status": lambda transfer: (transfer.status,)},
)
PRICES = Spec(
    "prices",
    Price,
    attrgetter("key"),
    fixed={
        "sku": lambda price: (price.sku,),
        "store_id": lambda price: (price.store_id,) if price.store_id is not None else (),
    },
)
PROMOTIONS = Spec(
    "promotions", Promotion, attrgetter("promotion_id"), fixed={"kind": lambda promotion: (promotion.kind,)}
)
INVOICES = Spec(
    "invoices",
    Invoice,
    attrgetter("invoice_id"),
    fixed={
        "shipment_id": lambda invoice: (invoice.shipment_id,),
        "order_id": lambda invoice: (invoice.order_id,),
        "number": lambda invoice: (invoice.number,),
    },
)
SETTLEMENTS = Spec("settlements", Settlement, attrgetter("settlement_id"))
SETTLEMENT_LINES = Spec(
    "settlement_lines",
    SettlementLine,
    lambda line: str(line.number),
    fixed={"period": lambda line: (str(line.period),), "kind": lambda line: (line.kind,)},
    updated="at",
)
HOLDS = Spec("holds", Hold, attrgetter("return_id"))
REPORTS = Spec(
    "reports",
    Report,
    attrgetter("report_id"),
    fixed={"type": lambda report: (report.type,)},
    moving={"status": lambda report: (report.status,)},
)
DRAFTS = Spec("drafts", Draft, attrgetter("report_id"))
DOCUMENTS = Spec("documents", ReportDocument, attrgetter("report_id"))
APPLICATIONS = Spec(
    "applications",
    Application,
    attrgetter("application_id"),
    moving={"status": lambda application: (application.status,)},
)
EVENTS = Spec("events", Event, attrgetter("event_id"), fixed={"type": lambda event: (event.type,)}, updated="at")
DUE = Spec("due", DueEvent, lambda event: event.key)
CREDENTIALS = Spec("credentials", Credential, lambda credential: credential.client_id)
TOKENS = Spec("tokens", Token, lambda token: token.digest, fixed={"grant": lambda token: (token.grant,)})
REPLAYS = Spec("replays", Replay, lambda replay: replay.key)
OPENINGS = Spec("openings", Opening, lambda _: "opening")
SHELVES = Spec("shelves", Shelf, lambda shelf: level_key(shelf.store_id, shelf.sku), is_hot=True)
COUNTS = Spec(
    "counts",
    CountChange,
    lambda change: change.key,
    fixed={"store_id": lambda change: (change.store_id,), "sku": lambda change: (change.sku,)},
)
ARRIVALS = Spec("arrivals", Arrivals, lambda _: "arrivals")
SUBSCRIPTIONS = Spec(
    "subscriptions",
    Subscription,
    attrgetter("subscription_id"),
    moving={"status": lambda subscription: (subscription.status,)},
)
OUTBOXES = Spec("outboxes", Outbox, attrgetter("subscription_id"))
DELIVERIES = Spec(
    "deliveries",
    Delivery,
    attrgetter("webhook_id"),
    fixed={"subscription_id": lambda delivery: (delivery.subscription_id,)},
    moving={"ready": lambda delivery: (delivery.subscription_id,) if delivery.ready else ()},
)
ATTEMPTS = Spec(
    "attempts",
    Attempt,
    lambda attempt: attempt.key,
    fixed={
        "subscription_id": lambda attempt: (attempt.subscription_id,),
        "event_id": lambda attempt: (attempt.event_id,),
        "outcome": lambda attempt: (attempt.outcome,),
    },
    updated="at",
)

SPECS: tuple[Spec[Any], ...] = (
    STORES,
    PRODUCTS,
    LEVELS,
    LOADS,
    ORDERS,
    SHIPMENTS,
    RETURNS,
    TRANSFERS,
    INVOICES,
    SETTLEMENTS,
    SETTLEMENT_LINES,
    HOLDS,
    PRICES,
    PROMOTIONS,
    REPORTS,
    DRAFTS,
    DOCUMENTS,
    APPLICATIONS,
    EVENTS,
    DUE,
    CREDENTIALS,
    TOKENS,
    REPLAYS,
    OPENINGS,
    SHELVES,
    COUNTS,
    ARRIVALS,
    SUBSCRIPTIONS,
    OUTBOXES,
    DELIVERIES,
    ATTEMPTS,
)
