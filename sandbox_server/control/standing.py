"""Worlds as they stood at an instant."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sandbox_server.persistence.memory import MemoryPersistence

COUNTED = ("stores", "products", "orders", "shipments", "returns")
"""The kinds of entity that the operator is told the number of."""


class Standing(NamedTuple):
    """
    A world as it stood; nobody changes it any more.

    Args:
        fixture: The name of the fixture that it was made from.
        seed: What chance in it follows from.
        now: The virtual time at which it stood.
        persistence: What keeps it.
    """

    fixture: str
    seed: int
    now: datetime
    persistence: MemoryPersistence

    def counts(self) -> dict[str, int]:
        """Return how much of each kind there is."""
        with self.persistence.read(self.now) as tx:
            return {kind: getattr(tx, kind).count() for kind in COUNTED}


class Snapshot(NamedTuple):
    """
    What is kept of a tenant.

    Args:
        snapshot_id: Its name.
        number: Its place among the server's snapshots.
        tenant: Whose it is.
        label: What people call it; empty where they do not.
        standing: The world.
        powers: What each of the tenant's powers wants to be kept, by the power's name.
    """

    snapshot_id: str
    number: int
    tenant: str
    label: str
    standing: Standing
    powers: Mapping[str, bytes]
