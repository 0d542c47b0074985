"""The chain's shops, and what each of them carries."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, time
from random import Random

from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.stores import DAYS, Address, Capability, Span, Store, StoreStatus
from sandbox_server.kernel.geo import Location
from sandbox_server.kernel.randomness import stream
from sandbox_server.worlds import schema
from sandbox_server.worlds.geography import City, Place, apportion, draw_place
from sandbox_server.worlds.people import PostalCodes, draw_streets

_QUARTERS = (
    "North",
    "South",
    "East",
    "West",
    "Harbor",
    "Heights",
    "Station",
    "Market",
    "Park",
    "Mill",
    "Bridge",
    "Hill",
)


def shops(seed: int, stores: schema.Stores, cities: Sequence[City], now: datetime) -> list[Store]:
    """Return the chain's shops: where the fixture puts them, and else where people live."""
    rng = stream(seed, "world/stores")
    places = [_given(place) for place in stores.places]
    places += [draw_place(rng, city) for city in apportion(cities, stores.count - len(places))]
    streets = draw_streets(seed, len(places))
    names = _names(places)
    codes = PostalCodes(seed)
    abilities = _capabilities(rng, stores)
    hours = tuple(_spans(getattr(stores.opening_hours, day)) for day in DAYS)
    return [
        Store(
            schema.store_code(number),
            names[number - 1],
            _address(place, streets[number - 1], codes),
            place.location,
            place.city.time_zone,
            hours,
            time.fromisoformat(rng.choice(stores.cut_off)),
            rng.randint(*stores.daily_order_capacity),
            rng.randint(*stores.safety_stock),
            StoreStatus.ACTIVE,
            abilities[number - 1],
            created_at=now,
            updated_at=now,
        )
        for number, place in enumerate(places, start=1)
    ]


class Popularity:
    """How well each product sells: the second a little less than the first, and so on, down a long tail."""

    def __init__(self, seed: int, products: Sequence[Product], carried_by_none: int) -> None:
        ranked = list(products)
        stream(seed, "world/popularity").shuffle(ranked)
        self.nowhere = [product.sku for product in ranked[len(ranked) - carried_by_none :]]
        self.carried = [product.sku for product in ranked[: len(ranked) - carried_by_none]]
        self.weights = [1 / (rank + 4 + len(self.carried) // 200) for rank in range(len(self.carried))]

    def shares(self, per_store: int) -> list[float]:
        """Return for each carried product the chance that a store has it; their sum is `per_store`."""
        low, high = 0.0, per_store / self.weights[-1]
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self._expected(middle) < per_store else (low, middle)
        return [min(1.0, weight * high) for weight in self.weights]

    def _expected(self, factor: float) -> float:
        full = bisect_left(self.weights, -1 / factor, key=lambda weight: -weight) if factor else 0
        return full + factor * sum(self.weights[full:])


def assortments(seed: int, chain: Sequence[Store], popularity: Popularity, per_store: int) -> dict[str, list[str]]:
    """Return what each store carries, about so many products, by the store's code."""
    draw = stream(seed, "world/assortments").random
    carried = list(zip(popularity.carried, popularity.shares(per_store), strict=True))
    return {store.store_id: [sku for sku, share in carried if draw() < share] for store in chain}


def _given(place: schema.Place) -> Place:
    location = Location(place.latitude, place.longitude)
    return Place(City(place.city, place.state, location, 0, place.time_zone), location)


def _names(places: Sequence[Place]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for place in places:
        city = place.city.name
        number = seen[city] = seen.get(city, 0) + 1
        quarter, turn = _QUARTERS[(number - 2) % len(_QUARTERS)], (number - 2) // len(_QUARTERS)
        names.append(city if number == 1 else f"{city} {quarter}" + (f" {turn + 1}" if turn else ""))
    return names


def _address(place: Place, street: str, codes: PostalCodes) -> Address:
    city = place.city
    return Address(street, city.name, "US", None, city.state, codes.of(city), place.location)


def _spans(opening: str | None) -> tuple[Span, ...]:
    if opening is None:
        return ()
    opens, closes = opening.split("-")
    return (Span(time.fromisoformat(opens), time.fromisoformat(closes)),)


def _capabilities(rng: Random, stores: schema.Stores) -> list[tuple[Capability, ...]]:
    """Return what each store can do: the first one everything, and of all so many as the fixture says."""
    able: dict[Capability, set[int]] = {}
    for capability in Capability:
        others = round(stores.count * stores.capabilities.get(capability, 0)) - 1
        able[capability] = {0, *rng.sample(range(1, stores.count), max(0, others))}
    return [tuple(each for each in Capability if number in able[each]) for number in range(stores.count)]
