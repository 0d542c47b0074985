"""Requests, already held against the contract, in the domain's words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sandbox_server.api.formats import read_instant
from sandbox_server.domain.catalogue import Dimensions
from sandbox_server.domain.errors import Fault, Unprocessable
from sandbox_server.domain.fulfilment import Decision
from sandbox_server.domain.haulage import Wanted as WantedTransfer
from sandbox_server.domain.inventory import StockReport
from sandbox_server.domain.invoices import Claim, InvoiceLine
from sandbox_server.domain.orders import RejectReason
from sandbox_server.domain.reports import ReportFormat, ReportType
from sandbox_server.domain.reports import Wanted as WantedReport
from sandbox_server.domain.returns import Condition, ReceivedLine, RefundLine, ReturnReason, Wanted
from sandbox_server.domain.shipments import Carrier, Parcel, ShipmentStatus, TrackingEvent
from sandbox_server.domain.stores import DAYS, Address, Capability, Span, Store, StoreStatus
from sandbox_server.domain.transfers import TransferKind, Units
from sandbox_server.kernel.clock import whole_milliseconds
from sandbox_server.kernel.geo import Location
from sandbox_server.kernel.money import parse_money
from sandbox_server.services.shipments import Dispatch

Body = Mapping[str, Any]

_STRONG_TAG = re.compile(r'(?<!W/)"([1-9][0-9]{0,9})"', re.ASCII)


def new_store(body: Body, now: datetime) -> Store:
    """
    Return a store that is to be opened.

    Raises:
        Unprocessable: There is no such time zone, or the opening hours are none.
    """
    fields = store_changes(body)
    fields.setdefault("status", StoreStatus.ACTIVE)
    return Store(store_id=body["storeId"], created_at=now, updated_at=now, **fields)


def store_changes(body: Body) -> dict[str, Any]:
    """
    Return new values of a store's fields, by field name.

    Raises:
        Unprocessable: There is no such time zone, or the opening hours are none; with every reason.
    """
    fields: dict[str, Any] = {}
    refusals: list[Unprocessable] = []
    for name, (field, read) in _STORE_FIELDS.items():
        if name in body:
            try:
                fields[field] = read(body[name])
            except Unprocessable as refusal:
                refusals.append(refusal)
    if refusals:
        details = " ".join(refusal.detail for refusal in refusals)
        raise Unprocessable(details, [fault for refusal in refusals for fault in refusal.faults])
    if "address" in fields:
        fields["location"] = fields["address"].location
    return fields


def versions(if_match: str | None) -> frozenset[int] | None:
    """Return the versions that an `If-Match` names, or None for any; a tag that is weak, or none of ours, is none."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(int(tag) for tag in _STRONG_TAG.findall(if_match))


def stock_reports(rows: Iterable[Any]) -> list[StockReport]:
    """Return the items of a stock report."""
    return [StockReport(row.storeId, row.sku, row.onHand, row.sequence, moment(row.asOf)) for row in rows]


def decisions(body: Body) -> list[Decision]:
    """Return stores' answers to an order's lines."""
    return [
        Decision(
            line["lineId"],
            line["decision"] == "ACCEPT",
            RejectReason(line["reason"]) if line["decision"] == "REJECT" and "reason" in line else None,
            line.get("storeId"),
        )
        for line in body["lines"]
    ]


def dispatch(body: Body) -> Dispatch:
    """Return what a store says it has handed over."""
    return Dispatch(
        body["orderId"],
        body["storeId"],
        [(line["lineId"], line["quantity"]) for line in body["lines"]],
        Carrier(body["carrier"]),
        body["trackingNumber"],
        moment(body["shippedAt"]),
        tuple(Parcel(package["weightGrams"], _dimensions(package.get("dimensions"))) for package in body["packages"]),
    )


def tracking_event(body: Body) -> TrackingEvent:
    """Return what a carrier says of a parcel."""
    return TrackingEvent(
        ShipmentStatus(body["status"]),
        moment(body["occurredAt"]),
        body.get("description"),
        body.get("location"),
    )


def wanted_back(body: Body) -> list[Wanted]:
    """Return the lines of a new return."""
    return [Wanted(line["lineId"], line["quantity"], ReturnReason(line["reason"])) for line in body["lines"]]


def received_lines(body: Body) -> list[ReceivedLine]:
    """Return the lines of goods that came back."""
    return [ReceivedLine(line["lineId"], line["quantity"], Condition(line["condition"])) for line in body["lines"]]


def refund_lines(body: Body, currency: str) -> list[RefundLine]:
    """
    Return the lines of a refund.

    Raises:
        Unprocessable: An amount is not in the order's currency, or not with that currency's decimals.
    """
    amounts = _Amounts(currency)
    lines = [
        RefundLine(line["lineId"], line["quantity"], amounts.minor(line["amount"], f"/lines/{place}/amount"))
        for place, line in enumerate(body["lines"])
    ]
    amounts.check()
    return lines


