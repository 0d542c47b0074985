"""What the operator has made outlives the server, where there is a vault to keep it in."""

import logging
from asyncio import Lock
from collections.abc import Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox_server.control import powers
from sandbox_server.control.errors import BadSnapshot
from sandbox_server.control.logins import Login
from sandbox_server.control.standing import Snapshot, Standing
from sandbox_server.domain.errors import Unavailable
from sandbox_server.kernel.clock import VirtualClock, monotonic_ns
from sandbox_server.persistence.answers import Answers, AnswersInMemory
from sandbox_server.persistence.log import (
    KeptClock,
    KeptLogin,
    KeptServer,
    KeptSnapshot,
    KeptTenant,
    Vault,
    VaultError,
)
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services.archive import Archive, Archives, Mark
from sandbox_server.services.journal import Journal
from sandbox_server.services.tenants import Tenant
from sandbox_server.services.trail import Gap, Start

if TYPE_CHECKING:
    from sandbox_server.control.record import Record

_AHEAD_SECONDS = 3.0
"""How far ahead of a running clock is kept, in real time: it is kept again before that has passed."""

logger = logging.getLogger("sandbox.keeper")


class Keeper:
    """
    Keeps tenants, or does nothing where there is no vault.

    What the operator changes is kept before it is answered. What changes with each call (how full the throttle's
    buckets are, what fault rules have counted, where a running clock stands) is kept by `look_after`, now and then.

    Args:
        vault: Where tenants are kept.
        archives: Where their journals are.
        ahead_seconds: How far ahead of a running clock is kept, in real time; none where the vault knows when that was.
    """

    def __init__(
        self,
        vault: Vault | None = None,
        archives: Archives | None = None,
        ahead_seconds: float = _AHEAD_SECONDS,
    ) -> None:
        self._vault = vault
        self._answers: Answers = vault.answers if vault is not None else AnswersInMemory()
        self._archives = archives
        self._ahead_seconds = ahead_seconds
        self._last_calls: dict[str, int] = {}

    @property
    def answers(self) -> Answers:
        """What operators were answered under their idempotency keys."""
        return self._answers

    @property
    def server(self) -> KeptServer | None:
        """What the server was when it was kept; None where it never was."""
        return self._vault.server() if self._vault is not None else None

    def archive_of(self, name: str) -> Archive | None:
        """Return where a tenant's journal is kept; None for nowhere."""
        return self._archives.of(name) if self._archives is not None else None

    def together(self) -> AbstractContextManager[None]:
        """Keep all of what is kept in the block, or none of it. Nothing may be awaited in it."""
        return self._vault.together() if self._vault is not None else nullcontext()

    def turn(self, name: str = "") -> AbstractContextManager[None]:
        """
        See to it that no other process changes what a tenant is, or without a name which there are.

        Raises:
            Unavailable: It takes too long.
        """
        return self._vault.turn(name) if self._vault is not None else nullcontext()

    async def calls_are_told(self) -> None:
        """Wait until other processes have told of the calls that they have answered by now."""
        if self._vault is not None:
            await self._vault.calls_are_told()

    def lock_of(self, name: str) -> AbstractAsyncContextManager[object]:
        """Return what whoever moves a tenant's time, or puts it elsewhere, holds meanwhile."""
        return self._vault.lock_of(name) if self._vault is not None else Lock()

    def fork(self, name: str, world: MemoryPersistence) -> MemoryPersistence:
        """Return a copy of a world that nobody changes any more, for a tenant that begins with it, or anew."""
        twin = world.fork()
        if self._vault is not None:
            twin.log = self._vault.begin(name, self._vault.keep(world))
        return twin

    def adopt(self, record: "Record") -> None:
        """Keep a tenant's world from here on, unless it is kept."""
        world = record.standing.persistence
        if self._vault is not None and world.log is None:
            world.log = self._vault.begin(record.tenant.name, self._vault.keep(world, frozen=False))

    def put(self, record: "Record") -> None:
        """Keep what a tenant is beside its world."""
        with self.turn(record.tenant.name):
            if self._vault is not None:
                self._vault.put(self._kept(record))

    def put_server(self, server: KeptServer) -> None:
        """Keep what the server is beside its tenants."""
        if self._vault is not None:
            self._vault.put_server(server)

    def remove(self, name: str) -> None:
        """Forget a tenant."""
        if self._vault is not None:
            self._vault.remove(name)
            self._last_calls.pop(name, None)

    def tenants(self) -> Iterator[tuple[KeptTenant, Tenant]]:
        """Return the tenants that were kept, in order of their coming, without their powers."""
        for kept in self._vault.tenants() if self._vault is not None else ():
            assert self._vault is not None, "only a vault has kept tenants"
            world, changed_at = self._vault.world(kept.name)
            now = kept.clock.now if changed_at is None else max(kept.clock.now, changed_at)
            yield kept, Tenant(kept.name, world, VirtualClock(now, kept.clock.mode, kept.clock.scale))

    def loaded(self) -> None:
        """Be told that the tenants are there."""
        if self._vault is not None:
            self._vault.loaded()

    def give_back(self, kept: KeptTenant, record: "Record") -> None:
        """
        Make a tenant's record what it was.

        Raises:
            VaultError: What one of its powers kept is of no use.
        """
        record.number = kept.number
        record.start = Start(*kept.start)
        record.gaps = [Gap(Mark(*gap[:2]), Mark(*gap[2:])) for gap in kept.gaps]
        record.origin = self._snapshot(kept.origin) if kept.origin is not None else None
        record.snapshots = {snapshot.snapshot_id: self._snapshot(snapshot) for snapshot in kept.snapshots}
        try:
            powers.go_back(record.tenant, kept.powers)
        except BadSnapshot as error:
            raise VaultError(f"Tenant {kept.name} cannot be opened. {error.detail}") from None
        if self._archives is not None:
            record.note_lost_calls()

    def look_after(self, records: Iterable["Record"]) -> None:
        """Keep what has changed by itself or with calls, as is done now and then."""
        if self._vault is None:
            return
        for record in records:
            calls = record.tenant.power(Journal).last
            if record.tenant.runs or calls != self._last_calls.get(record.tenant.name):
                self._look_after(self._vault, record)
                self._last_calls[record.tenant.name] = calls

    def stop(self, records: Iterable["Record"]) -> None:
        """Keep everything as it stands, and let go of the vault."""
        if self._vault is None:
            return
        for record in records:
            self._look_after(self._vault, record, at_stop=True)
        if self._archives is not None:
            self._archives.close()
        self._vault.close()

    def _look_after(self, vault: Vault, record: "Record", *, at_stop: bool = False) -> None:
        record.save_journal(at_stop=at_stop)
        try:
            vault.put(self._kept(record, 0.0 if at_stop else self._ahead_seconds))
            vault.tidy(record.tenant.name, record.standing.persistence, at_stop=at_stop)
        except (Unavailable, VaultError) as error:
            logger.warning("tenant %s is not kept as it stands: %s", record.tenant.name, error)

    def _kept(self, record: "Record", ahead_seconds: float | None = None) -> KeptTenant:
        assert self._vault is not None, "only a vault keeps anything"
        clock = record.clock
        # A clock that runs shall not be found behind what it has told.
        ahead = self._ahead_seconds if ahead_seconds is None else ahead_seconds
        now, read_ns = clock.now() + timedelta(seconds=clock.scale * ahead), monotonic_ns()
        return KeptTenant(
            record.tenant.name,
            record.number,
            record.fixture,
            record.seed,
            [KeptLogin(*login) for login in record.logins],
            (record.start.movements, record.start.events, record.start.calls),
            KeptClock(clock.mode, clock.scale, now, read_ns),
            powers.keep(record.tenant),
            self._kept_snapshot(record.origin) if record.origin is not None else None,
            [self._kept_snapshot(snapshot) for snapshot in record.snapshots.values()],
            [(*gap.since, *gap.until) for gap in record.gaps],
        )

    def _kept_snapshot(self, snapshot: Snapshot) -> KeptSnapshot:
        assert self._vault is not None, "only a vault keeps anything"
        standing = snapshot.standing
        return KeptSnapshot(
            snapshot.snapshot_id,
            snapshot.number,
            snapshot.tenant,
            snapshot.label,
            standing.fixture,
            standing.seed,
            standing.now,
            self._vault.keep(standing.persistence),
            dict(snapshot.powers),
        )

    def _snapshot(self, kept: KeptSnapshot) -> Snapshot:
        assert self._vault is not None, "only a vault keeps anything"
        standing = Standing(kept.fixture, kept.seed, kept.now, self._vault.base(kept.base))
        return Snapshot(kept.snapshot_id, kept.number, kept.tenant, kept.label, standing, kept.powers)


def logins_of(kept: KeptTenant) -> list[Login]:
    """Return a tenant's clients."""
    return [Login(login.credential, login.secret, login.api_key) for login in kept.logins]
