"""Who hears of what a commit changed: whoever listens in the same call, and nobody else."""

from contextvars import ContextVar
from typing import NamedTuple

from sandbox_server.traffic.journal import Change

UNTOLD = frozenset({"replays", "due"})
"""Tables whose changes nobody is told of: the books that the sandbox keeps for itself."""


class Listener(NamedTuple):
    """
    Hears of commits.

    Args:
        cause: Only of those that are owed to this.
        changes: What they changed, in order.
    """

    cause: str
    changes: list[Change]


def listen(cause: str) -> list[Change]:
    """Return the list to which this call's commits will add what they change."""
    listener = Listener(cause, [])
    _listeners.set(listener)
    return listener.changes


def heard_by(cause: str) -> list[Change] | None:
    """Return where to tell of a commit that is owed to this; None when nobody listens."""
    listener = _listeners.get()
    return listener.changes if listener is not None and listener.cause == cause else None


_listeners: ContextVar[Listener | None] = ContextVar("listeners", default=None)
