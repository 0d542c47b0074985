"""Which worlds the garbage collector looks through."""

import asyncio
import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from sandbox_server.asgi import Receive, Scope, Send
from sandbox_server.control import resting
from sandbox_server.control.beginnings import Beginnings
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.control.resting import Resting
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services.access import Directory
from tests.control.stage import Stage
from tests.middleware.test_pace import nobody_calls, nobody_listens

ROWS = 1_000


@pytest.fixture(autouse=True)
def thaw() -> Iterator[None]:
    """Give back to the collector what is taken away from it."""
    yield
    gc.unfreeze()


@pytest.fixture
def large(built: Stage) -> MemoryPersistence:
    """Return a world that is large enough."""
    return built.world.persistence.fork()


async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answer nothing."""


def is_looked_through(world: MemoryPersistence) -> bool:
    rows = world.columns["levels"].rows
    return any(thing is rows for thing in gc.get_objects())


def test_a_large_world_that_comes_later_is_looked_through_once(large: MemoryPersistence) -> None:
    worlds: list[MemoryPersistence] = []
    rest = Resting(nothing, lambda: worlds, ROWS)
    worlds.append(large)
    assert is_looked_through(large)
    rest.settle()
    assert not is_looked_through(large)


def test_nothing_is_done_for_worlds_that_are_small_or_stay(large: MemoryPersistence) -> None:
    worlds = [large]
    rest = Resting(nothing, lambda: worlds, ROWS)
    worlds.append(MemoryPersistence(1, "USD"))
    frozen = gc.get_freeze_count()
    rest.settle()
    rest.settle()
    assert gc.get_freeze_count() == frozen


def test_a_large_world_that_was_given_up_leaves_memory(large: MemoryPersistence) -> None:
    worlds = [large.fork()]
    worlds[0].__dict__["itself"] = worlds[0]  # only the collector can tell that nobody has it
    rest = Resting(nothing, lambda: worlds, ROWS)
    gc.collect()
    gc.freeze()
    gone = ref(worlds.pop())
    gc.collect()
    assert gone() is not None
    rest.settle()
    assert gone() is None


def test_worlds_are_looked_after_for_as_long_as_the_server_lives(
    large: MemoryPersistence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resting, "_SECONDS", 0)
    worlds: list[MemoryPersistence] = []
    passed_over = asyncio.Event()
    monkeypatch.setattr(gc, "freeze", passed_over.set)

    async def lives(_scope: Scope, _receive: Receive, _send: Send) -> None:
        worlds.append(large)
        await passed_over.wait()

    asyncio.run(asyncio.wait_for(_live(Resting(lives, lambda: worlds, ROWS)), timeout=30))


async def _live(rest: Resting) -> None:
    await rest({"type": "lifespan"}, nobody_calls, nobody_listens)


def test_the_worlds_of_tenants_and_of_their_snapshots_are_those_that_somebody_has(stage: Stage) -> None:
    record = Record(stage.tenant, stage.world.name, stage.world.seed, ())
    registry = Registry(Directory([stage.tenant]), Beginnings(lambda *_: record.standing), record)
    snapshot = registry.take_snapshot(record, "before")
    assert list(registry.worlds()) == [stage.tenant.persistence, snapshot.standing.persistence]
