"""What the log tells."""

from enum import IntEnum
from typing import NamedTuple, Protocol


class Kind(IntEnum):
    """What a row of the log tells."""

    CHANGES = 1  # of a world, by a transaction
    BEGUN = 2  # a tenant, or begun anew, with the world of this number
    TENANT = 3  # what it is beside its world
    REMOVED = 4  # a tenant
    SERVER = 5  # what it is beside its tenants
    POWER = 6  # of a tenant, as it stands
    CALLS = 7  # in a tenant's journal
    ASKED = 8  # by a worker, that all tell of their calls
    TOLD = 9  # by a worker, who has


class Entry(NamedTuple):
    """
    Something that is to be told to all workers.

    Args:
        cause: What it is owed to, where it is something that changed a world.
    """

    tenant: str
    kind: Kind
    record: bytes
    cause: str = ""


class Follower(Protocol):
    """Who has all that the log tells of."""

    def follow(self, entry: Entry) -> None:
        """Do what another worker has told."""
        ...

    def begin_anew(self) -> None:
        """Read everything again: more has happened than the log still tells, or something that it does not tell."""
        ...
