"""
What people type into the console's forms.

What makes no sense is sent on as it was typed: the operator's interface says what is wrong with it.
"""


def integer(typed: str | None, otherwise: int) -> int | str:
    """Return a whole number; what is none as it was typed, and nothing as `otherwise`."""
    if not typed:
        return otherwise
    try:
        return int(typed)
    except ValueError:
        return typed


def decimal(typed: str | None, otherwise: float) -> float | str:
    """Return a number; what is none as it was typed, and nothing as `otherwise`."""
    if not typed:
        return otherwise
    try:
        return float(typed)
    except ValueError:
        return typed
