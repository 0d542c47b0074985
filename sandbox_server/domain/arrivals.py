"""
When buyers come: a Poisson process whose rate follows a shape.

A process of rate 1 is drawn, its waits exponential, and its time is stretched so that it passes as fast as the shape is
high: exact for every shape, one draw an arrival, and where a process stands is one number.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from math import log1p

import msgspec

from sandbox_server.kernel.clock import whole_milliseconds
from sandbox_server.kernel.curves import Curve, Knot
from sandbox_server.kernel.randomness import fraction


class Profile(StrEnum):
    """The shape of the rate."""

    STEADY = "STEADY"
    RAMP = "RAMP"
    SPIKE = "SPIKE"
    PEAK_SALE = "PEAK_SALE"
    FLASH = "FLASH"
    RETURNS_WAVE = "RETURNS_WAVE"


CURVES: Mapping[Profile, Curve] = {
    Profile.STEADY: Curve(Knot(0, 1), Knot(1, 1)),
    Profile.RAMP: Curve(Knot(0, 0), Knot(1, 1)),
    # Ten times as many for a tenth of the time.
    Profile.SPIKE: Curve(Knot(0, 1), Knot(0.45, 1), Knot(0.45, 10), Knot(0.55, 10), Knot(0.55, 1), Knot(1, 1)),
    # A rush when it opens, a long day, a second rush in the evening, and the end.
    Profile.PEAK_SALE: Curve(
        Knot(0, 2),
        Knot(0.04, 8),
        Knot(0.12, 4),
        Knot(0.3, 3),
        Knot(0.6, 3),
        Knot(0.75, 7),
        Knot(0.85, 7),
        Knot(1, 1),
    ),
    # Nine of ten in the first tenth.
    Profile.FLASH: Curve(Knot(0, 180), Knot(0.1, 0), Knot(0.1, 10 / 9), Knot(1, 10 / 9)),
    # It swells, and ebbs more slowly.
    Profile.RETURNS_WAVE: Curve(Knot(0, 0), Knot(0.3, 3), Knot(0.5, 2), Knot(1, 0)),
}


class Arrivals(msgspec.Struct, frozen=True, array_like=True):
    """
    Buyers who come from an instant on.

    Args:
        per_minute: The mean rate over the duration.
        milliseconds: The duration.
        seed: What their times and wishes follow from.
        arrived: How many have come.
        reached: How far the process of rate 1 has come: the instant of its last arrival.
        next_at: When the next one comes; None when all have.
    """

    profile: Profile
    per_minute: float
    milliseconds: int
    seed: int
    started_at: datetime
    arrived: int = 0
    reached: float = 0.0
    next_at: datetime | None = None

    @property
    def duration(self) -> timedelta:
        """How long they go on."""
        return timedelta(milliseconds=self.milliseconds)

    @property
    def ends_at(self) -> datetime:
        """When they are over."""
        return self.started_at + self.duration


def awaiting(arrivals: Arrivals) -> Arrivals:
    """Return the arrivals with the draw of when the next one comes."""
    draw = fraction(arrivals.seed, f"arrivals/{arrivals.arrived + 1}")
    reached = arrivals.reached - log1p(-draw)
    expected = arrivals.per_minute * arrivals.milliseconds / 60_000
    if reached > expected:
        return msgspec.structs.replace(arrivals, next_at=None)
    wait = arrivals.duration * CURVES[arrivals.profile].part_of_time(reached / expected)
    next_at = whole_milliseconds(arrivals.started_at + wait)
    return msgspec.structs.replace(arrivals, reached=reached, next_at=next_at)


def arrived(arrivals: Arrivals) -> Arrivals:
    """Return the arrivals with one more come, and the next one awaited."""
    return awaiting(msgspec.structs.replace(arrivals, arrived=arrivals.arrived + 1))
