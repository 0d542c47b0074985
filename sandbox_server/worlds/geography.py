"""Where people live: the cities of the United States, and places drawn in them."""

import csv
from collections.abc import Collection, Iterable, Sequence
from heapq import heapify, heapreplace
from itertools import accumulate
from random import Random
from typing import NamedTuple

from sandbox_server.kernel.geo import Location, great_circle_km
from sandbox_server.resources import fixture_path
from sandbox_server.worlds.errors import FixtureError

_FILE = "geography/us_cities.csv"
_SUBURBS_DEGREES = 0.06


class City(NamedTuple):
    """A city, by the middle of it."""

    name: str
    state: str
    location: Location
    population: int
    time_zone: str


class Place(NamedTuple):
    """A spot in a city."""

    city: City
    location: Location


def cities_text() -> str:
    """Return the list of cities as it is kept."""
    return fixture_path(_FILE).read_text(encoding="utf-8")


def load_cities(states: Collection[str] = ()) -> list[City]:
    """
    Return the cities of some states, or of all, the largest first.

    Raises:
        FixtureError: There is no such state.
    """
    cities = [
        City(
            row["name"],
            row["state"],
            Location(float(row["latitude"]), float(row["longitude"])),
            int(row["population"]),
            row["time_zone"],
        )
        for row in csv.DictReader(cities_text().splitlines())
    ]
    known = {city.state for city in cities}
    for state in states:
        if state not in known:
            raise FixtureError(f"$.stores.states: there is no state {state!r}; there are {', '.join(sorted(known))}")
    return [city for city in cities if not states or city.state in states]


def within(cities: Iterable[City], km: int, centres: Sequence[Location]) -> list[City]:
    """Return the cities that lie so near to one of the centres."""
    return [city for city in cities if any(great_circle_km(city.location, centre) <= km for centre in centres)]


def apportion(cities: Sequence[City], count: int) -> list[City]:
    """Return a city for each of so many shops: the next one goes where the most people share one (D'Hondt)."""
    shops = dict.fromkeys(range(len(cities)), 0)
    waiting = [(-float(city.population), number) for number, city in enumerate(cities)]
    heapify(waiting)
    chosen = []
    for _ in range(count):
        number = waiting[0][1]
        chosen.append(cities[number])
        shops[number] += 1
        heapreplace(waiting, (-cities[number].population / (shops[number] + 1), number))
    return chosen


def draw_cities(rng: Random, cities: Sequence[City], count: int) -> list[City]:
    """Return so many cities, drawn by population."""
    weights = list(accumulate(city.population for city in cities))
    return rng.choices(cities, cum_weights=weights, k=count)


def draw_place(rng: Random, city: City) -> Place:
    """Return a spot in the city or its suburbs."""
    middle = city.location
    latitude, longitude = (
        round(degrees + rng.uniform(-_SUBURBS_DEGREES, _SUBURBS_DEGREES), 4)
        for degrees in (middle.latitude, middle.longitude)
    )
    return Place(city, Location(latitude, longitude))
