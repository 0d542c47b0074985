"""One of many processes that have the same tenants: it does what the others tell, and tells them what it does."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import TypeVar

import msgspec

from sandbox_server.control.powers import Kept as KeptPower
from sandbox_server.control.registry import Registry
from sandbox_server.persistence import log, replay
from sandbox_server.persistence.log import KeptTenant
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.postgres.beside import Beside
from sandbox_server.persistence.postgres.entries import Entry, Kind
from sandbox_server.persistence.postgres.tidying import Tidying, drop_bases, drop_calls, drop_changes, drop_news, fold
from sandbox_server.persistence.postgres.vault import PostgresVault, read_power, read_server
from sandbox_server.services.journal import Journal
from sandbox_server.services.tenants import Tenant
from sandbox_server.services.trail import is_no_call
from sandbox_server.traffic.journal import Kept

P = TypeVar("P")
_FOLDED_EACH, _SWEPT_EACH = 100, 1200
"""Rounds after which the database is tidied."""
_WITHIN = frozenset({Kind.CHANGES, Kind.CALLS})
"""What may be told of a tenant by who was at work on it when another removed it."""
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[list[tuple[bytes, str, int, int]], list[bytes]]).decode


class Calls:
    """
    A tenant's journal, as all workers keep it.

    Args:
        has: Whether there is a tenant of this name: of one that was removed in the meantime, nothing is told.
    """

    def __init__(self, vault: PostgresVault, tenant: Tenant, has: Callable[[str], bool]) -> None:
        self._vault = vault
        self._tenant = tenant
        self._has = has

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Tell the others what is written in the block."""
        name, journal = self._tenant.name, self._tenant.power(Journal)
        with self._vault.replica.turn(name):
            before = journal.written
            yield
            if journal.written > before and self._has(name):
                self._vault.put_calls(name, _pack_calls(journal.entries(before)), journal.written)

    def cleared(self) -> None:
        """Tell them that every call is forgotten."""
        self._vault.drop_calls(self._tenant.name)


