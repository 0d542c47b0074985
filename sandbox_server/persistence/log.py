"""
What makes a world outlive its process: a base, and a log of everything that came after.

The working set is always a `MemoryPersistence`. A vault keeps for each tenant a base, a whole world as `snapshot.dump`
writes it, and a log: one record for each transaction that has changed the world since. Whoever takes the base and
applies the log (`replay.apply`) has the world again. What else a tenant is (who may call it, its clock, its powers, its
snapshots) is small and changes seldom: it is kept whole, as a `KeptTenant`, each time that it changes.

A transaction hands its record to the log before it changes anything. So what was answered is kept, and what cannot be
kept is nowhere.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from sandbox_server.domain.inventory import Movement
from sandbox_server.kernel.clock import ClockMode
from sandbox_server.persistence.answers import Answers
from sandbox_server.services.ports import Packed
from sandbox_server.traffic.credentials import Credential

if TYPE_CHECKING:
    from sandbox_server.persistence.memory import MemoryPersistence

FORM = 1
"""The number of the form of everything below; another one needs a migration in each vault."""


class TableChanges(msgspec.Struct, frozen=True, array_like=True):
    """
    What one transaction changed in one table.

    Args:
        removed: Keys of what was taken away, before anything was written.
        rows: What was inserted or replaced, in order, by key.
        count: How many entities the table has ever had since, those included that came and went in the transaction.
    """

    name: str
    removed: Sequence[str]
    rows: dict[str, Packed]
    count: int


class Changes(msgspec.Struct, frozen=True, array_like=True):
    """
    What one transaction changed.

    Args:
        now: Its virtual time.
        movements: What it added to the ledger; their numbers are 0.
    """

    now: datetime
    tables: Sequence[TableChanges]
    movements: Sequence[Movement]


class KeptClock(msgspec.Struct, frozen=True, array_like=True):
    """
    A clock as it stood.

    Args:
        read_ns: When it was read, by the monotonic time of the process that did.
    """

    mode: ClockMode
    scale: float
    now: datetime
    read_ns: int = 0


class KeptLogin(msgspec.Struct, frozen=True, array_like=True):
    """A client, and the secrets that it proves itself by."""

    credential: Credential
    secret: str
    api_key: str


class KeptSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """
    A snapshot.

    Args:
        base: The vault's number of its world.
        powers: What each power wanted to be kept, by its name.
    """

    snapshot_id: str
    number: int
    tenant: str
    label: str
    fixture: str
    seed: int
    now: datetime
    base: int
    powers: dict[str, bytes]


class KeptTenant(msgspec.Struct, frozen=True, array_like=True):
    """
    What a tenant is beside its world.

    Args:
        number: Its place among the tenants, in order of their coming.
        start: Where its own history starts: movements, events and calls that were there before.
        origin: The snapshot that it was forked from.
        gaps: How many movements and events there were before, and after, each time that calls may have got lost.
    """

    name: str
    number: int
    fixture: str
    seed: int
    logins: Sequence[KeptLogin]
    start: tuple[int, int, int]
    clock: KeptClock
    powers: dict[str, bytes]
    origin: KeptSnapshot | None
    snapshots: Sequence[KeptSnapshot]
    gaps: Sequence[tuple[int, int, int, int]] = ()

    @property
    def bases(self) -> frozenset[int]:
        """The worlds that it needs beside its own."""
        kept = (*self.snapshots, *([self.origin] if self.origin else ()))
        return frozenset(snapshot.base for snapshot in kept)


class KeptServer(msgspec.Struct, frozen=True, array_like=True):
    """
    What the server is beside its tenants.

    Args:
        fixture: The name of the fixture of the default tenant.
        source: That name, or the path of its YAML.
        tenants_made: How many there ever were; the same of snapshots.
        restarts: How often it has gone on where it was.
    """

    fixture: str
    source: str
    seed: int
    tenants_made: int
    snapshots_made: int
    restarts: int = 0


class Log(Protocol):
    """One tenant's log; where more than one process writes it, one transaction at a time."""

    def take(self) -> bool:
        """
        Wait until it is our turn, and have the world as it is then.

        Returns:
            Whether others may have had theirs since; False where it was ours already.

        Raises:
            Unavailable: It does not come.
        """
        ...

    def end(self) -> None:
        """Let others have their turn."""
        ...

    def append(self, record: bytes, cause: str) -> None:
        """
        Keep what a transaction is about to change; it is changed when this returns.

        Args:
            cause: What the transaction is owed to.

        Raises:
            Unavailable: It cannot be kept.
        """
        ...


class Vault(Protocol):
    """
    Where the tenants of a server outlive it.

    What changes something raises `Unavailable` when it cannot be kept, and has then changed nothing. What reads raises
    `VaultError` when what was kept is damaged.
    """

    @property
    def answers(self) -> Answers:
        """What operators were answered."""
        ...

    def server(self) -> KeptServer | None:
        """Return what was put last; None in a new vault."""
        ...

    def put_server(self, server: KeptServer) -> None:
        """Keep what the server is."""
        ...

    def tenants(self) -> Sequence[KeptTenant]:
        """Return what the tenants are, in order of their coming."""
        ...

    def world(self, name: str) -> "tuple[MemoryPersistence, datetime | None]":
        """Return a tenant's world, which writes into its log; and the time of its last change, if there was one."""
        ...

    def base(self, number: int) -> "MemoryPersistence":
        """Return a world that was kept; nobody may change it."""
        ...

    def loaded(self) -> None:
        """Be told that the tenants are there: what was read for several of them need not be held any longer."""
        ...

    def keep(self, world: "MemoryPersistence", *, frozen: bool = True) -> int:
        """
        Keep a world as it stands; return its number.

        Args:
            frozen: Whether nobody changes it any more: then it is written once.
        """
        ...

    def begin(self, name: str, base: int) -> Log:
        """Begin a tenant, or begin it anew, as a world that was kept; return its log, in which there is nothing."""
        ...

    def put(self, tenant: KeptTenant) -> None:
        """Keep what a tenant is beside its world; it was begun before."""
        ...

    def remove(self, name: str) -> None:
        """Forget a tenant."""
        ...

    def tidy(self, name: str, world: "MemoryPersistence", *, at_stop: bool = False) -> None:
        """Write a new base where a tenant's log has grown long; its world is given as it stands."""
        ...

    def turn(self, name: str) -> AbstractContextManager[None]:
        """See to it that no other process changes what a tenant is, or without a name which there are."""
        ...

    def lock_of(self, name: str) -> AbstractAsyncContextManager[object]:
        """Return a lock that one process has at a time; it may be held while others are answered."""
        ...

    async def calls_are_told(self) -> None:
        """Wait until other processes have told of the calls that they have answered by now."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Keep all of what is kept in the block, or none of it. Nothing may be awaited in it."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class VaultError(Exception):
    """A vault cannot be opened, or what it keeps cannot be read; it says what can be done."""


def written(now: datetime, tables: Iterable[TableChanges], movements: Sequence[Movement]) -> bytes:
    """Return the record of a transaction."""
    return _pack(Changes(now, list(tables), movements))


def read(record: bytes) -> Changes:
    """
    Return what a record says.

    Raises:
        msgspec.MsgspecError: It is none.
    """
    return _unpack(record)


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Changes).decode
