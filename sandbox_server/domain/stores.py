"""The chain's shops: where they are, when they are open, what they can do, and by when they hand a parcel over."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from sandbox_server.kernel.geo import Location

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FORTNIGHT = 14
_SAME_DAY_DELIVERED_BY = time(22)
_TRANSIT = {"STANDARD": timedelta(days=5), "EXPEDITED": timedelta(days=2)}


class StoreStatus(StrEnum):
    """Whether a store takes orders."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    CLOSED = "CLOSED"


class Capability(StrEnum):
    """What a store can do."""

    SHIP_FROM_STORE = "SHIP_FROM_STORE"
    SAME_DAY = "SAME_DAY"
    RETURNS_DROP_OFF = "RETURNS_DROP_OFF"


class ServiceLevel(StrEnum):
    """How fast a buyer wants the goods."""

    STANDARD = "STANDARD"
    EXPEDITED = "EXPEDITED"
    SAME_DAY = "SAME_DAY"


class Address(msgspec.Struct, frozen=True, array_like=True):
    """A postal address; `country` is ISO 3166-1 alpha-2."""

    line1: str
    city: str
    country: str
    line2: str | None = None
    region: str | None = None
    postal_code: str | None = None
    location: Location | None = None


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A span of opening in local time: from `opens` to `closes`, on one day."""

    opens: time
    closes: time


class Store(msgspec.Struct, frozen=True, array_like=True):
    """
    A shop.

    Args:
        store_id: The retailer's own code.
        location: Where it is; what allocation reckons with.
        time_zone: IANA name.
        opening_hours: Spans for each of the seven days, Monday first; none where it is closed.
        cut_off: Local time after which an order counts as tomorrow's.
        daily_order_capacity: Orders it may be given on one day of its own.
        safety_stock: Units of every SKU that are never promised.
    """

    store_id: str
    name: str
    address: Address
    location: Location
    time_zone: str
    opening_hours: tuple[tuple[Span, ...], ...]
    cut_off: time
    daily_order_capacity: int
    safety_stock: int
    status: StoreStatus
    capabilities: tuple[Capability, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1


class StoreLoad(msgspec.Struct, frozen=True, array_like=True):
    """How many orders a store was given on one day of its own."""

    store_id: str
    day: date
    orders: int

    @property
    def key(self) -> str:
        """What names it, as in `S0001/2026-11-27`."""
        return load_key(self.store_id, self.day)


def load_key(store_id: str, day: date) -> str:
    """Return the key of a store's load on a day."""
    return f"{store_id}/{day.isoformat()}"


def local_day(store: Store, now: datetime) -> date:
    """Return the date on the store's own calendar."""
    return _local_day(store.time_zone, now)


def can_serve(store: Store, level: ServiceLevel, now: datetime) -> bool:
    """Whether the store takes orders of this service level now, stock and capacity apart."""
    if store.status is not StoreStatus.ACTIVE or Capability.SHIP_FROM_STORE not in store.capabilities:
        return False
    if level is ServiceLevel.SAME_DAY and Capability.SAME_DAY not in store.capabilities:
        return False
    return ship_by(store, level, now) is not None


def ship_by(store: Store, level: ServiceLevel, now: datetime) -> datetime | None:
    """
    Return the last moment at which the store may hand over a parcel ordered now; None where there is none.

    It is the store's next cut-off on a day on which it is open, or the closing time before it where it is closed by
    then; for same-day orders only today's counts.

    Source: contract, "Orders", shipBy.
    """
    today = local_day(store, now)
    for ahead in range(1 if level is ServiceLevel.SAME_DAY else _FORTNIGHT):
        deadline = _cut_off_on(store, today + timedelta(days=ahead))
        if deadline is not None and deadline > now:
            return deadline
    return None


def deliver_by(store: Store, level: ServiceLevel, ship_by: datetime) -> datetime:
    """Return the promise to the buyer: 5 days after `ship_by`, 2 days, or 22:00 on the store's day, never before it."""
    if level is ServiceLevel.SAME_DAY:
        return max(ship_by, _instant(store.time_zone, local_day(store, ship_by), _SAME_DAY_DELIVERED_BY))
    return ship_by + _TRANSIT[level]


def with_changes(store: Store, changes: Mapping[str, object], now: datetime) -> Store:
    """Return the store with some fields replaced, its version one higher."""
    return msgspec.structs.replace(store, **changes, updated_at=now, version=store.version + 1)


def _cut_off_on(store: Store, day: date) -> datetime | None:
    spans = store.opening_hours[day.weekday()]
    last_moments = [min(store.cut_off, span.closes) for span in spans if span.opens < store.cut_off]
    return _instant(store.time_zone, day, max(last_moments)) if last_moments else None


@lru_cache(maxsize=64)  # many stores of few zones are asked at one instant
def _local_day(zone: str, now: datetime) -> date:
    return now.astimezone(_zone(zone)).date()


@lru_cache(maxsize=4096)
def _instant(zone: str, day: date, at: time) -> datetime:
    # A time that a change of clocks leaves out counts as if they had not been changed yet (fold=0, PEP 495).
    return datetime.combine(day, at, _zone(zone)).astimezone(UTC)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