def wanted_transfer(body: Body) -> WantedTransfer:
    """Return what is to go from where to where."""
    ends = body.get("fromStoreId"), body.get("toStoreId")
    return WantedTransfer(TransferKind(body["kind"]), *ends, units(body), body.get("note"))


def units(body: Body) -> tuple[Units, ...]:
    """Return the lines of a transfer, or of what came of one."""
    return tuple(Units(line["sku"], line["quantity"]) for line in body["lines"])


def dispatched_at(body: Body) -> datetime | None:
    """Return when a transfer's goods left; None where that is not said."""
    return moment(body["dispatchedAt"]) if "dispatchedAt" in body else None


def invoice(body: Body, currency: str) -> Claim:
    """
    Return what a seller says that a shipment cost.

    Raises:
        Unprocessable: An amount is not in the marketplace's currency, or not with that currency's decimals.
    """
    amounts = _Amounts(currency)
    lines = tuple(
        InvoiceLine(
            line["lineId"],
            line["quantity"],
            amounts.minor(line["net"], f"/lines/{place}/net"),
            amounts.minor(line["tax"], f"/lines/{place}/tax"),
        )
        for place, line in enumerate(body["lines"])
    )
    total = amounts.minor(body["total"], "/total")
    amounts.check()
    return Claim(body["shipmentId"], body["number"], moment(body["issuedAt"]), lines, total)


def wanted_report(body: Body) -> WantedReport:
    """Return what is to be told of which time."""
    span = moment(body["from"]), moment(body["to"])
    return WantedReport(ReportType(body["type"]), ReportFormat(body["format"]), *span, tuple(body.get("storeIds", ())))


@lru_cache(maxsize=1024)  # a stock report says the same instant for each of its items
def moment(text: str) -> datetime:
    """Return an instant that a request says, to the millisecond."""
    return whole_milliseconds(read_instant(text))


class _Amounts:
    """Reads amounts in one currency, and notes those that are not."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._faults: list[Fault] = []

    def minor(self, amount: Body, pointer: str) -> int:
        """Return an amount in minor units; 0 where it is no amount of the currency."""
        try:
            return _minor(amount, self._currency)
        except ValueError as error:
            self._faults.append(Fault(pointer, "AMOUNT", f"{error}."))
            return 0

    def check(self) -> None:
        """
        Raise where there was one that could not be read.

        Raises:
            Unprocessable: Naming each of them.
        """
        if self._faults:
            raise Unprocessable("Some amounts are not the order's money.", self._faults)


def _minor(amount: Body, currency: str) -> int:
    if amount["currency"] != currency:
        raise ValueError(f"the order was paid in {currency}")
    return parse_money(amount["amount"], currency).minor


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        fault = Fault("/timeZone", "UNKNOWN_TIME_ZONE", "It must be a name of the IANA time zone database.")
        raise Unprocessable("There is no such time zone.", [fault]) from None
    return name


def _address(body: Body) -> Address:
    place = body["location"]
    return Address(
        body["line1"],
        body["city"],
        body["country"],
        body.get("line2"),
        body.get("region"),
        body.get("postalCode"),
        Location(float(place["latitude"]), float(place["longitude"])),
    )


def _opening_hours(body: Body) -> tuple[tuple[Span, ...], ...]:
    hours = tuple(
        tuple(Span(time.fromisoformat(span["opens"]), time.fromisoformat(span["closes"])) for span in body.get(day, ()))
        for day in DAYS
    )
    faults = [
        Fault(f"/openingHours/{day}", "HOURS", "Spans must open before they close, in order, without overlap.")
        for day, spans in zip(DAYS, hours, strict=True)
        if not _in_order(spans)
    ]
    if faults:
        raise Unprocessable("These are no opening hours.", faults)
    return hours


def _in_order(spans: Sequence[Span]) -> bool:
    times = [at for span in spans for at in (span.opens, span.closes)]
    return all(earlier < later for earlier, later in pairwise(times))


def _dimensions(body: Body | None) -> Dimensions | None:
    return Dimensions(body["lengthMm"], body["widthMm"], body["heightMm"]) if body is not None else None


_STORE_FIELDS: Mapping[str, tuple[str, Any]] = {
    "name": ("name", str),
    "address": ("address", _address),
    "timeZone": ("time_zone", _time_zone),
    "openingHours": ("opening_hours", _opening_hours),
    "cutOff": ("cut_off", time.fromisoformat),
    "dailyOrderCapacity": ("daily_order_capacity", int),
    "safetyStock": ("safety_stock", int),
    "status": ("status", StoreStatus),
    "capabilities": ("capabilities", lambda names: tuple(map(Capability, names))),
}
