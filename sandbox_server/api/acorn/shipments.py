"""Shipments, their labels and their way."""

from sandbox_server.api.acorn import intake, wire
from sandbox_server.api.acorn.labels import draw_label
from sandbox_server.api.acorn.replies import listing, one, require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.services import orders, shipments, stores
from sandbox_server.services.ports import Transaction

_FILTERS = {"orderId": "order_id", "storeId": "store_id", "status": "status"}


def list_shipments(call: Call, tx: Transaction) -> Reply:
    """Answer GET /shipments."""
    return listing(call, tx, tx.shipments, wire.shipment, _FILTERS)


def create_shipment(call: Call, tx: Transaction) -> Reply:
    """Answer POST /shipments."""
    dispatch = intake.dispatch(call.body)
    require_store(call, dispatch.store_id)
    shipment = shipments.create(tx, dispatch)
    return one(shipment, wire.shipment, 201, f"/v1/shipments/{shipment.shipment_id}")


def get_shipment(call: Call, tx: Transaction) -> Reply:
    """Answer GET /shipments/{shipmentId}."""
    return one(shipments.get(tx, call.parameters["shipmentId"]), wire.shipment)


def get_shipment_label(call: Call, tx: Transaction) -> Reply:
    """Answer GET /shipments/{shipmentId}/label, as PDF or PNG."""
    shipment = shipments.get(tx, call.parameters["shipmentId"])
    sender, buyer = stores.get(tx, shipment.store_id), orders.get(tx, shipment.order_id).buyer
    label = draw_label(shipment, sender, buyer, call.media_type)
    return Reply(raw=label, media_type=call.media_type)


def add_tracking_event(call: Call, tx: Transaction) -> Reply:
    """Answer POST /shipments/{shipmentId}/tracking-events."""
    shipment_id = call.parameters["shipmentId"]
    require_store(call, shipments.get(tx, shipment_id).store_id)
    return one(shipments.track(tx, shipment_id, intake.tracking_event(call.body)), wire.shipment, 201)
