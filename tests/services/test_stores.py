"""The chain's shops: opened once, changed by version."""

from datetime import timedelta

import pytest

from sandbox_server.domain.errors import Duplicate, NotFound, StaleVersion
from sandbox_server.domain.orders import AllocationStatus, promises
from sandbox_server.domain.stores import StoreStatus
from sandbox_server.services import stores
from tests.domain.builders import NOW
from tests.services.world import FAR, MIDDLE, NEAR, World, a_shop


def test_a_store_is_opened_once() -> None:
    world = World({}, [a_shop(NEAR)])
    opened = world.do(stores.create, a_shop(FAR))
    assert world.see(lambda tx: stores.get(tx, FAR)) == opened
    before = world.everything()
    with pytest.raises(Duplicate):
        world.do(stores.create, a_shop(FAR, name="Another"))
    assert world.everything() == before


def test_a_store_that_there_is_not_is_neither_found_nor_changed() -> None:
    world = World()
    with pytest.raises(NotFound):
        world.see(lambda tx: stores.get(tx, "S9999"))
    with pytest.raises(NotFound):
        world.do(stores.update, "S9999", {"name": "Nowhere"}, None)


def test_a_change_makes_the_next_version_and_leaves_the_rest() -> None:
    world = World()
    before = world.see(lambda tx: stores.get(tx, NEAR))
    world.wait(minutes=5)
    changed = world.do(stores.update, NEAR, {"name": "Acorn Broadway", "safety_stock": 3}, [1])
    assert world.see(lambda tx: stores.get(tx, NEAR)) == changed
    assert (changed.name, changed.safety_stock, changed.version) == ("Acorn Broadway", 3, 2)
    assert (changed.updated_at, changed.created_at) == (NOW + timedelta(minutes=5), before.created_at)
    assert changed.address == before.address


@pytest.mark.parametrize("versions", [[1], [7, 1], None])
def test_a_version_that_is_meant_or_none_at_all_lets_a_change_pass(versions: list[int] | None) -> None:
    assert World().do(stores.update, NEAR, {"name": "Acorn"}, versions).version == 2


@pytest.mark.parametrize("versions", [[2], []])
def test_a_store_that_has_changed_since_is_not_changed(versions: list[int]) -> None:
    world = World()
    before = world.everything()
    with pytest.raises(StaleVersion):
        world.do(stores.update, NEAR, {"name": "Acorn"}, versions)
    assert world.everything() == before


def test_a_store_that_was_paused_gives_nothing_up_when_it_closes() -> None:
    world = World()
    world.do(stores.update, NEAR, {"status": StoreStatus.PAUSED}, None)
    before = world.events()
    world.do(stores.update, NEAR, {"status": StoreStatus.CLOSED}, None)
    assert world.events() == before


def test_a_store_that_stays_active_keeps_its_orders() -> None:
    world = World()
    order = world.place()
    world.do(stores.update, NEAR, {"name": "Acorn"}, None)
    assert world.order(order) == order


def test_an_order_that_a_store_gave_up_is_offered_elsewhere() -> None:
    world = World()
    order = world.place()
    world.do(stores.update, NEAR, {"status": StoreStatus.CLOSED}, None)
    held = promises(world.order(order), AllocationStatus.RESERVED)
    assert [promise.store_id for promise in held] == [MIDDLE]
    assert world.stock(NEAR) == (10, 0, 0)
