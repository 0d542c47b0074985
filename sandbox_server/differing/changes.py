"""What changed between two contracts, and whom it breaks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Way(StrEnum):
    """Which way a value goes, seen from a client."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    A difference between two contracts.

    Args:
        is_breaking: Whether a client that was right before may be wrong now.
        where: The place: a schema's name with a JSON pointer below it, `query limit`, `response 200`.
        message: What changed, in one sentence.
        way: Which way what changed goes; None where it goes none.
        before: What stood there, in short.
        after: What stands there now.
        operations: Those it changes.
    """

    is_breaking: bool
    where: str
    message: str
    way: Way | None = None
    before: str = ""
    after: str = ""
    operations: tuple[str, ...] = ()


def gathered(changes: Iterable[Change]) -> list[Change]:
    """Return the changes, what breaks first; the same change of several operations is one."""
    found: dict[Change, list[str]] = {}
    for change in changes:
        found.setdefault(replace(change, operations=()), []).extend(change.operations)
    whole = [replace(change, operations=tuple(dict.fromkeys(names))) for change, names in found.items()]
    return sorted(whole, key=lambda change: not change.is_breaking)
