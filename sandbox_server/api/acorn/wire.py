"""Answers in the contract's words: camelCase, RFC 3339, decimal money; members without a value are left out."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox_server.domain.catalogue import Dimensions, Product
from sandbox_server.domain.events import Change, Event, EventType
from sandbox_server.domain.orders import Allocation, Buyer, Cancellation, Line, Order, Reduction, line_total
from sandbox_server.domain.returns import Receipt, Refund, Return, ReturnLine
from sandbox_server.domain.shipments import Parcel, Shipment, TrackingEvent
from sandbox_server.domain.stores import DAYS, Address, Store
from sandbox_server.kernel.geo import Location
from sandbox_server.kernel.money import Money
from sandbox_server.services.codec import unpacker
from sandbox_server.services.ports import Packed

Wire = dict[str, Any]

_unpack_store = unpacker(Store)
_unpack_product = unpacker(Product)
_unpack_order = unpacker(Order)
_unpack_shipment = unpacker(Shipment)
_unpack_return = unpacker(Return)
_unpack_event = unpacker(Event)


def instant(at: datetime) -> str:
    """Return an aware UTC instant as in `2026-11-27T15:00:00.000Z`."""
    return at.isoformat(timespec="milliseconds")[:-6] + "Z"


def etag(version: int) -> dict[str, str]:
    """Return the header that names a version of a resource."""
    return {"ETag": f'"{version}"'}


def present(**members: Any) -> Wire:
    """Return the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def money(amount: Money) -> Wire:
    """Return an amount as a decimal string, with its currency."""
    return {"amount": amount.amount, "currency": amount.currency}


def history(steps: Iterable[Change]) -> list[Wire]:
    """Return the steps of a life cycle."""
    return [present(at=instant(step.at), **{"from": step.origin}, to=step.to, cause=step.cause) for step in steps]


def store(packed: Packed) -> Wire:
    """Return a store."""
    shop = _unpack_store(packed)
    return {
        "storeId": shop.store_id,
        "name": shop.name,
        "address": _address(shop.address),
        "timeZone": shop.time_zone,
        "openingHours": {
            day: [{"opens": f"{span.opens:%H:%M}", "closes": f"{span.closes:%H:%M}"} for span in spans]
            for day, spans in zip(DAYS, shop.opening_hours, strict=True)
        },
        "cutOff": f"{shop.cut_off:%H:%M}",
        "dailyOrderCapacity": shop.daily_order_capacity,
        "safetyStock": shop.safety_stock,
        "status": shop.status,
        "capabilities": list(shop.capabilities),
        "createdAt": instant(shop.created_at),
        "updatedAt": instant(shop.updated_at),
    }


def product(packed: Packed) -> Wire:
    """Return a product."""
    item = _unpack_product(packed)
    return {
        "sku": item.sku,
        "title": item.title,
        "gtin": item.gtin,
        "brand": item.brand,
        "category": item.category,
        "weightGrams": item.weight_grams,
        "dimensions": _dimensions(item.dimensions),
        "taxClass": item.tax_class,
        "updatedAt": instant(item.updated_at),
    }


def order(packed: Packed) -> Wire:
    """Return an order."""
    sale = _unpack_order(packed)
    totals = [line_total(line, sale.currency) for line in sale.lines]
    nothing = Money(0, sale.currency)
    subtotal, tax = sum((net for net, _ in totals), nothing), sum((tax for _, tax in totals), nothing)
    return present(
        orderId=sale.order_id,
        status=sale.status,
        serviceLevel=sale.service_level,
        late=sale.late,
        placedAt=instant(sale.placed_at),
        updatedAt=instant(sale.updated_at),
        acknowledgeBy=_instant_or_none(sale.acknowledge_by),
        shipBy=_instant_or_none(sale.ship_by),
        deliverBy=_instant_or_none(sale.deliver_by),
        buyer=_buyer(sale.buyer),
        lines=[_line(line, sale.currency) for line in sale.lines],
        subtotal=money(subtotal),
        tax=money(tax),
        total=money(subtotal + tax),
        cancellation=_cancellation(sale.cancellation) if sale.cancellation else None,
        history=history(sale.history),
    )


def shipment(packed: Packed) -> Wire:
    """Return a shipment."""
    parcel = _unpack_shipment(packed)
    return {
        "shipmentId": parcel.shipment_id,
        "orderId": parcel.order_id,
        "storeId": parcel.store_id,
        "status": parcel.status,
        "carrier": parcel.carrier,
        "trackingNumber": parcel.tracking_number,
        "shippedAt": instant(parcel.shipped_at),
        "createdAt": instant(parcel.created_at),
        "updatedAt": instant(parcel.updated_at),
        "lines": [{"lineId": line.line_id, "sku": line.sku, "quantity": line.quantity} for line in parcel.lines],
        "packages": [_package(package) for package in parcel.packages],
        "trackingEvents": [_tracking_event(event) for event in parcel.tracking_events],
    }


