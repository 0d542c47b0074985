"""Every tenant with what the operator knows of it; how tenants come, begin anew, fork and go."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime

from sandbox_server.control import powers
from sandbox_server.control.beginnings import Beginnings
from sandbox_server.control.keeper import Keeper, logins_of
from sandbox_server.control.logins import clients_of, install, issue
from sandbox_server.control.record import Record
from sandbox_server.control.standing import Snapshot, Standing
from sandbox_server.domain.errors import Duplicate, IllegalTransition, NotFound
from sandbox_server.kernel.clock import ClockMode, VirtualClock
from sandbox_server.kernel.ids import make_id
from sandbox_server.persistence.log import KeptServer, KeptTenant
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services import webhooks
from sandbox_server.services.access import Directory
from sandbox_server.services.journal import Journal
from sandbox_server.services.tenants import Tenant


class Registry:
    """
    All tenants of a server.

    Args:
        directory: Who lets clients in.
        beginnings: Where worlds come from.
        default: The tenant that is there from the start, and stays; the directory knows it.
        equip: Gives a new tenant its powers.
        key: What secrets of clients follow from beside their names.
        keeper: Keeps them.
        source: What the default tenant's fixture is found by, where that is not its name.
    """

    def __init__(
        self,
        directory: Directory,
        beginnings: Beginnings,
        default: Record,
        equip: Callable[[Tenant], None] = lambda _: None,
        key: str = "",
        keeper: Keeper | None = None,
        source: str | None = None,
    ) -> None:
        self.seed = default.seed
        self._source = source or default.fixture
        self.keeper = keeper or Keeper()
        self._directory = directory
        self._beginnings = beginnings
        self._equip = equip
        self._key = key
        self._default = default
        self._records: dict[str, Record] = {}
        self._made = 1
        self._snapshots_made = 0
        self.restarts = 0
        self._records[default.tenant.name] = self._lockable(default)

    def keep(self) -> None:
        """Have the default tenant kept as it stands, and from here on."""
        with self.keeper.together():
            self.keeper.adopt(self._default)
            self._put(self._default)

    def take_back(self, kept: Sequence[tuple[KeptTenant, Tenant]]) -> None:
        """
        Have the tenants that were kept, in the order of their coming; the directory knows them.

        Raises:
            VaultError: What one of them kept is of no use.
        """
        for one, tenant in kept:
            known = self._records.get(one.name) or Record(tenant, one.fixture, one.seed, logins_of(one))
            self._lockable(known)
            self.keeper.give_back(one, known)
            self._records[one.name] = known
        server = self.keeper.server
        assert server is not None, "where there are tenants, there was a server"
        self.count(server)
        self.restarts += 1
        self.keeper.loaded()

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, name: str) -> bool:
        return name in self._records

    def worlds(self) -> Iterator[MemoryPersistence]:
        """Return the worlds that tenants have, and those that are kept of them."""
        for record in self:
            yield record.standing.persistence
            yield from (snapshot.standing.persistence for snapshot in record.snapshots.values())

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
        with self.keeper.turn(name or ""), self.keeper.turn():
            return self._create(name, origin, mode, scale)

    def _create(self, name: str | None, origin: Snapshot | Standing, mode: ClockMode, scale: float) -> Record:
        name = name or self._new_name()
        if name in self._records:
            raise Duplicate(f"There is a tenant {name!r} already.")
        snapshot = origin if isinstance(origin, Snapshot) else None
        world = origin.standing if isinstance(origin, Snapshot) else origin
        with ExitStack() as undo:
            with self.keeper.together():
                persistence = self.keeper.fork(name, world.persistence)
                if snapshot is not None:
                    _leave_receivers_behind(persistence, world.now)
                logins = issue(clients_of(persistence, world.now), name, self._key)
                install(persistence, world.now, logins)
                tenant = Tenant(name, persistence, VirtualClock(world.now, mode, scale))
                self._equip(tenant)
                tenant.power(Journal).forget()  # of a tenant that had its name
                powers.go_back(tenant, snapshot.powers if snapshot else {})
                self._directory.add(tenant)
                undo.callback(self._directory.remove, tenant)
                record = Record(tenant, world.fixture, world.seed, logins, snapshot)
                record.number = self._made + 1
                self._put(record, tenants_made=self._made + 1)
            undo.pop_all()
        self._made += 1
        self._records[name] = self._lockable(record)
        return record

    def remove(self, name: str) -> None:
        """
        Forget a tenant.

        Raises:
            NotFound: There is none.
            IllegalTransition: It is the default one.
        """
        with self.keeper.turn(name), self.keeper.turn():
            record = self.get(name)
            if record is self._default:
                raise IllegalTransition("tenant", name, "the server's own", "deleted")
            self.keeper.remove(name)
            record.tenant.power(Journal).forget()
            self.forget(name)

    async def reset(self, record: Record) -> None:
        """Begin a tenant's world and its journal anew."""
        origin = record.origin
        world = origin.standing if origin else await self._beginnings.get(record.fixture, record.seed)
        self._put_back(record, world, origin.powers if origin else {}, is_reset=True)

    def restore(self, record: Record, snapshot: Snapshot) -> None:
        """Put a tenant back to what a snapshot kept."""
        self._put_back(record, snapshot.standing, snapshot.powers, is_reset=False)

    def take_snapshot(self, record: Record, label: str) -> Snapshot:
        """Keep a tenant's world and powers as they stand."""
        with self.keeper.turn(record.tenant.name), self.keeper.turn():
            return self._take_snapshot(record, label)

    def _take_snapshot(self, record: Record, label: str) -> Snapshot:
        number = self._snapshots_made + 1
        snapshot_id = make_id(self.seed, "snp", number)
        live = record.standing
        standing = live._replace(persistence=live.persistence.fork())
        kept = powers.keep(record.tenant)
        snapshot = Snapshot(snapshot_id, number, record.tenant.name, label, standing, kept)
        with self._all_or_nothing(record), self.keeper.together():
            record.snapshots[snapshot_id] = snapshot
            self._put(record, snapshots_made=number)
        self._snapshots_made = number
        return snapshot

    def delete_snapshot(self, record: Record, snapshot: Snapshot) -> None:
        """Forget a snapshot."""
        with self.keeper.turn(record.tenant.name), self._all_or_nothing(record):
            del record.snapshots[snapshot.snapshot_id]
            self.keeper.put(record)

    def admit(self, kept: KeptTenant, world: MemoryPersistence | None) -> None:
        """
        Have a tenant as another process keeps it, a new one or one that is known.

        Args:
            world: Its world, where it begins or begins anew; None where it goes on with the one that it has.
        """
        now = kept.clock.now
        record = self._records.get(kept.name)
        if record is None:
            if world is None:
                return  # it is gone
            tenant = Tenant(kept.name, world, VirtualClock(now))
            self._equip(tenant)
            self._directory.add(tenant)
            record = self._records[kept.name] = self._lockable(Record(tenant, kept.fixture, kept.seed, logins_of(kept)))
        elif world is not None:
            record.tenant.replace_world(world, now)
        record.clock.run(kept.clock.mode, kept.clock.scale)
        with suppress(ValueError):
            record.clock.move_to(now)
        self.keeper.give_back(kept, record)

    def forget(self, name: str) -> None:
        """Have a tenant no more."""
        self._directory.remove(self._records.pop(name).tenant)

    def count(self, server: KeptServer) -> None:
        """Know how many tenants and snapshots there ever were."""
        self._made, self._snapshots_made = server.tenants_made, server.snapshots_made
        self.restarts = server.restarts

    def _lockable(self, record: Record) -> Record:
        record.moving = self.keeper.lock_of(record.tenant.name)
        return record

    def _put(self, record: Record, tenants_made: int | None = None, snapshots_made: int | None = None) -> None:
        """Keep a tenant, and how many there ever were."""
        made, taken = tenants_made or self._made, snapshots_made or self._snapshots_made
        self.keeper.put(record)
        about = KeptServer(self._default.fixture, self._source, self.seed, made, taken, self.restarts)
        self.keeper.put_server(about)

    def _put_back(self, record: Record, world: Standing, kept: Mapping[str, bytes], *, is_reset: bool) -> None:
        name = record.tenant.name
        with self.keeper.turn(name), self._all_or_nothing(record), self.keeper.together():
            persistence = self.keeper.fork(name, world.persistence)
            install(persistence, world.now, record.logins)
            if is_reset and record.origin is not None:
                _leave_receivers_behind(persistence, world.now)
            record.tenant.replace_world(persistence, world.now)
            record.begin_here()
            if is_reset:
                record.start = record.start._replace(calls=0)
            powers.go_back(record.tenant, kept)
            self.keeper.put(record)
        if is_reset:
            record.tenant.power(Journal).clear()

    @contextmanager
    def _all_or_nothing(self, record: Record) -> Iterator[None]:
        """Leave a tenant as it was where something in the block goes wrong."""
        tenant, world, now, start = record.tenant, record.standing.persistence, record.tenant.now(), record.start
        kept, snapshots, gaps = powers.keep(tenant), record.snapshots.copy(), record.gaps
        try:
            yield
        except BaseException:
            if record.standing.persistence is not world:
                tenant.replace_world(world, now)
            record.start, record.snapshots, record.gaps = start, snapshots, gaps
            powers.go_back(tenant, kept)
            raise

    def _new_name(self) -> str:
        return make_id(self.seed, "t", self._made).replace("_", "-")


def _leave_receivers_behind(world: MemoryPersistence, now: datetime) -> None:
    """Have a copy of a world call none of the receivers of webhooks that the first one calls."""
    with world.begin("operator:fork", now) as tx:
        webhooks.leave_behind(tx)
