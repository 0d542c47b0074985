"""Places on the globe."""

from math import asin, cos, radians, sin, sqrt

import msgspec

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


class Location(msgspec.Struct, frozen=True, array_like=True):
    """A place on the globe, in degrees: latitude -90 to 90, longitude -180 to 180."""

    latitude: float
    longitude: float


def great_circle_km(a: Location, b: Location) -> float:
    """Return the distance over the Earth's surface in kilometres, by the haversine formula."""
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    half_lat = sin((lat_b - lat_a) / 2)
    half_lon = sin(radians(b.longitude - a.longitude) / 2)
    chord = half_lat * half_lat + cos(lat_a) * cos(lat_b) * half_lon * half_lon
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))
