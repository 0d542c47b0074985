"""What actors deal with, in short: the marketplace has all of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox_server.control.wire import instant
from sandbox_server.domain import tills
from sandbox_server.domain.arrivals import Arrivals
from sandbox_server.domain.inventory import StockLevel
from sandbox_server.domain.orders import HELD, Buyer, Order
from sandbox_server.domain.returns import Return
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.stores import Address, Store
from sandbox_server.domain.tills import CountChange
from sandbox_server.kernel.durations import write_duration
from sandbox_server.kernel.geo import Location
from sandbox_server.services.ports import Transaction
from sandbox_server.services.tills import Counted

Body = Mapping[str, Any]


def buyer(body: Body) -> Buyer:
    """Return the buyer that a request describes."""
    place = body["address"]
    location = Location(float(place["location"]["latitude"]), float(place["location"]["longitude"]))
    address = Address(
        place["line1"],
        place["city"],
        place["country"],
        place.get("line2"),
        place.get("region"),
        place.get("postalCode"),
        location,
    )
    return Buyer(body["name"], body["email"], address, body.get("phone"))


def basket(lines: Iterable[Body]) -> list[tuple[str, int]]:
    """Return SKUs, with the units of each."""
    return [(line["sku"], line["quantity"]) for line in lines]


def order(entity: Order) -> dict[str, Any]:
    """Return an order, with the stores that owe a part of it or have shipped one."""
    held = (part.store_id for line in entity.lines for part in line.allocations if part.status in HELD)
    return {
        "orderId": entity.order_id,
        "status": entity.status,
        "serviceLevel": entity.service_level,
        "placedAt": instant(entity.placed_at),
        "storeIds": list(dict.fromkeys(held)),
        "lines": [{"lineId": line.line_id, "sku": line.sku, "quantity": line.quantity} for line in entity.lines],
    }


def parcel(entity: Shipment) -> dict[str, Any]:
    """Return a shipment."""
    return {"shipmentId": entity.shipment_id, "orderId": entity.order_id, "status": entity.status}


def goods_back(entity: Return) -> dict[str, Any]:
    """Return a return."""
    return {"returnId": entity.return_id, "orderId": entity.order_id, "status": entity.status}


def store(entity: Store) -> dict[str, Any]:
    """Return a store."""
    return {"storeId": entity.store_id, "status": entity.status}


def counted(store_id: str, found: Iterable[Counted]) -> dict[str, Any]:
    """Return physical counts before and after something."""
    return {"storeId": store_id, "items": [one._asdict() for one in found]}


def physical_stock(level: StockLevel, units: int) -> dict[str, Any]:
    """Return what is really in a store beside what was said of it."""
    return {
        "storeId": level.store_id,
        "sku": level.sku,
        "physical": units,
        "reported": level.on_hand,
        "phantom": level.on_hand - units,
    }


def pos_stock(tx: Transaction, level: StockLevel, units: int) -> dict[str, Any]:
    """Return what the tills say of one SKU in one store, as of now."""
    return {
        "storeId": level.store_id,
        "sku": level.sku,
        "onHand": units,
        "sequence": tills.sequence(tx.now, tx.counts.count()),
        "asOf": instant(tx.now),
    }


def pos_change(change: CountChange) -> dict[str, Any]:
    """Return a change of a count."""
    content: dict[str, Any] = {
        "number": change.number,
        "at": instant(change.at),
        "storeId": change.store_id,
        "sku": change.sku,
        "delta": change.delta,
        "onHand": change.count,
        "cause": change.cause,
        "sequence": tills.sequence(change.at, change.number),
    }
    return {**content, "reference": change.reference} if change.reference else content


def arrivals(wave: Arrivals) -> dict[str, Any]:
    """Return arrivals, and how far they are."""
    return {
        "profile": wave.profile,
        "perMinute": wave.per_minute,
        "duration": write_duration(wave.duration),
        "seed": wave.seed,
        "state": "RUNNING" if wave.next_at is not None else "DONE",
        "startedAt": instant(wave.started_at),
        "endsAt": instant(wave.ends_at),
        "arrived": wave.arrived,
    }