class Worker:
    """
    This process, as one of those that have the same tenants.

    Args:
        vault: Where they are kept.
        beside: Makes sure, and may lead.
        tidying: Takes away what the database need not keep.
    """

    def __init__(self, vault: PostgresVault, beside: Beside, tidying: Tidying) -> None:
        self._vault = vault
        self._replica = vault.replica
        self._beside = beside
        self._tidying = tidying
        self._rounds = 0
        self._number = vault.new_worker()
        self._registry: Registry | None = None
        self._begun: dict[str, MemoryPersistence] = {}
        self._does: dict[Kind, Callable[[str, bytes], None]] = {
            Kind.CHANGES: self._change,
            Kind.BEGUN: self._begin,
            Kind.TENANT: self._become,
            Kind.REMOVED: self._remove,
            Kind.SERVER: self._count,
            Kind.POWER: self._alter,
            Kind.CALLS: self._take_calls,
            Kind.ASKED: lambda _, question: vault.asking.asked(question.decode()),
            Kind.TOLD: lambda _, answer: vault.asking.told(answer.decode()),
        }
        self._opened_ns = vault.founded_ns()

    @property
    def number(self) -> int:
        """Its number, which no other ever has."""
        return self._number

    @property
    def leads(self) -> bool:
        """Whether it does what only one of them may do."""
        return self._beside.leads

    def reading(self) -> AbstractContextManager[None]:
        """Find everything in the vault as it is at one moment, from which on this worker follows."""
        return self._vault.reading(self)

    def join(self, registry: Registry) -> None:
        """Have these tenants from now on."""
        self._registry = registry

    def catch_up(self) -> None:
        """Do what others have done by now."""
        self._replica.catch_up()

    def look_after(self) -> None:
        """Do what is to be done now and then, though nobody calls."""
        self._replica.catch_up()
        self._vault.asking.answer(self._tell_calls)
        self._rounds += 1
        if self._rounds % _FOLDED_EACH == 0 and self.leads and not self._tidying.is_busy:
            self._fold()
        if self._rounds % _SWEPT_EACH == 0 and self.leads and not self._tidying.is_busy:
            self._sweep()

    def _tell_calls(self) -> None:
        for record in list(self._tenants):
            record.tenant.power(Journal).write_down()

    def _sweep(self) -> None:
        """Begin to take away what was told and heard, and calls that journals have let go."""
        journals = {record.tenant.name: record.tenant.power(Journal) for record in self._tenants}
        calls = (partial(drop_calls, tenant=name, first=journal.first) for name, journal in journals.items())
        self._tidying.begin(drop_news, *calls)

    def _fold(self) -> None:
        """Begin to write a new base for a tenant whose log has grown long."""
        for record in self._tenants:
            name, journal = record.tenant.name, record.tenant.power(Journal)
            job = self._vault.folding(name, record.standing.persistence)
            if job is not None:
                used = frozenset[int]().union(*(kept.bases for kept in self._vault.tenants()))
                self._tidying.begin(
                    partial(fold, job=job),
                    partial(drop_changes, tenant=name, expected=set(journal.expected)),
                    partial(drop_bases, used=used),
                )
                return

    @property
    def opened_ns(self) -> int:
        """The monotonic time here at which the server of all of them was founded."""
        return self._opened_ns

    def equip(self, tenant: Tenant) -> None:
        """Have a tenant's powers told to the others."""
        tenant.tell_by(self.altering)
        tenant.power(Journal).keep_together(Calls(self._vault, tenant, self._has))

    def recall(self, name: str) -> None:
        """Have a tenant's journal as it was told."""
        journal = self._journal(name)
        journal.expected |= {cause for cause in self._vault.causes(name) if not is_no_call(cause)}
        for record in self._vault.calls(name):
            self._take_calls(name, record)

    @property
    def undone(self) -> int:
        """How often something that was done here has been undone."""
        return self._replica.undone

    async def settled(self) -> None:
        """Wait until everything that was done here by now is told, or undone."""
        await self._replica.settled()

    async def make_sure(self) -> None:
        """Wait until everything that was done here by now is sure to be kept, or undone."""
        await self._replica.settled()
        await self._beside.make_sure()

    async def stand(self) -> None:
        """Let calls share their turns; take the lead when nobody has it."""
        self._replica.settle_by(asyncio.get_running_loop().call_soon)
        await self._beside.stand()

    def close(self) -> None:
        """Be no longer one of them."""
        self._beside.close()
        self._tidying.close()
        self._vault.close()

    @contextmanager
    def altering(self, tenant: Tenant, power: P) -> Iterator[P]:
        """Lend a tenant's power, to one worker at a time; the others are told what it has become."""
        assert isinstance(power, KeptPower), "only what can be kept can be told"
        with self._replica.turn(tenant.name):
            before = power.keep()
            yield power
            kept = power.keep()
            if kept != before:
                try:
                    self._vault.put_power(tenant.name, power.kept_as, kept)
                except BaseException:
                    power.go_back_to(before)
                    raise

    def follow(self, entry: Entry) -> None:
        """Do what another worker has told."""
        tenant, kind, record, cause = entry
        if kind in _WITHIN and not self._has(tenant):
            return
        self._does[kind](tenant, record)
        if kind is Kind.CHANGES and tenant not in self._begun and not is_no_call(cause):
            self._journal(tenant).expected.add(cause)

    def begin_anew(self) -> None:
        """Read everything again."""
        registry = self._tenants
        with self.reading():
            kept = self._vault.tenants()
            gone = {record.tenant.name for record in registry} - {one.name for one in kept}
            for name in gone:
                registry.forget(name)
            for one in kept:
                self._begun[one.name], _ = self._vault.world(one.name)
                self._admit(one)
                self._journal(one.name).forget()
                self.recall(one.name)
            server = self._vault.server()
            assert server is not None, "there was one"
            registry.count(server)
        self._vault.loaded()

    @property
    def _tenants(self) -> Registry:
        assert self._registry is not None, "it has joined the others before it hears of them"
        return self._registry

    def _has(self, name: str) -> bool:
        return name in self._begun or name in self._tenants

    def _change(self, name: str, record: bytes) -> None:
        changes = log.read(record)
        world = self._begun.get(name)
        if world is None:
            known = self._tenants.get(name)
            world = known.standing.persistence
            with suppress(ValueError):
                known.clock.move_to(changes.now)
        replay.apply(world, changes)
        self._vault.grown(name, len(record))

    def _begin(self, name: str, record: bytes) -> None:
        self._begun[name] = self._vault.begun(name, int(record))

    def _become(self, _name: str, record: bytes) -> None:
        self._admit(self._vault.read_tenant(record))

    def _admit(self, kept: KeptTenant) -> None:
        """Have a tenant as it was kept, with another world where it has begun anew."""
        self._tenants.admit(kept, self._begun.pop(kept.name, None))

    def _take_calls(self, name: str, record: bytes) -> None:
        journal = self._journal(name)
        if record:
            journal.take(_read_calls(record))
        else:
            journal.forget()

    def _journal(self, name: str) -> Journal:
        return self._tenants.get(name).tenant.power(Journal)

    def _remove(self, name: str, _record: bytes) -> None:
        self._tenants.forget(name)

    def _count(self, _name: str, record: bytes) -> None:
        self._tenants.count(read_server(record))

    def _alter(self, name: str, record: bytes) -> None:
        kept_as, kept = read_power(record)
        for power in self._tenants.get(name).tenant.powers:
            if isinstance(power, KeptPower) and power.kept_as == kept_as:
                power.go_back_to(kept)


def _pack_calls(calls: Iterable[Kept]) -> bytes:
    """Return calls as they are told: a body that several have, once."""
    places: dict[bytes, int] = {}
    entries = [
        (one.content, one.hash, *(places.setdefault(body, len(places)) for body in (one.request, one.response)))
        for one in calls
    ]
    return _pack((entries, list(places)))


def _read_calls(record: bytes) -> Iterator[Kept]:
    entries, bodies = _unpack(record)
    return (Kept(content, hash_, bodies[request], bodies[response]) for content, hash_, request, response in entries)
