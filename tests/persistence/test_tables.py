"""What a table of one kind of entity promises."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from sandbox_server.domain.events import DueEvent, DueKind
from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.domain.stores import Capability, Store, StoreStatus
from sandbox_server.services.codec import pack
from sandbox_server.services.ports import Persistence, Query, Transaction
from tests.domain.builders import NOW, a_level, a_line, a_store, an_order, rejected, reserved
from tests.persistence.adapters import ids, keep

ONE, TWO, THREE = (an_order(order_id=f"ord_{number}") for number in (1, 2, 3))


def codes(stores: Sequence[Store]) -> tuple[str, ...]:
    return tuple(store.store_id for store in stores)


def statuses(tx: Transaction, status: str) -> list[str]:
    return ids(tx.orders.select(status=status))


def test_what_was_put_is_got_again_equal_in_every_field(world: Persistence) -> None:
    keep(world, ONE)
    with world.read(NOW) as tx:
        assert tx.orders.get("ord_1") == ONE
        assert tx.orders.has("ord_1")


def test_what_was_never_put_is_not_there(world: Persistence) -> None:
    with world.read(NOW) as tx:
        assert tx.orders.get("ord_1") is None
        assert not tx.orders.has("ord_1")
        assert list(tx.orders.select()) == []


def test_many_are_got_in_the_order_they_are_asked_for_with_gaps_for_those_that_are_not_there(
    world: Persistence,
) -> None:
    keep(world, ONE, TWO)
    asked = ("ord_2", "ord_9", "ord_3", "ord_1", "ord_2")
    with world.begin("req_1", NOW) as tx:
        assert tx.orders.get_all(asked) == [TWO, None, None, ONE, TWO]
        tx.orders.remove("ord_1")
        tx.orders.put(THREE)
        assert tx.orders.get_all(asked) == [TWO, None, THREE, None, TWO]
    with world.read(NOW) as tx:
        assert tx.orders.get_all(asked) == [TWO, None, THREE, None, TWO]


@pytest.mark.parametrize("before", ["nothing", "one put", "one removed"])
def test_many_are_put_as_they_would_be_one_by_one(world: Persistence, before: str) -> None:
    keep(world, ONE, TWO)
    changed = replace(ONE, status=OrderStatus.CANCELLED, version=2)
    with world.begin("req_1", NOW) as tx:
        if before == "one put":
            tx.orders.put(TWO)
        if before == "one removed":
            tx.orders.remove("ord_1")
        tx.orders.put_all({"ord_1": changed})
        tx.orders.put_all({"ord_3": THREE, "ord_2": TWO})
        assert tx.orders.get_all(["ord_1", "ord_2", "ord_3"]) == [changed, TWO, THREE]
    with world.read(NOW) as tx:
        found = list(tx.orders.select())
        assert found == ([TWO, changed, THREE] if before == "one removed" else [changed, TWO, THREE])
        assert statuses(tx, "CANCELLED") == ["ord_1"]


def test_due_events_that_are_put_together_are_due(world: Persistence) -> None:
    first, second = (DueEvent(DueKind.STOCK_STALE, store_id, NOW, number) for number, store_id in enumerate("AB", 1))
    with world.begin("req_1", NOW) as tx:
        tx.due.put_all({event.key: event for event in (second, first)})
        assert tx.next_due(NOW) == first
    assert world.first_due() == NOW


def test_putting_an_entity_again_replaces_it_and_keeps_its_place(world: Persistence) -> None:
    keep(world, ONE, TWO)
    changed = replace(ONE, status=OrderStatus.CANCELLED, version=2)
    keep(world, changed)
    with world.read(NOW) as tx:
        assert list(tx.orders.select()) == [changed, TWO]
        assert tx.orders.count() == 2


def test_removing_takes_an_entity_away_and_is_nothing_where_there_is_none(world: Persistence) -> None:
    keep(world, ONE, TWO)
    with world.begin("req_1", NOW) as tx:
        tx.orders.remove("ord_1")
        tx.orders.remove("ord_9")
    with world.read(NOW) as tx:
        assert tx.orders.get("ord_1") is None
        assert not tx.orders.has("ord_1")
        assert ids(tx.orders.select()) == ["ord_2"]
        assert ids(tx.orders.select(status="NEW")) == ["ord_2"]


def test_the_count_is_of_everything_that_was_ever_inserted(world: Persistence) -> None:
    keep(world, ONE, TWO)
    with world.begin("req_1", NOW) as tx:
        assert tx.orders.count() == 2
        tx.orders.remove("ord_2")
        assert tx.orders.count() == 2
        tx.orders.put(replace(ONE, version=2))
        assert tx.orders.count() == 2
        tx.orders.put(THREE)
        assert tx.orders.count() == 3
    with world.read(NOW) as tx:
        assert tx.orders.count() == 3


@pytest.mark.parametrize("together", [True, False])
def test_what_was_removed_and_put_again_is_a_new_entity_at_the_end(world: Persistence, together: bool) -> None:
    keep(world, ONE, TWO)
    with world.begin("req_1", NOW) as tx:
        tx.orders.remove("ord_1")
        if together:
            tx.orders.put(ONE)
            assert ids(tx.orders.select()) == ["ord_2", "ord_1"]
            assert tx.orders.count() == 3
    if not together:
        keep(world, ONE)
    with world.read(NOW) as tx:
        assert ids(tx.orders.select()) == ids(tx.orders.select(status="NEW")) == ["ord_2", "ord_1"]
        assert tx.orders.count() == 3


def test_what_comes_and_goes_in_one_transaction_has_still_been_counted(world: Persistence) -> None:
    with world.begin("req_1", NOW) as tx:
        tx.orders.put(ONE)
        tx.orders.remove("ord_1")
        tx.orders.put(TWO)
        assert tx.orders.count() == 2
    with world.read(NOW) as tx:
        assert tx.orders.count() == 2
        assert ids(tx.orders.select()) == ["ord_2"]
        assert [tx.orders.unpack(row) for row in tx.orders.page(Query()).rows] == [TWO]


def test_equal_entities_are_equal_bytes_and_a_row_is_unpacked_to_its_entity(world: Persistence) -> None:
    keep(world, ONE)
    with world.read(NOW) as tx:
        (row,) = tx.orders.page(Query()).rows
        assert row == pack(an_order(order_id="ord_1"))
        assert tx.orders.unpack(row) == ONE


# Selecting


def test_a_selection_is_in_order_of_creation_whatever_has_changed_since(world: Persistence) -> None:
    keep(world, ONE, TWO, THREE)
    keep(world, replace(TWO, status=OrderStatus.CANCELLED))
    keep(world, replace(ONE, status=OrderStatus.CANCELLED))
    with world.read(NOW) as tx:
        assert statuses(tx, "CANCELLED") == ["ord_1", "ord_2"]
        assert statuses(tx, "NEW") == ["ord_3"]


def test_a_selection_sees_what_its_own_transaction_has_changed_in_order_of_creation(world: Persistence) -> None:
    keep(world, ONE, replace(TWO, status=OrderStatus.CANCELLED))
    with world.begin("req_1", NOW) as tx:
        tx.orders.put(replace(THREE, status=OrderStatus.CANCELLED))
        tx.orders.put(replace(ONE, status=OrderStatus.CANCELLED))
        assert statuses(tx, "CANCELLED") == ["ord_1", "ord_2", "ord_3"]
        assert statuses(tx, "NEW") == []
        tx.orders.remove("ord_2")
        assert statuses(tx, "CANCELLED") == ["ord_1", "ord_3"]


def test_a_selection_by_several_indexes_holds_what_has_all_the_values(world: Persistence) -> None:
    elsewhere = a_line("1", 3, reserved(3, "S0002"))
    keep(world, ONE, an_order(elsewhere, order_id="ord_2"), replace(THREE, status=OrderStatus.CANCELLED))
    with world.read(NOW) as tx:
        assert ids(tx.orders.select(store_id="S0001", status="NEW")) == ["ord_1"]
        assert ids(tx.orders.select(store_id="S0002", status="NEW", service_level="STANDARD")) == ["ord_2"]
        assert ids(tx.orders.select(store_id="S0009")) == []


def test_an_entity_is_found_under_each_of_its_values_and_under_those_it_has_now(world: Persistence) -> None:
    keep(world, ONE)
    keep(world, an_order(a_line("1", 3, rejected(3, "S0001"), reserved(3, "S0002")), order_id="ord_1"))
    with world.read(NOW) as tx:
        assert ids(tx.orders.select(store_id="S0001")) == ids(tx.orders.select(store_id="S0002")) == ["ord_1"]
    keep(world, an_order(a_line("1", 3, reserved(3, "S0002")), order_id="ord_1"))
    with world.read(NOW) as tx:
        assert ids(tx.orders.select(store_id="S0001")) == []
        assert ids(tx.orders.select(store_id="S0002")) == ["ord_1"]


def test_a_selection_may_be_changed_while_it_is_read(world: Persistence) -> None:
    keep(world, ONE, TWO, THREE)
    with world.begin("req_1", NOW) as tx:
        for order in tx.orders.select(status="NEW"):
            tx.orders.put(replace(order, status=OrderStatus.CANCELLED))
        assert statuses(tx, "CANCELLED") == ["ord_1", "ord_2", "ord_3"]


# What is made of all entities


def test_what_is_derived_is_made_of_all_entities_and_again_when_one_changes(world: Persistence) -> None:
    with world.begin("req_1", NOW) as tx:
        tx.stores.put(a_store("S0001"))
        assert tx.stores.derived(codes) == ("S0001",)
        tx.stores.put(a_store("S0002"))
        assert tx.stores.derived(codes) == ("S0001", "S0002")
    with world.read(NOW) as tx:
        assert tx.stores.derived(codes) == ("S0001", "S0002")
    with world.begin("req_2", NOW) as tx:
        assert tx.stores.derived(codes) == ("S0001", "S0002")
        tx.stores.remove("S0001")
        assert tx.stores.derived(codes) == ("S0002",)
    with world.read(NOW) as tx:
        assert tx.stores.derived(codes) == ("S0002",)


def test_what_was_derived_from_changes_that_were_undone_is_not_seen_again(world: Persistence) -> None:
    with world.begin("req_1", NOW) as tx:
        tx.stores.put(a_store("S0001"))
    with world.read(NOW) as tx:
        tx.stores.put(a_store("S0002"))
        assert tx.stores.derived(codes) == ("S0001", "S0002")
    with world.read(NOW) as tx:
        assert tx.stores.derived(codes) == ("S0001",)


def test_indexes_hold_an_entity_once_even_where_it_names_a_value_twice(world: Persistence) -> None:
    twice = (Capability.SAME_DAY, Capability.SAME_DAY)
    with world.begin("req_1", NOW) as tx:
        tx.stores.put(a_store("S0001", capabilities=twice))
    with world.begin("req_2", NOW) as tx:
        assert len(tx.stores.page(Query(where={"capability": "SAME_DAY"})).rows) == 1
        assert len(list(tx.stores.select(capability="SAME_DAY"))) == 1
        tx.stores.put(a_store("S0001", capabilities=(), status=StoreStatus.PAUSED))
    with world.read(NOW) as tx:
        assert tx.stores.page(Query(where={"capability": "SAME_DAY"})).rows == []
        assert codes(list(tx.stores.select(status="PAUSED"))) == ("S0001",)


def test_every_kind_of_entity_has_a_table_of_its_own(world: Persistence) -> None:
    keep(world, ONE)
    with world.read(NOW) as tx:
        others = (tx.stores, tx.products, tx.levels, tx.loads, tx.shipments, tx.returns, tx.events, tx.due)
        assert [table.count() for table in others] == [0] * 8
        assert [table.count() for table in (tx.credentials, tx.tokens, tx.replays)] == [0] * 3
        assert isinstance(tx.orders.get("ord_1"), Order)
        with pytest.raises(AttributeError):
            tx.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_stock_is_read_as_it_was_written_last_however_much_was_written(world: Persistence) -> None:
    levels = [replace(a_level(1, 2, 3), sku=f"SKU-{number}") for number in range(5_000)]
    with world.begin("req_1", NOW) as tx:
        tx.levels.put_all({level.key: level for level in levels})
    first, second, last = levels[0], levels[1], levels[-1]
    with world.begin("req_2", NOW) as tx:
        tx.levels.put(replace(first, on_hand=9))
        tx.levels.remove(second.key)
        tx.levels.put(replace(last, on_hand=8))
    with world.read(NOW) as tx:
        tx.levels.put(replace(last, on_hand=7))  # and forgotten
    with world.read(NOW) as tx:
        keys = [first.key, second.key, last.key]
        assert tx.levels.get_all(keys) == [replace(first, on_hand=9), None, replace(last, on_hand=8)]
        assert [tx.levels.get(key) for key in keys] == tx.levels.get_all(keys)
        rows = map(tx.levels.unpack, tx.levels.page(Query(limit=5_000)).rows)
        assert list(rows) == list(tx.levels.select())
