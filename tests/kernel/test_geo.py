"""Distances over the globe, against known ones and against geometry."""

from math import pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.kernel.geo import EARTH_RADIUS_KM, Location, great_circle_km

NEW_YORK = Location(40.7128, -74.0060)
LOS_ANGELES = Location(34.0522, -118.2437)
LONDON = Location(51.5074, -0.1278)
AUCKLAND = Location(-36.8485, 174.7633)

places = st.builds(Location, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("a", "b", "kilometres"),
    [
        (NEW_YORK, LOS_ANGELES, 3936),
        (NEW_YORK, LONDON, 5570),
        (LONDON, AUCKLAND, 18334),
        (Location(0, 0), Location(0, 1), 111.195),
        (Location(0, 179.5), Location(0, -179.5), 111.195),
        (Location(60, 0), Location(60, 1), 55.597),
    ],
)
def test_distances_are_those_of_the_globe(a: Location, b: Location, kilometres: float) -> None:
    assert great_circle_km(a, b) == pytest.approx(kilometres, rel=1e-3)


def test_the_poles_are_half_a_circle_apart_whatever_their_longitude() -> None:
    assert great_circle_km(Location(90, 17), Location(-90, -120)) == pytest.approx(pi * EARTH_RADIUS_KM)


@given(places, places)
def test_distance_is_symmetric_and_at_most_half_the_circle(a: Location, b: Location) -> None:
    distance = great_circle_km(a, b)
    assert 0 <= distance <= pi * EARTH_RADIUS_KM
    assert great_circle_km(b, a) == pytest.approx(distance, abs=1e-6)


@given(places)
def test_no_place_is_far_from_itself(place: Location) -> None:
    assert great_circle_km(place, place) == 0


@given(places)
def test_the_opposite_of_a_place_is_half_the_circle_away(place: Location) -> None:
    opposite = Location(-place.latitude, place.longitude - 180)
    assert great_circle_km(place, opposite) == pytest.approx(pi * EARTH_RADIUS_KM, rel=1e-6)


@given(places, places, places)
def test_no_detour_is_shorter(a: Location, b: Location, c: Location) -> None:
    assert great_circle_km(a, c) <= great_circle_km(a, b) + great_circle_km(b, c) + 1e-3
