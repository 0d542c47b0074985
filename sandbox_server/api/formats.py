"""Instants as they are written on the wire."""

import re
from datetime import UTC, datetime
from functools import lru_cache

# Source: RFC 3339, 5.6. No leap seconds: no clock here has them.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=4096)  # a report says the same instant for each of its items
def read_instant(text: str) -> datetime:
    """
    Return the aware UTC instant that an RFC 3339 `date-time` says.

    A request's body that was let in holds only instants that this can read.

    Raises:
        ValueError: It is not one, or not one between the years 1 and 9999 of UTC.
    """
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not an RFC 3339 instant")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} lies outside of the calendar") from error


def is_instant(text: str) -> bool:
    """Whether `read_instant` can read it."""
    try:
        read_instant(text)
    except ValueError:
        return False
    return True
