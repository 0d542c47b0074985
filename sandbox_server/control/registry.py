"""Every tenant with what the operator knows of it; how tenants come, begin anew, fork and go."""

from asyncio import Lock
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from sandbox_server.control import powers
from sandbox_server.control.beginnings import Beginnings
from sandbox_server.control.logins import Login, clients_of, install, issue
from sandbox_server.control.standing import Snapshot, Standing
from sandbox_server.domain.errors import Duplicate, IllegalTransition, NotFound
from sandbox_server.kernel.clock import ClockMode, VirtualClock
from sandbox_server.kernel.ids import make_id
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services import webhooks
from sandbox_server.services.access import Directory
from sandbox_server.services.journal import Journal
from sandbox_server.services.tenants import Tenant
from sandbox_server.services.trail import Start, start_here


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
        self.number = 0
        self.snapshots: dict[str, Snapshot] = {}
        self.moving = Lock()
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


class Registry:
    """
    All tenants of a server.

    Args:
        directory: Who lets clients in.
        beginnings: Where worlds come from.
        default: The tenant that is there from the start, and stays; the directory knows it.
        equip: Gives a new tenant its powers.
        key: What secrets of clients follow from beside their names.
    """

    def __init__(
        self,
        directory: Directory,
        beginnings: Beginnings,
        default: Record,
        equip: Callable[[Tenant], None] = lambda _: None,
        key: str = "",
    ) -> None:
        self.seed = default.seed
        self._directory = directory
        self._beginnings = beginnings
        self._equip = equip
        self._key = key
        self._default = default
        self._records: dict[str, Record] = {}
        self._made = 0
        self._snapshots_made = 0
        self._enter(default)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def get(self, name: str) -> Record:
        """
        Return the tenant with this name.

        Raises:
            NotFound: There is none.
        """
        if name not in self._records:
            raise NotFound("tenant", name)
        return self._records[name]

    async def beginning(self, fixture: str | None, seed: int | None) -> Standing:
        """
        Return the world of a fixture; without one, of the fixture that the server began with.

        Raises:
            Unprocessable: There is no such fixture.
        """
        own = self._default
        if fixture in {None, own.fixture}:
            return await self._beginnings.get(own.fixture, own.seed if seed is None else seed)
        return await self._beginnings.get(fixture or "", seed)

    def create(
        self,
        name: str | None,
        origin: Snapshot | Standing,
        mode: ClockMode = ClockMode.FROZEN,
        scale: float = 1.0,
    ) -> Record:
        """
        Make a tenant that begins as a world or a snapshot stands.

        Raises:
            Duplicate: Its name is taken.
        """
        name = name or self._new_name()
        if name in self._records:
            raise Duplicate(f"There is a tenant {name!r} already.")
        snapshot = origin if isinstance(origin, Snapshot) else None
        world = origin.standing if isinstance(origin, Snapshot) else origin
        persistence = world.persistence.fork()
        if snapshot is not None:
            _leave_receivers_behind(persistence, world.now)
        logins = issue(clients_of(persistence, world.now), name, self._key)
        install(persistence, world.now, logins)
        tenant = Tenant(name, persistence, VirtualClock(world.now, mode, scale))
        self._equip(tenant)
        powers.go_back(tenant, snapshot.powers if snapshot else {})
        self._directory.add(tenant)
        return self._enter(Record(tenant, world.fixture, world.seed, logins, snapshot))

    def remove(self, name: str) -> None:
        """
        Forget a tenant.

        Raises:
            NotFound: There is none.
            IllegalTransition: It is the default one.
        """
        record = self.get(name)
        if record is self._default:
            raise IllegalTransition("tenant", name, "the server's own", "deleted")
        del self._records[name]
        self._directory.remove(record.tenant)

    async def reset(self, record: Record) -> None:
        """Begin a tenant's world and its journal anew."""
        origin = record.origin
        world = origin.standing if origin else await self._beginnings.get(record.fixture, record.seed)
        record.tenant.power(Journal).clear()
        self._put_back(record, world, origin.powers if origin else {})
        if origin is not None:
            _leave_receivers_behind(record.standing.persistence, world.now)

    def restore(self, record: Record, snapshot: Snapshot) -> None:
        """Put a tenant back to what a snapshot kept."""
        self._put_back(record, snapshot.standing, snapshot.powers)

    def take_snapshot(self, record: Record, label: str) -> Snapshot:
        """Keep a tenant's world and powers as they stand."""
        self._snapshots_made += 1
        snapshot_id = make_id(self.seed, "snp", self._snapshots_made)
        live = record.standing
        standing = live._replace(persistence=live.persistence.fork())
        kept = powers.keep(record.tenant)
        snapshot = Snapshot(snapshot_id, self._snapshots_made, record.tenant.name, label, standing, kept)
        record.snapshots[snapshot_id] = snapshot
        return snapshot

    def _put_back(self, record: Record, world: Standing, kept: Mapping[str, bytes]) -> None:
        persistence = world.persistence.fork()
        install(persistence, world.now, record.logins)
        record.tenant.replace_world(persistence, world.now)
        record.begin_here()
        powers.go_back(record.tenant, kept)

    def _enter(self, record: Record) -> Record:
        self._made += 1
        record.number = self._made
        self._records[record.tenant.name] = record
        return record

    def _new_name(self) -> str:
        return make_id(self.seed, "t", self._made).replace("_", "-")


def _leave_receivers_behind(world: MemoryPersistence, now: datetime) -> None:
    """Have a copy of a world call none of the receivers of webhooks that the first one calls."""
    with world.begin("operator:fork", now) as tx:
        webhooks.leave_behind(tx)
