"""Transactions that share a turn: they are told together, in one transaction of the database, or undone together."""

from asyncio import Event

from sandbox_server.persistence.postgres.entries import Entry

MOST = 32
"""Records that are told together; then others have their turn."""


class Group:
    """
    What is done in memory here, and not told yet.

    Args:
        tenant: Whose turn it is that it is done in.
    """

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.entries: list[Entry] = []
        self.over = Event()
