"""A tenant: its time, its transactions, and the powers it is equipped with."""

from datetime import timedelta

import pytest

from sandbox_server.domain.orders import OrderStatus
from sandbox_server.services.ports import Transaction
from tests.domain.builders import NOW
from tests.services.world import World, a_product

HOUR = timedelta(hours=1)


class Lamp:
    """A power."""


class Horn:
    """Another."""


def test_a_transaction_finds_done_what_is_due() -> None:
    world = World()
    order = world.place()
    world.clock.move_to(NOW + 2 * HOUR)
    assert world.order(order).rerouted is False
    world.do(lambda _: None)
    assert world.order(order).rerouted is True


def test_what_is_due_is_done_also_when_the_call_after_it_fails() -> None:
    world = World()
    order = world.place()
    world.clock.move_to(NOW + 2 * HOUR)

    def fail(tx: Transaction) -> None:
        tx.products.put(a_product("SKU-3"))
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        world.do(fail)
    assert world.order(order).rerouted is True
    assert world.see(lambda tx: tx.products.has("SKU-3")) is False


def test_reading_does_nothing_that_is_due_and_keeps_nothing() -> None:
    world = World()
    world.place()
    world.clock.move_to(NOW + 9 * HOUR)
    before = world.everything()
    world.see(lambda tx: tx.products.put(a_product("SKU-3")))
    assert world.everything() == before


def test_catching_up_tells_how_many_things_were_done() -> None:
    world = World()
    world.place(("SKU-1", 1))
    world.place(("SKU-1", 1))
    assert world.tenant.catch_up(NOW + 2 * HOUR - timedelta(milliseconds=1)) == 0
    assert world.tenant.catch_up(NOW + 2 * HOUR) == 2
    assert world.tenant.catch_up(NOW + 2 * HOUR) == 0


def test_advancing_stops_the_clock_at_each_thing_and_at_the_end() -> None:
    world = World()
    order = world.place()
    seen = [(event.due, world.clock.now(), world.order(order).status) for event in world.tenant.advance(NOW + 5 * HOUR)]
    assert seen == [
        (NOW + 2 * HOUR, NOW + 2 * HOUR, OrderStatus.NEW),
        (NOW + 4 * HOUR, NOW + 4 * HOUR, OrderStatus.CANCELLED),
    ]
    assert world.clock.now() == NOW + 5 * HOUR


def test_advancing_to_the_past_leaves_the_clock_alone() -> None:
    world = World()
    assert list(world.tenant.advance(NOW - HOUR)) == []
    assert world.clock.now() == NOW


def test_advancing_past_what_has_been_due_for_a_while_does_not_turn_the_clock_back() -> None:
    world = World()
    world.place()
    world.clock.move_to(NOW + 3 * HOUR)
    times = [world.clock.now() for _ in world.tenant.advance(NOW + 3 * HOUR)]
    assert times == [NOW + 3 * HOUR]


def test_a_clock_that_has_run_past_what_it_was_to_reach_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.clock.move_to(NOW + timedelta(milliseconds=1))
    monkeypatch.setattr(world.clock, "now", lambda: NOW)  # as it was when somebody looked last
    assert list(world.tenant.advance(NOW)) == []


def test_a_world_can_be_put_in_place_of_another_at_an_earlier_time() -> None:
    world = World()
    kept = world.persistence.fork()
    world.place()
    world.wait(hours=9)
    world.tenant.replace_world(kept, NOW)
    assert world.tenant.persistence is kept
    assert world.tenant.now() == NOW
    assert world.see(lambda tx: tx.orders.count()) == 0


def test_a_power_is_found_by_its_kind_and_a_new_one_takes_the_place_of_an_old() -> None:
    tenant = World().tenant
    lamp, horn, brighter = Lamp(), Horn(), Lamp()
    tenant.equip(lamp, horn)
    assert (tenant.power(Lamp), tenant.power(Horn)) == (lamp, horn)
    tenant.equip(brighter)
    assert tenant.power(Lamp) is brighter
    assert list(tenant.powers) == [brighter, horn]


def test_a_power_that_it_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError):
        World().tenant.power(Lamp)


def test_its_time_passes_as_its_clock_s_does() -> None:
    assert World().tenant.runs is False
