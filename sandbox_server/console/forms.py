"""
What people type into the console's forms.

What makes no sense is sent on as it was typed: the operator's interface says what is wrong with it.
"""

import re
from datetime import UTC, datetime

_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)  # what JSON has room for
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)


def integer(typed: str | None, otherwise: int) -> int | str:
    """Return a whole number; what is none as it was typed, and nothing as `otherwise`."""
    if not typed:
        return otherwise
    return int(typed) if _WHOLE.fullmatch(typed) else typed


def decimal(typed: str | None, otherwise: float) -> float | str:
    """Return a number; what is none as it was typed, and nothing as `otherwise`."""
    if not typed:
        return otherwise
    return float(typed) if _DECIMAL.fullmatch(typed) else typed


def instant(typed: str | None) -> datetime | None:
    """Return an instant, in UTC where it names no zone; what is none is passed over."""
    try:
        at = datetime.fromisoformat(typed or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
