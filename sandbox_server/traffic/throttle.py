"""
How many calls a credential may make of an operation: token buckets, in whole numbers.

A bucket is one number, the time at which it will be full again. Each call puts that off by the time in which one call
flows in; a call that would put it off by more than a whole bucket is one too many. So nothing has to be refilled,
looking changes nothing, and a bucket that is full is as good as none. Time is counted by what flows in: a millisecond
has `Limit.rate` parts, a call has `_CALL` of them. So nothing is ever rounded.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple

import msgspec

_MILLIONTHS = 1_000_000
_CALL = 60_000 * _MILLIONTHS
_FEW = 64
"""Buckets that are not worth looking through for full ones."""


class Profile(StrEnum):
    """Which numbers are in force."""

    OFF = "off"
    DEFAULT = "default"
    STRICT = "strict"
    PEAK = "peak"
    AMAZON = "amazon"


class Limit(NamedTuple):
    """
    The size of a bucket.

    Args:
        rate: Millionths of a call that flow in each minute.
        burst: Calls that it holds.
    """

    rate: int
    burst: int

    @property
    def per_minute(self) -> float:
        """The calls that flow in each minute."""
        whole, rest = divmod(self.rate, _MILLIONTHS)
        return self.rate / _MILLIONTHS if rest else whole


class Level(NamedTuple):
    """
    How full a bucket is.

    Args:
        remaining: Calls that are left at once.
        next_ms: Milliseconds until a call is there; 0 where one is.
        full_ms: Milliseconds until it is full.
    """

    remaining: int
    next_ms: int
    full_ms: int


def felt_seconds(milliseconds: int, pace: float) -> float:
    """
    Return how long virtual time takes by the watch of a client; where time stands, as if it passed like real time.

    Args:
        pace: Virtual seconds for each real one; 0 where time stands.
    """
    return milliseconds / 1000 / (pace or 1.0)


class Meter:
    """
    The buckets of one operation, one for each who calls it.

    Args:
        limit: The size of each.
    """

    __slots__ = ("_capacity", "_full_at", "_prune_at", "limit")

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._capacity = limit.burst * _CALL
        self._full_at: dict[str, int] = {}
        self._prune_at = _FEW

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, who: str, now: int) -> tuple[bool, Level]:
        """
        Spend a call where one is left; return whether one was, and what is left now.

        Args:
            now: Milliseconds of virtual time.
        """
        flowed = now * self.limit.rate
        missing = self._full_at.get(who, 0) - flowed
        wanted = missing + _CALL if missing > 0 else _CALL
        if wanted > self._capacity:
            return False, self._level(min(missing, self._capacity))
        if who not in self._full_at and len(self._full_at) >= self._prune_at:
            self._forget_full(flowed)
        self._full_at[who] = flowed + wanted
        return True, self._level(wanted)

    def look(self, who: str, now: int) -> Level:
        """Return what is left, and leave it there."""
        missing = self._full_at.get(who, 0) - now * self.limit.rate
        return self._level(min(max(0, missing), self._capacity))

    def keep(self) -> dict[str, tuple[int, int]]:
        """Return for each who called the millisecond in which its bucket is full, and the rest below a millisecond."""
        return {who: divmod(full_at, self.limit.rate) for who, full_at in sorted(self._full_at.items())}

    def go_back_to(self, kept: Mapping[str, tuple[int, int]]) -> None:
        """Become what was kept of a meter with the same limit."""
        self._full_at = {who: at * self.limit.rate + rest for who, (at, rest) in kept.items()}

    def _level(self, missing: int) -> Level:
        left = self._capacity - missing
        rate = self.limit.rate
        next_ms = -((left - _CALL) // rate) if left < _CALL else 0
        return Level(left // _CALL, next_ms, -(-missing // rate))

    def _forget_full(self, flowed: int) -> None:
        self._full_at = {who: full_at for who, full_at in self._full_at.items() if full_at > flowed}
        self._prune_at = max(_FEW, 2 * len(self._full_at))


class Standing(NamedTuple):
    """
    What holds for an operation.

    Args:
        own: Whether its limit was set apart from the profile.
    """

    operation_id: str
    limit: Limit
    own: bool
    level: Level


Tariffs = Mapping[Profile, Mapping[str, Limit]]
"""The limit of each operation under each profile."""


def tariffs(published: Mapping[str, Limit], amazon: Mapping[str, Limit]) -> Tariffs:
    """
    Return the limits of all profiles.

    Args:
        published: The contract's own, by operation.
        amazon: Amazon's, of those operations that have a twin there.
    """
    return {
        Profile.OFF: {},
        Profile.DEFAULT: published,
        Profile.STRICT: {name: Limit(rate // 10, max(1, burst // 10)) for name, (rate, burst) in published.items()},
        Profile.PEAK: {name: Limit(rate * 10, burst * 10) for name, (rate, burst) in published.items()},
        Profile.AMAZON: {name: amazon.get(name, limit) for name, limit in published.items()},
    }


def limit_of(per_minute: float, burst: int) -> Limit:
    """Return a limit, to the nearest millionth of a call."""
    return Limit(round(per_minute * _MILLIONTHS), burst)


_Positive = Annotated[int, msgspec.Meta(ge=1)]
_KeptLimit = tuple[_Positive, _Positive]
_Kept = tuple[Profile, dict[str, _KeptLimit], dict[str, tuple[_KeptLimit, dict[str, tuple[int, int]]]]]


class Throttle:
    """
    A tenant's throttle: a profile, and the buckets of all who call.

    Args:
        tariffs: The limits of all profiles.
        profile: The one that it begins with.
    """

    kept_as: ClassVar[str] = "throttle"
    __slots__ = ("_tariffs", "meters", "on", "own", "profile")

    def __init__(self, tariffs: Tariffs, profile: Profile) -> None:
        self._tariffs = tariffs
        self.on = False
        self.profile = profile
        self.own: Mapping[str, Limit] = {}
        self.meters: Mapping[str, Meter] = {}
        self.set(profile)

    @property
    def known(self) -> Mapping[str, Limit]:
        """The contract's own limits, by operation."""
        return self._tariffs[Profile.DEFAULT]

    def set(self, profile: Profile, own: Mapping[str, Limit] | None = None) -> None:
        """
        Put a profile in force; all buckets are full.

        Args:
            own: Limits of operations that are not the profile's.
        """
        self.profile = profile
        self.own = own or {}
        limits = self._tariffs[profile]
        self.meters = {name: Meter(self.own.get(name, limits[name])) for name in self.known if name in limits}
        self.on = profile is not Profile.OFF

    def standings(self, who: str, now: int) -> Iterator[Standing]:
        """Return what is left of each operation; with `off` nothing is spent of what the contract says."""
        for name, limit in self.known.items():
            meter = self.meters[name] if name in self.meters else Meter(limit)
            yield Standing(name, meter.limit, name in self.own, meter.look(who, now))

    def keep(self) -> bytes:
        """Return the profile, the limits that are not its own, and the buckets."""
        meters = {name: (meter.limit, meter.keep()) for name, meter in self.meters.items() if len(meter)}
        return msgspec.msgpack.encode((self.profile, self.own, meters))

    def go_back_to(self, kept: bytes) -> None:
        """
        Become what was kept; b"" fills all buckets, and leaves the profile.

        Raises:
            ValueError: It was not kept by a throttle.
        """
        if not kept:
            self.set(self.profile, self.own)
            return
        profile, own, meters = msgspec.msgpack.decode(kept, type=_Kept)
        self.set(profile, {name: Limit(*limit) for name, limit in own.items() if name in self.known})
        for name, (limit, buckets) in meters.items():
            meter = self.meters.get(name)
            # Another version's contract may have other limits; its buckets tell nothing about these.
            if meter is not None and meter.limit == limit:
                meter.go_back_to(buckets)
