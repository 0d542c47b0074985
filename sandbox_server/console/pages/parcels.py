"""Parcels: the list of what stores have handed over, and one parcel with its way."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console import tables
from sandbox_server.console.glance import glance
from sandbox_server.console.languages import text
from sandbox_server.control.record import Record
from sandbox_server.domain.orders import Buyer
from sandbox_server.domain.shipments import TRANSITIONS, Shipment, ShipmentLine, ShipmentStatus
from sandbox_server.domain.stores import Store
from sandbox_server.services import orders, shipments, stores
from sandbox_server.services.ports import Transaction

pages = Blueprint("parcels", __name__)

DrawLabel = Callable[[Shipment, Store, Buyer, str], bytes]
"""Draws the label of a shipment from a store to a buyer, as the media type that is named."""
_PNG = "image/png"


LISTING: tables.Listing[Shipment] = tables.Listing(
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
    {
        "parcel": glance(Shipment, shipment_id=str),
        "order": glance(Shipment, order_id=str),
        "store": glance(Shipment, store_id=str),
        "status": glance(Shipment, status=str),
        "carrier": glance(Shipment, carrier=str),
        "tracking": glance(Shipment, tracking_number=str),
        "shipped": glance(Shipment, shipped_at=datetime),
    },
    lambda parcel: parcel.created_at,
)
LINE_KEYS: tables.Keys[ShipmentLine] = {
    "sku": lambda line: line.sku,
    "units": lambda line: line.quantity,
}


class Parcel(NamedTuple):
    """A shipment with the two ends of its way."""

    shipment: Shipment
    sender: Store
    buyer: Buyer


@pages.get("/t/<tenant>/parcels/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the list."""
    view = tables.view(
        g.reach, tenant, LISTING, request.args, {"status": "status", "store": "store_id", "order": "order_id"}
    )
    return render_template("parcels.html", statuses=list(ShipmentStatus), **view._asdict())


@pages.get("/t/<tenant>/parcels/<shipment_id>")
def one(tenant: str, shipment_id: str) -> ResponseReturnValue:
    """Show one parcel."""
    parcel = _parcel(tenant, shipment_id)
    lines = tables.arranged(parcel.shipment.lines, tables.order_of(request.args, LINE_KEYS, falling=False), LINE_KEYS)
    return render_template("parcel.html", parcel=parcel, lines=lines, moves=moves(parcel.shipment.status))


@pages.get("/t/<tenant>/parcels/<shipment_id>/label.png")
def label(tenant: str, shipment_id: str) -> ResponseReturnValue:
    """Show its label, as a client of the marketplace gets it."""
    parcel = _parcel(tenant, shipment_id)
    draw: DrawLabel = current_app.extensions["draw_label"]
    return Response(draw(parcel.shipment, parcel.sender, parcel.buyer, _PNG), mimetype=_PNG)


@pages.post("/t/<tenant>/parcels/<shipment_id>")
def move(tenant: str, shipment_id: str) -> ResponseReturnValue:
    """Have the carrier do something to it."""
    deed = request.form.get("deed", "")
    paths = {"lose": "losses", "damage": "damages"}
    body = {"shipmentId": shipment_id} if deed in paths else {"shipmentId": shipment_id, "status": deed}
    g.reach.call("POST", f"/tenants/{tenant}/carrier/{paths.get(deed, 'events')}", body)
    flash(text(g.language, "parcels.moved"), "done")
    return redirect(url_for("parcels.one", tenant=tenant, shipment_id=shipment_id))


def moves(status: ShipmentStatus) -> Sequence[str]:
    """Return what the carrier may do next to a parcel."""
    following = [str(next_) for next_ in ShipmentStatus if next_ in TRANSITIONS[status]]
    return [*following, "lose", "damage"] if following else []


def _parcel(tenant: str, shipment_id: str) -> Parcel:
    def look(_record: Record, tx: Transaction) -> Parcel:
        shipment = shipments.get(tx, shipment_id)
        return Parcel(shipment, stores.get(tx, shipment.store_id), orders.get(tx, shipment.order_id).buyer)

    parcel: Parcel = g.reach.look(tenant, look)
    return parcel
