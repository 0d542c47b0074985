"""The only place that reads the machine's clock."""

import time
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """What tells a tenant's virtual time."""

    @property
    def runs(self) -> bool:
        """Whether time passes by itself."""
        ...

    @property
    def scale(self) -> float:
        """Virtual seconds for each real one: 0 where it stands."""
        ...

    def now(self) -> datetime:
        """Return the virtual time, aware and in UTC, in whole milliseconds."""
        ...

    def move_to(self, at: datetime) -> None:
        """
        Move forward.

        Raises:
            ValueError: The instant lies in the past.
        """
        ...

    def begin_anew(self, at: datetime) -> None:
        """Go on from an instant that may lie in the past."""
        ...


class FrozenClock:
    """A clock that stands still until it is moved forward."""

    def __init__(self, at: datetime) -> None:
        self._at = whole_milliseconds(at)

    @property
    def runs(self) -> bool:
        """Whether time passes by itself: it never does."""
        return False

    @property
    def scale(self) -> float:
        """Virtual seconds for each real one: none."""
        return 0.0

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """
        Move the clock forward.

        Raises:
            ValueError: The instant lies before the clock's own; `updatedAt` could then shrink.
        """
        if at < self._at:
            raise ValueError(f"the clock stands at {self._at.isoformat()}; it cannot go back to {at.isoformat()}")
        self._at = whole_milliseconds(at)

    def begin_anew(self, at: datetime) -> None:
        """Stand at an instant that may lie in the past: for a world that is put back to it."""
        self._at = whole_milliseconds(at)


class ClockMode(StrEnum):
    """How virtual time passes: not at all, at the pace of real time, or some times as fast."""

    FROZEN = "FROZEN"
    REAL = "REAL"
    SCALED = "SCALED"


class VirtualClock:
    """
    A clock whose pace can be changed, and that can be moved forward while it stands or runs.

    Args:
        now: Where it begins.
        mode: How its time passes.
        scale: Virtual seconds for each real one; only `SCALED` heeds it.
    """

    def __init__(self, now: datetime, mode: ClockMode = ClockMode.FROZEN, scale: float = 1.0) -> None:
        self._at = whole_milliseconds(now)
        self._mode = mode
        self._scale = _PACES.get(mode, scale)
        self._origin = time.monotonic()

    @property
    def mode(self) -> ClockMode:
        """How its time passes."""
        return self._mode

    @property
    def runs(self) -> bool:
        """Whether time passes by itself."""
        return self._mode is not ClockMode.FROZEN

    @property
    def scale(self) -> float:
        """Virtual seconds for each real one: 0 where it stands."""
        return self._scale

    def now(self) -> datetime:
        """Return where it was last set, and what has passed since at its pace."""
        if not self._scale:
            return self._at
        passed = int(1000 * self._scale * (time.monotonic() - self._origin))
        return self._at + timedelta(0, 0, 1000 * passed)

    def run(self, mode: ClockMode, scale: float = 1.0) -> None:
        """Go on from the present in another mode; only `SCALED` heeds the scale."""
        self._set(self.now())
        self._mode = mode
        self._scale = _PACES.get(mode, scale)

    def move_to(self, at: datetime) -> None:
        """
        Move forward, and go on from there in the same mode.

        Raises:
            ValueError: The instant lies before the present; `updatedAt` could then shrink.
        """
        now = self.now()
        if at < now:
            raise ValueError(f"the clock stands at {now.isoformat()}; it cannot go back to {at.isoformat()}")
        self._set(whole_milliseconds(at))

    def begin_anew(self, at: datetime) -> None:
        """Go on from an instant that may lie in the past, in the same mode: for a world that is put back to it."""
        self._set(whole_milliseconds(at))

    def _set(self, at: datetime) -> None:
        self._at = at
        self._origin = time.monotonic()


def whole_milliseconds(at: datetime) -> datetime:
    """Return the instant in UTC, cut to the millisecond, the resolution of the wire."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond - at.microsecond % 1000)


@lru_cache(maxsize=1024)  # one instant is written many times over in a transaction
def to_milliseconds(at: datetime) -> int:
    """Return the milliseconds since 1970-01-01T00:00:00Z."""
    return (at - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the aware UTC instant of milliseconds since 1970-01-01T00:00:00Z."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PACES = {ClockMode.FROZEN: 0.0, ClockMode.REAL: 1.0}


def monotonic_ns() -> int:
    """Return nanoseconds of real time from an origin that means nothing: good for telling how long things took."""
    return time.monotonic_ns()


def real_now() -> datetime:
    """Return the machine's own time, aware and in UTC: for what others hold against their own clocks."""
    return datetime.now(UTC)