def rma(packed: Packed) -> Wire:
    """Return a return."""
    goods = _unpack_return(packed)
    return {
        "returnId": goods.return_id,
        "orderId": goods.order_id,
        "status": goods.status,
        "openedAtStore": goods.store_id,
        "createdAt": instant(goods.created_at),
        "updatedAt": instant(goods.updated_at),
        "expiresAt": instant(goods.expires_at),
        "lines": [_return_line(line, goods.currency) for line in goods.lines],
        "receipts": [_receipt(receipt) for receipt in goods.receipts],
        "refunds": [_refund(refund, goods.currency) for refund in goods.refunds],
        "history": history(goods.history),
    }


def event(packed: Packed) -> Wire:
    """Return an event; its data names what it happened to, as in `{"orderId": "ord_…"}`."""
    happened = _unpack_event(packed)
    return {
        "eventId": happened.event_id,
        "type": happened.type,
        "timestamp": instant(happened.at),
        "data": _concerned(happened),
        "cause": happened.cause,
    }


def _concerned(happened: Event) -> Wire:
    match happened.type:
        case EventType.INVENTORY_LOW:
            store_id, _, sku = happened.subject.partition("/")
            return {"storeId": store_id, "sku": sku}
        case EventType.INVENTORY_STALE:
            return {"storeId": happened.subject}
        case EventType.PRICE_REJECTED:
            return {"sku": happened.subject}
        case EventType.ACCOUNT_WARNING:
            return {"subscriptionId": happened.subject}
    kind, _, _ = happened.type.partition(".")
    return {f"{kind}Id": happened.subject}


def _instant_or_none(at: datetime | None) -> str | None:
    return instant(at) if at is not None else None


def _address(place: Address) -> Wire:
    return present(
        line1=place.line1,
        line2=place.line2,
        city=place.city,
        region=place.region,
        postalCode=place.postal_code,
        country=place.country,
        location=_location(place.location) if place.location else None,
    )


def _location(place: Location) -> Wire:
    return {"latitude": place.latitude, "longitude": place.longitude}


def _dimensions(size: Dimensions) -> Wire:
    return {"lengthMm": size.length_mm, "widthMm": size.width_mm, "heightMm": size.height_mm}


def _buyer(person: Buyer) -> Wire:
    return present(name=person.name, email=person.email, phone=person.phone, address=_address(person.address))


def _line(line: Line, currency: str) -> Wire:
    net, tax = line_total(line, currency)
    unit_price = Money(line.unit_price, currency)
    return {
        "lineId": line.line_id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "cancelledQuantity": line.cancelled,
        "shippedQuantity": line.shipped,
        "unitPrice": money(unit_price),
        **(_reduction(line.reduction, unit_price * line.kept - net) if line.reduction is not None else {}),
        "tax": money(tax),
        "total": money(net + tax),
        "allocations": [_allocation(part) for part in line.allocations],
    }


def _reduction(why: Reduction, discount: Money) -> Wire:
    """Return why a line costs less; `discount` is of what is not cancelled of it."""
    list_price = {"listPrice": money(Money(why.list_price, discount.currency))}
    if not why.promotion_ids:
        return list_price
    return {**list_price, "discount": money(discount), "promotionIds": list(why.promotion_ids)}


def _allocation(part: Allocation) -> Wire:
    return present(
        storeId=part.store_id,
        quantity=part.quantity,
        shippedQuantity=part.shipped,
        status=part.status,
        reason=part.reason,
        shipBy=instant(part.ship_by),
    )


def _cancellation(end: Cancellation) -> Wire:
    return present(by=end.by, reason=end.reason, at=instant(end.at), note=end.note)


def _package(parcel: Parcel) -> Wire:
    size = _dimensions(parcel.dimensions) if parcel.dimensions else None
    return present(weightGrams=parcel.weight_grams, dimensions=size)


def _tracking_event(event: TrackingEvent) -> Wire:
    return present(
        status=event.status,
        occurredAt=instant(event.occurred_at),
        description=event.description,
        location=event.location,
    )


def _return_line(line: ReturnLine, currency: str) -> Wire:
    return {
        "lineId": line.line_id,
        "sku": line.sku,
        "quantity": line.quantity,
        "reason": line.reason,
        "receivedQuantity": line.received,
        "refundedQuantity": line.refunded_quantity,
        "refunded": money(Money(line.refunded, currency)),
        "refundableQuantity": line.refundable_quantity,
        "refundable": money(Money(line.refundable, currency)),
    }


def _receipt(receipt: Receipt) -> Wire:
    lines = [{"lineId": line.line_id, "quantity": line.quantity, "condition": line.condition} for line in receipt.lines]
    return {"storeId": receipt.store_id, "receivedAt": instant(receipt.received_at), "lines": lines}


def _refund(refund: Refund, currency: str) -> Mapping[str, Any]:
    lines = [
        {"lineId": line.line_id, "quantity": line.quantity, "amount": money(Money(line.amount, currency))}
        for line in refund.lines
    ]
    total = Money(sum(line.amount for line in refund.lines), currency)
    return {"refundedAt": instant(refund.refunded_at), "lines": lines, "total": money(total)}
