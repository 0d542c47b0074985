"""All of what a transaction writes, or none of it."""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from sandbox_server.domain.events import DueEvent, DueKind
from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.services.ports import Persistence, Query, Transaction
from tests.domain.builders import LATER, NOW, a_level, a_store, an_order
from tests.persistence.adapters import CURRENCY, SEED, Adapter, ids, keep

ORDER = an_order(order_id="ord_1")
MOVEMENT = Movement(0, NOW, "S0001", "SKU-1", Quantity.ON_HAND, 10, Cause.REPORT, "1", "req_1")
DUE = DueEvent(DueKind.SHIP_BY, "ord_1", LATER, 1)
FAR_AHEAD = NOW + timedelta(days=400)


class PowerCutError(Exception):
    """Nothing that a service raises."""


def write_everywhere(tx: Transaction) -> None:
    tx.orders.put(replace(ORDER, status=OrderStatus.CANCELLED))
    tx.orders.put(an_order(order_id="ord_2"))
    tx.stores.remove("S0001")
    tx.levels.put(a_level(10))
    tx.ledger.extend([MOVEMENT])
    tx.due.remove(DUE.key)
    tx.due.put(DueEvent(DueKind.CANCEL_LATE, "ord_1", LATER, 2))
    tx.next_due(FAR_AHEAD)


def write_and_fail(opened: AbstractContextManager[Transaction], error: BaseException) -> None:
    with opened as tx:
        write_everywhere(tx)
        raise error


def write(opened: AbstractContextManager[Transaction], too_large: Order) -> None:
    with opened as tx:
        write_everywhere(tx)
        tx.orders.put(too_large)


@pytest.fixture
def kept(world: Persistence) -> Persistence:
    with world.begin("req_0", NOW) as tx:
        tx.orders.put(ORDER)
        tx.stores.put(a_store("S0001"))
        tx.due.put(DUE)
    return world


def assert_nothing_has_changed(world: Persistence) -> None:
    with world.read(NOW) as tx:
        assert list(tx.orders.select()) == [ORDER]
        assert ids(tx.orders.select(status="NEW")) == ["ord_1"]
        assert len(tx.orders.page(Query()).rows) == 1
        assert tx.orders.count() == 1
        assert tx.stores.has("S0001")
        assert tx.levels.count() == 0
        assert tx.ledger.page(Query()) == ([], None)
        assert list(tx.ledger.walk()) == []
        assert tx.next_due(FAR_AHEAD) == DUE
        assert [event.key for event in tx.due.select()] == [DUE.key]


def test_a_transaction_knows_its_time_its_cause_and_its_world(world: Persistence) -> None:
    with world.begin("req_1", LATER) as tx:
        assert (tx.now, tx.cause, tx.seed, tx.currency) == (LATER, "req_1", SEED, CURRENCY)
    with world.read(NOW) as tx:
        assert (tx.now, tx.seed, tx.currency) == (NOW, SEED, CURRENCY)


def test_a_transaction_sees_its_own_writes_at_once(world: Persistence) -> None:
    with world.begin("req_1", NOW) as tx:
        tx.orders.put(ORDER)
        assert tx.orders.get("ord_1") == ORDER
        assert tx.orders.has("ord_1")
        assert list(tx.orders.select(status="NEW")) == [ORDER]
        tx.orders.remove("ord_1")
        assert tx.orders.get("ord_1") is None
        assert not tx.orders.has("ord_1")


def test_pages_and_the_ledger_show_what_is_committed(world: Persistence) -> None:
    with world.begin("req_1", NOW) as tx:
        tx.orders.put(ORDER)
        tx.ledger.extend([MOVEMENT])
        assert tx.orders.page(Query()).rows == []
        assert tx.ledger.page(Query()) == ([], None)
        assert list(tx.ledger.walk()) == []
    with world.read(NOW) as tx:
        assert len(tx.orders.page(Query()).rows) == 1
        assert tx.ledger.page(Query()) == ([replace(MOVEMENT, number=1)], None)


def test_what_is_committed_is_seen_by_the_next_transaction(kept: Persistence) -> None:
    with kept.begin("req_1", NOW) as tx:
        write_everywhere(tx)
    with kept.read(NOW) as tx:
        assert [order.status for order in tx.orders.select()] == ["CANCELLED", "NEW"]
        assert not tx.stores.has("S0001")
        assert tx.levels.get("S0001/SKU-1") == a_level(10)
        assert [movement.delta for movement in tx.ledger.walk()] == [10]
        event = tx.next_due(FAR_AHEAD)
        assert event is not None
        assert event.kind is DueKind.CANCEL_LATE


@pytest.mark.parametrize("raised", [PowerCutError, KeyboardInterrupt])
def test_a_transaction_that_ends_with_an_exception_is_undone(kept: Persistence, raised: type[BaseException]) -> None:
    with pytest.raises(raised):
        write_and_fail(kept.begin("req_1", NOW), raised())
    assert_nothing_has_changed(kept)


def test_a_transaction_to_read_changes_nothing_even_if_it_writes(kept: Persistence) -> None:
    with kept.read(NOW) as tx:
        write_everywhere(tx)
    assert_nothing_has_changed(kept)


def test_a_transaction_to_read_that_fails_changes_nothing_either(kept: Persistence) -> None:
    with pytest.raises(PowerCutError):
        write_and_fail(kept.read(NOW), PowerCutError())
    assert_nothing_has_changed(kept)


def test_a_commit_that_fails_writes_nothing_at_all(kept: Persistence) -> None:
    with pytest.raises(OverflowError):
        write(kept.begin("req_1", NOW), too_large=replace(an_order(order_id="ord_3"), version=1 << 70))
    assert_nothing_has_changed(kept)


def test_a_world_goes_on_after_what_was_undone(kept: Persistence) -> None:
    with pytest.raises(PowerCutError):
        write_and_fail(kept.begin("req_1", NOW), PowerCutError())
    keep(kept, an_order(order_id="ord_2"))
    with kept.read(NOW) as tx:
        assert ids(tx.orders.select()) == ["ord_1", "ord_2"]
        assert tx.orders.count() == 2


def test_two_worlds_of_one_adapter_share_nothing(adapter: Adapter, kept: Persistence) -> None:
    other = adapter()
    with other.begin("req_1", NOW) as tx:
        write_everywhere(tx)
    assert_nothing_has_changed(kept)
