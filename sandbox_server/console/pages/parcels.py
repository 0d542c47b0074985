"""Parcels: the list of what stores have handed over."""

from datetime import datetime

import msgspec
from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from sandbox_server.console import tables
from sandbox_server.domain.shipments import ShipmentStatus

pages = Blueprint("parcels", __name__)


class Glance(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A parcel at a glance: the first members of a shipment, without what is in it and what became of it."""

    shipment_id: str
    order_id: str
    store_id: str
    status: str
    carrier: str
    tracking_number: str
    shipped_at: datetime


glance = msgspec.msgpack.Decoder(Glance).decode
LISTING: tables.Listing[Glance] = tables.Listing(
    "shipments",
    {
        "parcel": lambda parcel: parcel.shipment_id,
        "order": lambda parcel: parcel.order_id,
        "store": lambda parcel: parcel.store_id,
        "status": lambda parcel: parcel.status,
        "carrier": lambda parcel: parcel.carrier,
        "tracking": lambda parcel: parcel.tracking_number,
        "shipped": lambda parcel: parcel.shipped_at,
    },
    glance,
)


@pages.get("/t/<tenant>/parcels/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the list."""
    where = tables.where_of(request.args, {"status": "status", "store": "store_id", "order": "order_id"})
    sheet = tables.table(g.reach, tenant, LISTING, where, tables.order_of(request.args, LISTING.keys))
    tally = g.reach.look(tenant, lambda _record, tx: tx.shipments.tally("status"))
    return render_template("parcels.html", sheet=sheet, where=where, tally=tally, statuses=list(ShipmentStatus))
