"""Every fixture that comes with the sandbox makes a world in which everything holds."""

from datetime import timedelta

import pytest

from sandbox_server.resources import fixture_path
from sandbox_server.services.ports import Query
from sandbox_server.worlds.builder import build
from sandbox_server.worlds.reading import read_fixture
from tests.auditing import audit
from tests.worlds.scaling import quiet, scaled

NAMES = sorted(path.stem for path in fixture_path(".").glob("*.yaml"))
DIVISORS = {"regional_chain": 10, "peak_day": 200}


def test_there_are_three_worlds_to_work_in_and_one_to_be_judged_in() -> None:
    assert NAMES == ["peak_day", "proving_ground", "regional_chain", "small_chain"]


@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_makes_a_world_whose_audit_holds_and_in_which_nothing_is_overdue(name: str) -> None:
    fixture = scaled(read_fixture(name).fixture, DIVISORS.get(name, 1))
    persistence = build(fixture, fixture.seed, quiet)
    with persistence.read(fixture.now) as tx:
        assert audit(tx) == []
        assert tx.next_due(fixture.now) is None
        assert sum(fixture.history.orders.values()) == tx.orders.count()
        assert all(order.placed_at < fixture.now for order in tx.orders.select())


@pytest.mark.parametrize("name", NAMES)
def test_a_ledger_rises_in_time_and_begins_with_the_history(name: str) -> None:
    fixture = scaled(read_fixture(name).fixture, 500)
    with build(fixture, fixture.seed, quiet).read(fixture.now) as tx:
        movements, _ = tx.ledger.page(Query(limit=1_000_000))
    times = [movement.at for movement in movements]
    assert times == sorted(times)
    assert times[0] == fixture.now - timedelta(days=fixture.history.days)


@pytest.mark.parametrize(
    ("name", "stores", "products", "per_store", "orders"),
    [
        ("small_chain", 5, 60, 42, 120),
        ("regional_chain", 60, 2_000, 600, 5_000),
        ("peak_day", 400, 10_000, 1_000, 100_000),
    ],
)
def test_a_fixture_is_as_large_as_its_name_promises(
    name: str, stores: int, products: int, per_store: int, orders: int
) -> None:
    fixture = read_fixture(name).fixture
    assert fixture.stores.count == stores
    assert fixture.catalogue.products == products
    assert fixture.stock.products_per_store == per_store
    assert sum(fixture.history.orders.values()) == orders


def test_a_regional_chain_has_stores_in_several_time_zones() -> None:
    fixture = scaled(read_fixture("regional_chain").fixture, 500)
    with build(fixture, fixture.seed, quiet).read(fixture.now) as tx:
        zones = {store.time_zone for store in tx.stores.select()}
    assert zones >= {"America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles"}
