"""What a fixture may say: the shape of its YAML."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from sandbox_server.domain.catalogue import TaxClass
from sandbox_server.domain.returns import ReturnStatus
from sandbox_server.domain.stores import Capability, ServiceLevel

Count = Annotated[int, Meta(ge=0)]
Some = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0)]
Words = Annotated[tuple[str, ...], Meta(min_length=1)]
Text = Annotated[str, Meta(min_length=1)]
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
FORMS = {f"^{_TIME}$": "16:00", f"^{_TIME}-{_TIME}$": "09:00-21:00", "^[A-Z]{3}$": "USD"}
"""Forms of texts, with an example of each."""
TimeOfDay = Annotated[str, Meta(pattern=f"^{_TIME}$")]
Opening = Annotated[str, Meta(pattern=f"^{_TIME}-{_TIME}$")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Progress = Callable[[str, int, int], None]
"""Is told a phase of the making of a world, and how much of how much of it is done."""
READ_ONLY = "*:read"
"""Stands for every scope that only reads."""
Range = tuple[Count, Count]
"""The least and the most, both included."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a fixture; a key it does not know is an error."""


class Outcome(StrEnum):
    """What becomes of an order by the world's first moment."""

    NEW = "new"
    """It waits for its first acknowledgement."""
    PARTLY_ACKNOWLEDGED = "partly_acknowledged"
    """Some of its lines wait for theirs."""
    REROUTED = "rerouted"
    """A store let it lie for two hours; it waits at the next one."""
    REASSIGNED = "reassigned"
    """A store has turned it down; it waits at the next one."""
    ACKNOWLEDGED = "acknowledged"
    LATE = "late"
    """Acknowledged, and not shipped by its deadline."""
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    """On its way."""
    DELIVERED = "delivered"
    DELIVERED_BY_ANOTHER = "delivered_by_another"
    """Turned down by a store, and delivered by the next."""
    CANCELLED_BY_BUYER = "cancelled_by_buyer"
    CANCELLED_BY_SELLER = "cancelled_by_seller"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    """Let lie by two stores, and cancelled by the marketplace."""
    NOT_SHIPPED = "not_shipped"
    """Late for two days, and cancelled by the marketplace."""
    OUT_OF_ASSORTMENT = "out_of_assortment"
    """No store carries what it asks for."""
    TURNED_DOWN = "turned_down"
    """Turned down by every store that has it."""


class Place(Part, frozen=True):
    """A place for a store that the list of cities does not decide; `time_zone` is an IANA name."""

    city: Text
    state: Text
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    time_zone: Text


class Hours(Part, frozen=True):
    """Opening hours, as in "09:00-21:00"; a day that is left out is one on which stores are closed."""

    monday: Opening | None = None
    tuesday: Opening | None = None
    wednesday: Opening | None = None
    thursday: Opening | None = None
    friday: Opening | None = None
    saturday: Opening | None = None
    sunday: Opening | None = None


class Stores(Part, frozen=True):
    """
    The chain's shops.

    Args:
        count: How many; those in `places` come first, the rest go where people live.
        states: Where; everywhere in the country when left out.
        cut_off: Times of which each store has one.
        daily_order_capacity: Bounds of what each store takes in a day.
        safety_stock: Bounds of what each store keeps back.
        capabilities: The share of the stores that has each; the first store has them all.
    """

    count: Some
    opening_hours: Hours
    cut_off: Annotated[tuple[TimeOfDay, ...], Meta(min_length=1)]
    daily_order_capacity: Range
    safety_stock: Range
    capabilities: dict[Capability, Share]
    states: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


class Category(Part, frozen=True):
    """A part of the catalogue; prices lie between the bounds, in whole units of the currency."""

    name: Text
    things: Words
    price: Range
    weight_grams: tuple[Some, Some]
    size_mm: tuple[Some, Some]
    tax_class: TaxClass = TaxClass.STANDARD


class Catalogue(Part, frozen=True):
    """What is sold; `carried_by_none` of the products are in no store's assortment."""

    products: Some
    brands: Some
    carried_by_none: Count
    kinds: Words
    categories: Annotated[tuple[Category, ...], Meta(min_length=1)]


class Stock(Part, frozen=True):
    """
    What lies in the stores.

    Args:
        products_per_store: About how many each carries; what sells well is carried by more of them.
        depth: Bounds of the units of each.
        stale: The share of levels whose last report is older than 15 minutes.
        counted_every_days: How often stores count, and fill up what has run low; only at the end when left out.
    """

    products_per_store: Some
    depth: Range
    stale: Share
    counted_every_days: Some | None = None


class Buyers(Part, frozen=True):
    """
    Who buys.

    Args:
        people: How many of them.
        places: How many places they live in, chosen by population.
        within_km: How far from a store at the most; anywhere in the country when left out.
        locales: Faker's locales, by the weight with which names are drawn from them.
    """

    people: Some
    places: Some
    locales: Annotated[dict[str, Weight], Meta(min_length=1)]
    within_km: Some | None = None


class History(Part, frozen=True):
    """
    What happened before the world's first moment.

    Args:
        days: How far back it goes.
        orders: How many orders come to each end.
        returns: How many returns stand in each state; each is of one delivered order.
        service_levels: Weights.
        lines: Weights of the numbers of lines an order has.
        units: Weights of the units of a line.
    """

    days: Some
    orders: dict[Outcome, Count]
    returns: dict[ReturnStatus, Count]
    service_levels: Annotated[dict[ServiceLevel, Weight], Meta(min_length=1)]
    lines: Annotated[dict[Some, Weight], Meta(min_length=1)]
    units: Annotated[dict[Some, Weight], Meta(min_length=1)]


class Login(Part, frozen=True):
    """A client of the marketplace, with the secrets that it proves itself by; no `scopes` or `stores`: all of them."""

    client_id: Text
    secret: Text
    api_key: Text
    scopes: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    suspended: bool = False


class Fixture(Part, frozen=True):
    """
    A world to be made.

    Args:
        seed: What chance follows from unless another is asked for.
        time_zone: Where the marketplace has its midnights, at which settlements begin: an IANA name.
        now: Its first moment.
    """

    description: Text
    seed: Annotated[int, Meta(ge=0, le=(1 << 53))]
    currency: Currency
    now: Annotated[datetime, Meta(tz=True)]
    stores: Stores
    catalogue: Catalogue
    stock: Stock
    buyers: Buyers
    history: History
    credentials: Annotated[tuple[Login, ...], Meta(min_length=1)]
    time_zone: Text = "UTC"


def store_code(number: int) -> str:
    """Return the code of a store, as in `S0001`."""
    return f"S{number:04}"
