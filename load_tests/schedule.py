"""When a user is to begin: known beforehand, whatever the server does."""

from collections.abc import Iterator
from math import log1p

from sandbox_server.kernel.curves import Curve
from sandbox_server.kernel.randomness import stream


def intended_starts(curve: Curve, seconds: float, rounds_at_peak: float, seed: int, user: str) -> Iterator[float]:
    """
    Give the seconds after the run's start at which a user begins its rounds.

    A Poisson process of rate 1 in stretched time, as buyers come: users neither march in step nor wait for one another.

    Args:
        seconds: How long the run takes.
        rounds_at_peak: Rounds a second where the curve is highest.
        user: Its name; each has its own chance.
    """
    expected = seconds * rounds_at_peak / curve.peak
    chance = stream(seed, f"load/{user}/rounds")
    reached = -log1p(-chance.random())
    while reached <= expected:
        yield seconds * curve.part_of_time(reached / expected)
        reached -= log1p(-chance.random())
