"""Who hears of what a commit changed: whoever listens in the same call, and nobody else."""

from contextvars import ContextVar

from sandbox_server.traffic.journal import Change

UNTOLD = frozenset(
    {
        "replays",
        "due",
        "openings",
        "shelves",
        "counts",
        "settlement_lines",
        "holds",
        "drafts",
        "documents",
        "outboxes",
        "deliveries",
    }
)
"""Tables whose changes nobody is told of: the books that the sandbox keeps for itself."""


def listen(cause: str) -> list[Change]:
    """Return the list to which this call's commits will add what they change, where they are owed to this."""
    changes: list[Change] = []
    _listeners.set((cause, changes))
    return changes


def heard_by(cause: str) -> list[Change] | None:
    """Return where to tell of a commit that is owed to this; None when nobody listens."""
    listener = _listeners.get()
    return listener[1] if listener is not None and listener[0] == cause else None


_listeners: ContextVar[tuple[str, list[Change]] | None] = ContextVar("listeners", default=None)
