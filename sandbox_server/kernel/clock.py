"""The only place that reads the machine's clock."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """What tells a tenant's virtual time."""

    def now(self) -> datetime:
        """Return the virtual time, aware and in UTC, in whole milliseconds."""
        ...


class FrozenClock:
    """A clock that stands still until it is moved forward."""

    def __init__(self, at: datetime) -> None:
        self._at = whole_milliseconds(at)

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


class RunningClock:
    """A clock that starts at an instant and runs at the pace of real time."""

    def __init__(self, start: datetime) -> None:
        self._start = whole_milliseconds(start)
        self._origin = time.monotonic()

    def now(self) -> datetime:
        """Return the start plus the real time that has passed since."""
        return whole_milliseconds(self._start + timedelta(seconds=time.monotonic() - self._origin))


def whole_milliseconds(at: datetime) -> datetime:
    """Return the instant in UTC, cut to the millisecond, the resolution of the wire."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond - at.microsecond % 1000)


def to_milliseconds(at: datetime) -> int:
    """Return the milliseconds since 1970-01-01T00:00:00Z."""
    return (at - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the aware UTC instant of milliseconds since 1970-01-01T00:00:00Z."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def monotonic_ns() -> int:
    """Return nanoseconds of real time from an origin that means nothing: good for telling how long things took."""
    return time.monotonic_ns()
