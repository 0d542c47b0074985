"""Stores and buyers are where people live."""

from collections import Counter
from zoneinfo import available_timezones

import pytest

from sandbox_server.kernel.geo import Location, great_circle_km
from sandbox_server.kernel.randomness import stream
from sandbox_server.worlds import FixtureError
from sandbox_server.worlds.geography import City, apportion, draw_cities, draw_place, load_cities, within

BIG = City("Big", "AA", Location(40, -74), 900_000, "America/New_York")
SMALL = City("Small", "AA", Location(41, -74), 100_000, "America/New_York")


def test_every_city_has_people_a_known_time_zone_and_a_place_in_america() -> None:
    cities, known = load_cities(), available_timezones()
    assert len(cities) > 3000
    for city in cities:
        assert city.population >= 15_000
        assert city.time_zone in known
        assert 18 < city.location.latitude < 72
        assert -172 < city.location.longitude < -66


def test_the_largest_come_first_and_none_is_counted_twice() -> None:
    cities = load_cities()
    assert [city.population for city in cities] == sorted((city.population for city in cities), reverse=True)
    assert "New York City" not in {city.name for city in cities[:50]}
    assert {"Brooklyn", "Queens", "Manhattan"} <= {city.name for city in cities[:50]}


def test_cities_of_some_states_are_of_no_other() -> None:
    assert {city.state for city in load_cities(["NM", "AZ"])} == {"NM", "AZ"}


def test_an_unknown_state_is_refused_with_those_there_are() -> None:
    with pytest.raises(FixtureError, match="there is no state 'XX'; there are AK, AL, AR"):
        load_cities(["NY", "XX"])


def test_shops_are_shared_out_by_population() -> None:
    assert Counter(city.name for city in apportion([BIG, SMALL], 10)) == {"Big": 9, "Small": 1}
    assert apportion([BIG, SMALL], 1) == [BIG]
    assert apportion([], 0) == []


def test_buyers_are_drawn_by_population() -> None:
    drawn = Counter(city.name for city in draw_cities(stream(1, "test"), [BIG, SMALL], 5000))
    assert 0.86 < drawn["Big"] / 5000 < 0.94


def test_a_place_lies_in_its_city_or_its_suburbs() -> None:
    rng = stream(1, "test")
    places = [draw_place(rng, BIG) for _ in range(200)]
    assert all(great_circle_km(place.location, BIG.location) < 10 for place in places)
    assert len({place.location for place in places}) > 150


def test_only_cities_near_a_store_are_within_its_reach() -> None:
    assert within([BIG, SMALL], 50, [Location(40, -74)]) == [BIG]
    assert within([BIG, SMALL], 150, [Location(40, -74)]) == [BIG, SMALL]
