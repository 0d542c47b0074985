"""A log, applied to the world that it began with, gives the world that it was written for."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from sandbox_server.domain.arrivals import Profile
from sandbox_server.domain.errors import Unavailable
from sandbox_server.domain.events import DueEvent, DueKind
from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.kernel.clock import FrozenClock
from sandbox_server.persistence import log
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.replay import apply
from sandbox_server.services import arrivals
from sandbox_server.services.tenants import Tenant
from sandbox_server.worlds import open_world
from tests.domain.builders import LATER, NOW, a_level, an_order
from tests.persistence.adapters import CURRENCY, SEED, keep
from tests.persistence.test_memory import a_world, change, contents
from tests.persistence.test_snapshot import laid_open
from tests.worlds.scaling import quiet


class Notes:
    """A log that can be told to fail."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.is_full = False

    def take(self) -> bool:
        return False

    def end(self) -> None:
        pass

    def append(self, record: bytes, cause: str) -> None:
        if self.is_full:
            raise Unavailable("The disk is full.")
        self.records.append(record)

    def __iter__(self) -> Iterator[log.Changes]:
        return map(log.read, self.records)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def world(notes: Notes) -> MemoryPersistence:
    world = a_world()
    world.log = notes
    return world


def all_of(world: MemoryPersistence) -> Any:
    """Everything that a world holds; of its deadlines, those that stand."""
    with world.read(NOW) as tx:
        standing = {(event.due, event.sequence, event.key) for event in tx.due.select()}
    twin = world.fork()
    twin.deadlines = sorted(set(twin.deadlines) & standing)
    return laid_open(twin)


def take_what_is_due(world: MemoryPersistence) -> None:
    with world.begin("clock", LATER) as tx:
        event = tx.next_due(LATER)
        assert event is not None
        tx.due.remove(event.key)


def test_a_replica_becomes_what_the_world_becomes(world: MemoryPersistence, notes: Notes) -> None:
    replica = world.fork()
    change(world)
    assert contents(replica) != contents(world)
    for changes in notes:
        apply(replica, changes)
    assert contents(replica) == contents(world)
    assert all_of(replica) == all_of(world)


def test_what_came_and_went_in_a_transaction_leaves_the_same_gap(world: MemoryPersistence, notes: Notes) -> None:
    replica = world.fork()
    with world.begin("req_2", LATER) as tx:
        tx.orders.put(an_order(order_id="ord_8"))
        tx.orders.remove("ord_8")
        tx.orders.remove("ord_1")
        tx.orders.put(an_order(order_id="ord_1"))
        tx.orders.put(an_order(order_id="ord_9"))
    for changes in notes:
        apply(replica, changes)
    assert all_of(replica) == all_of(world)


def test_a_day_of_a_world_s_life_can_be_lived_again_from_its_log(notes: Notes) -> None:
    opened = open_world("small_chain", None, None, quiet)
    world = opened.persistence
    replica = world.fork()
    world.log = notes
    tenant = Tenant("default", world, FrozenClock(opened.now))
    with tenant.begin("operator:1") as tx:
        arrivals.begin(tx, Profile.STEADY, 2.0, timedelta(hours=3), 1)
    assert sum(1 for _ in tenant.advance(opened.now + timedelta(days=1))) > 500
    for changes in notes:
        apply(replica, changes)
    assert all_of(replica) == all_of(world)


def test_a_replica_forgets_what_it_had_at_hand(world: MemoryPersistence, notes: Notes) -> None:
    level = a_level(sku="SKU-3")
    with world.begin("req_3", LATER) as tx:
        tx.levels.put(level)
    with world.begin("req_4", LATER) as tx:
        tx.levels.remove(level.key)
    replica = a_world()
    for changes, there in zip(notes, (level, None), strict=True):
        apply(replica, changes)
        with replica.read(LATER) as tx:
            assert tx.levels.get(level.key) == there


def test_each_transaction_that_changes_something_is_one_record_with_its_time(
    world: MemoryPersistence, notes: Notes
) -> None:
    change(world)
    with world.begin("req_3", LATER) as tx:
        tx.orders.get("ord_1")
    with world.read(LATER) as tx:
        tx.orders.remove("ord_1")
    with world.begin("req_4", LATER + timedelta(hours=1)) as tx:
        tx.ledger.extend([Movement(0, LATER, "S0002", "SKU-2", Quantity.ON_HAND, 7, Cause.COUNT, "2", "req_2")])
    assert [changes.now for changes in notes] == [LATER, LATER + timedelta(hours=1)]


def test_what_cannot_be_kept_changes_nothing(world: MemoryPersistence, notes: Notes) -> None:
    before = all_of(world)
    notes.is_full = True
    with pytest.raises(Unavailable):
        change(world)
    assert all_of(world) == before
    notes.is_full = False
    change(world)
    assert all_of(world) != before
    assert len(notes.records) == 1


def test_what_was_due_and_could_not_be_kept_is_due_again(world: MemoryPersistence, notes: Notes) -> None:
    notes.is_full = True
    with pytest.raises(Unavailable):
        take_what_is_due(world)
    assert world.first_due() == LATER
    with world.read(LATER) as tx:
        assert tx.next_due(LATER) == DueEvent(DueKind.SHIP_BY, "ord_1", LATER, 1)


def test_a_fork_writes_into_nobody_s_log(world: MemoryPersistence, notes: Notes) -> None:
    keep(world.fork(), an_order(order_id="ord_7"))
    assert notes.records == []


def test_a_record_that_is_none_is_refused(world: MemoryPersistence) -> None:
    with pytest.raises(msgspec.MsgspecError):
        log.read(b"\x93\x01")
    unknown = log.Changes(NOW, [log.TableChanges("tickets", [], {}, 1)], [])
    with pytest.raises(KeyError):
        apply(MemoryPersistence(SEED, CURRENCY), unknown)
    spoilt = log.Changes(NOW, [log.TableChanges("levels", [], {a_level(1).key: b"\x01"}, 1)], [])
    with pytest.raises(msgspec.MsgspecError):
        apply(world, spoilt)
