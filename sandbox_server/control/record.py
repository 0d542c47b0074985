"""What the operator knows of a tenant beside its world: where it began, who may call it, what was kept of it."""

from asyncio import Lock
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from sandbox_server.control.logins import Login
from sandbox_server.control.standing import Snapshot, Standing
from sandbox_server.domain.errors import NotFound
from sandbox_server.kernel.clock import VirtualClock
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services.archive import Mark
from sandbox_server.services.journal import Journal
from sandbox_server.services.tenants import Tenant
from sandbox_server.services.trail import Gap, Start, mark_here, start_here


class Record:
    """
    A tenant, where it began, who may call it, and its snapshots.

    Args:
        tenant: The tenant.
        fixture: The name of the fixture that its world was made from.
        seed: What chance in it follows from.
        logins: Its clients.
        origin: The snapshot that it was forked from.
    """

    def __init__(
        self,
        tenant: Tenant,
        fixture: str,
        seed: int,
        logins: Sequence[Login],
        origin: Snapshot | None = None,
    ) -> None:
        self.tenant = tenant
        self.fixture = fixture
        self.seed = seed
        self.logins = logins
        self.origin = origin
        self.number = 1
        self.snapshots: dict[str, Snapshot] = {}
        self.moving: AbstractAsyncContextManager[object] = Lock()
        self.gaps: list[Gap] = []
        self.start = self._starts_here()

    @property
    def clock(self) -> VirtualClock:
        """Its clock."""
        clock = self.tenant.clock
        assert isinstance(clock, VirtualClock), "tenants that are served have clocks that can be set"
        return clock

    @property
    def standing(self) -> Standing:
        """The world as it stands; it goes on changing."""
        kept = self.tenant.persistence
        assert isinstance(kept, MemoryPersistence), "control makes tenants in memory alone"
        return Standing(self.fixture, self.seed, self.tenant.now(), kept)

    def begin_here(self) -> None:
        """Take what the world has so far as given; from here on the journal must know who did what."""
        self.start = self._starts_here()
        self.gaps = []

    def note_lost_calls(self) -> None:
        """Note what was done since the journal was last kept: calls that did it may have got lost with the process."""
        journal = self.tenant.power(Journal)
        if journal.last < self.start.calls:
            self.begin_here()
            return
        since, until = journal.mark, self._mark()
        if since is None or since.movements > until.movements or since.events > until.events:  # it has gone back since
            since = Mark(self.start.movements, self.start.events)
        if since != until:
            self.gaps.append(Gap(since, until))

    def save_journal(self, *, at_stop: bool = False) -> None:
        """Have the journal kept as far as it has come."""
        self.tenant.power(Journal).save(self._mark(), at_stop=at_stop)

    def _mark(self) -> Mark:
        with self.tenant.read() as tx:
            return mark_here(tx)

    def _starts_here(self) -> Start:
        with self.tenant.read() as tx:
            return start_here(tx, self.tenant.power(Journal))

    def snapshot(self, snapshot_id: str) -> Snapshot:
        """
        Return one of its snapshots.

        Raises:
            NotFound: It has none of that name.
        """
        if snapshot_id not in self.snapshots:
            raise NotFound("snapshot", snapshot_id)
        return self.snapshots[snapshot_id]
