"""Answers that several resources give."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from sandbox_server.api.acorn import wire
from sandbox_server.api.operation import Call, Listing, Rendered, Reply, Wire
from sandbox_server.api.pagination import next_cursor, page_query
from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.errors import StoreNotYours
from sandbox_server.domain.invoices import Invoice
from sandbox_server.domain.onboarding import Application
from sandbox_server.domain.orders import Order
from sandbox_server.domain.promotions import Promotion
from sandbox_server.domain.reports import Report
from sandbox_server.domain.returns import Return
from sandbox_server.domain.settlements import Settlement
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.stores import Store
from sandbox_server.domain.transfers import Transfer
from sandbox_server.domain.webhooks import Subscription
from sandbox_server.services.codec import pack
from sandbox_server.services.ports import Table, Transaction

Versioned = (
    Store
    | Product
    | Order
    | Shipment
    | Return
    | Transfer
    | Promotion
    | Invoice
    | Settlement
    | Report
    | Application
    | Subscription
)
E = TypeVar("E", bound=msgspec.Struct)


def one(entity: Versioned, form: Wire, status: int = 200, location: str | None = None) -> Reply:
    """Return an entity with its ETag; with where it is to be found, when it is new."""
    headers = wire.etag(entity.version)
    if location is not None:
        headers["Location"] = location
    return Reply(status, Rendered(pack(entity), form), headers)


def listing(call: Call, tx: Transaction, table: Table[E], form: Wire, where: Mapping[str, str]) -> Reply:
    """
    Return a page of a table.

    Args:
        where: Query parameters that filter, each with the name of its index.
    """
    page = table.page(page_query(call, tx, where))
    return Reply(content=Listing(page.rows, form, next_cursor(call, tx, page.next_position)))


def require_store(call: Call, *store_ids: str | None) -> None:
    """
    Let a caller pass that may act for these stores; None stands for all stores together.

    Raises:
        StoreNotYours: Its credential is bound to others.
    """
    for store_id in store_ids:
        if call.caller is not None and not call.caller.may_act_for(store_id):
            raise StoreNotYours(store_id)
