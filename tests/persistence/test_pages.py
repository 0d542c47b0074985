"""A list is read page by page while it changes: nothing that matched at the start is skipped or comes twice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sandbox_server.domain.events import Event, EventType
from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.services.ports import OPEN_WINDOW, Persistence, Query, Window
from sandbox_server.traffic.credentials import Credential
from tests.domain.builders import NOW, a_line, a_return, a_shipment, an_order, reserved
from tests.persistence.adapters import Adapter, after, ids, keep, look, walk

STATUSES = (OrderStatus.NEW, OrderStatus.ACKNOWLEDGED, OrderStatus.CANCELLED)
LEVELS = (ServiceLevel.STANDARD, ServiceLevel.EXPEDITED)
STORES = ("S0001", "S0002", "S0003")


def made(number: int, at: float = 0, **changes: object) -> Order:
    when = after(at)
    return replace(an_order(order_id=f"ord_{number}"), placed_at=when, updated_at=when, **changes)


def pages_of(world: Persistence, **query: object) -> list[list[str]]:
    return walk(world, Query(**query))  # type: ignore[arg-type]


def test_an_empty_list_is_one_empty_page(world: Persistence) -> None:
    assert pages_of(world) == [[]]
    assert pages_of(world, where={"status": "NEW"}) == [[]]


def test_pages_are_in_order_of_creation_and_the_last_one_says_so(world: Persistence) -> None:
    keep(world, *map(made, range(1, 6)))
    keep(world, replace(made(1), version=2))
    assert pages_of(world, limit=2) == [["ord_1", "ord_2"], ["ord_3", "ord_4"], ["ord_5"]]


@pytest.mark.parametrize("limit", [1, 5, 6])
def test_a_page_that_holds_the_rest_leads_nowhere(world: Persistence, limit: int) -> None:
    keep(world, *map(made, range(1, 6)))
    assert len(pages_of(world, limit=limit)) == {1: 5, 5: 1, 6: 1}[limit]


def test_a_list_is_narrowed_by_every_index_that_is_named(world: Persistence) -> None:
    express = ServiceLevel.EXPEDITED
    keep(
        world,
        made(1),
        made(2, service_level=express),
        made(3, service_level=express, status=OrderStatus.CANCELLED),
        made(4, service_level=express, lines=(a_line("1", 3, reserved(3, "S0002")),)),
    )
    assert pages_of(world, where={"service_level": "EXPEDITED"}) == [["ord_2", "ord_3", "ord_4"]]
    assert pages_of(world, where={"service_level": "EXPEDITED", "status": "NEW"}) == [["ord_2", "ord_4"]]
    assert pages_of(world, where={"service_level": "EXPEDITED", "status": "NEW", "store_id": "S0002"}) == [["ord_4"]]
    assert pages_of(world, where={"service_level": "SAME_DAY", "status": "NEW"}) == [[]]


# Windows


@pytest.mark.parametrize("which", ["updated", "created"])
@pytest.mark.parametrize(
    ("window", "found"),
    [
        (Window(after(1), None), [2, 3]),
        (Window(after(1.001), None), [3]),
        (Window(after(0.999), None), [2, 3]),
        (Window(None, after(1)), [1]),
        (Window(None, after(1.001)), [1, 2]),
        (Window(None, after(0.999)), [1]),
        (Window(after(1), after(2)), [2]),
        (Window(after(0), after(2.001)), [1, 2, 3]),
        (Window(after(1), after(1)), []),
        (Window(after(2), after(1)), []),
        (Window(after(3), None), []),
        (Window(None, after(0)), []),
        (Window(datetime.min.replace(tzinfo=NOW.tzinfo), datetime.max.replace(tzinfo=NOW.tzinfo)), [1, 2, 3]),
        (Window(datetime.max.replace(tzinfo=NOW.tzinfo), None), []),
        (Window(None, datetime.min.replace(tzinfo=NOW.tzinfo)), []),
    ],
)
def test_a_window_begins_with_its_first_millisecond_and_ends_before_its_last(
    world: Persistence, which: str, window: Window, found: list[int]
) -> None:
    keep(world, made(1, 0), made(2, 1), made(3, 2))
    expected = [f"ord_{number}" for number in found]
    assert pages_of(world, **{which: window}) == [expected]
    assert pages_of(world, **{which: window}, where={"status": "NEW"}) == [expected]
    assert pages_of(world, **{which: window}, where={"status": "NEW", "store_id": "S0001"}) == [expected]


def test_what_has_changed_moves_into_the_window_of_its_last_change(world: Persistence) -> None:
    keep(world, made(1), made(2), made(3))
    keep(world, replace(made(2), updated_at=after(5), status=OrderStatus.CANCELLED))
    keep(world, replace(made(1), updated_at=after(6)))
    assert pages_of(world, updated=Window(after(5), None)) == [["ord_1", "ord_2"]]
    assert pages_of(world, updated=Window(after(5), None), where={"status": "NEW"}) == [["ord_1"]]
    assert pages_of(world, updated=Window(None, after(6))) == [["ord_2", "ord_3"]]
    assert pages_of(world, created=Window(after(1), None)) == [[]]


def test_what_changes_together_is_in_the_window_of_its_own_change(world: Persistence) -> None:
    keep(world, made(1), made(2), made(3))
    keep(world, *(replace(made(number), updated_at=after(number + 4)) for number in (3, 1, 2)))
    assert pages_of(world, updated=Window(after(6), None)) == [["ord_2", "ord_3"]]
    assert pages_of(world, updated=Window(None, after(6))) == [["ord_1"]]


def test_windows_of_both_kinds_and_filters_are_taken_together(world: Persistence) -> None:
    keep(world, *(made(number, number) for number in range(1, 9)))
    keep(world, replace(made(3, 3), updated_at=after(20)), replace(made(6, 6), updated_at=after(20)))
    keep(world, replace(made(5, 5), updated_at=after(20), status=OrderStatus.CANCELLED))
    recent = {"updated": Window(after(20), None), "created": Window(after(4), after(7))}
    assert pages_of(world, **recent) == [["ord_5", "ord_6"]]
    assert pages_of(world, **recent, where={"status": "NEW"}) == [["ord_6"]]
    assert pages_of(world, **recent, where={"status": "NEW", "store_id": "S0002"}) == [[]]


def test_what_bears_no_date_is_in_no_window(world: Persistence) -> None:
    with world.begin("req_1", NOW) as tx:
        tx.credentials.put(Credential("acorn-sandbox", "", "", ()))
    early = Window(after(-1), None)
    with world.read(NOW) as tx:
        assert len(tx.credentials.page(Query()).rows) == 1
        assert tx.credentials.page(Query(updated=early)).rows == []
        assert tx.credentials.page(Query(created=early)).rows == []


def test_events_are_found_by_their_type_and_by_when_they_happened(world: Persistence) -> None:
    for number, kind in enumerate((EventType.ORDER_CREATED, EventType.ORDER_LATE, EventType.ORDER_CREATED)):
        with world.begin("req_1", after(number)) as tx:
            tx.events.put(Event(f"evt_{number}", kind, after(number), "ord_1", "req_1"))
    with world.read(after(3)) as tx:
        for query, expected in (
            (Query(where={"type": "order.created"}), ["evt_0", "evt_2"]),
            (Query(updated=Window(after(1), None)), ["evt_1", "evt_2"]),
            (Query(updated=Window(None, after(2)), where={"type": "order.created"}), ["evt_0"]),
        ):
            assert [tx.events.unpack(row).event_id for row in tx.events.page(query).rows] == expected


def test_shipments_and_returns_are_found_by_what_their_lists_are_asked_for(world: Persistence) -> None:
    with world.begin("req_1", NOW) as tx:
        tx.shipments.put(a_shipment())
        tx.returns.put(a_return())
    with world.read(NOW) as tx:
        for where in ({"order_id": "ord_1"}, {"store_id": "S0001"}, {"status": "LABELLED"}):
            assert len(tx.shipments.page(Query(where=where)).rows) == 1
        for where in ({"order_id": "ord_1"}, {"store_id": "S0001"}, {"status": "AUTHORISED"}):
            assert len(tx.returns.page(Query(where=where)).rows) == 1
        assert tx.returns.page(Query(where={"store_id": "S0002"})).rows == []


# Walks while the world changes


def test_what_is_inserted_during_a_walk_comes_at_its_end(world: Persistence) -> None:
    keep(world, *map(made, range(1, 4)))
    numbers = iter(range(4, 6))
    pages = walk(world, Query(limit=2), lambda: keep(world, *(made(number) for number in [*numbers][:1])))
    assert [order_id for page in pages for order_id in page] == ["ord_1", "ord_2", "ord_3", "ord_4"]


def test_what_is_changed_or_removed_during_a_walk_moves_nothing_else(world: Persistence) -> None:
    keep(world, *map(made, range(1, 8)))
    page, first = look(world, Query(), 0)
    page, first = look(world, Query(limit=3), 0)
    assert first == ["ord_1", "ord_2", "ord_3"]
    with world.begin("req_1", NOW) as tx:
        for gone in ("ord_1", "ord_3", "ord_5"):
            tx.orders.remove(gone)
        tx.orders.put(replace(made(4), updated_at=after(9), version=2))
    assert page.next_position is not None
    assert look(world, Query(limit=3), page.next_position)[1] == ["ord_4", "ord_6", "ord_7"]


@dataclass
class Model:
    """A list as one would keep it by hand: everything in the order in which it came."""

    orders: dict[str, Order] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    born: int = 0

    def put(self, order: Order) -> None:
        if order.order_id not in self.orders:
            self.born += 1
            self.places[order.order_id] = self.born
        self.orders[order.order_id] = order

    def matching(self, query: Query) -> list[str]:
        found = [order for order in self.orders.values() if matches(order, query)]
        return sorted(ids(found), key=self.places.__getitem__)

    def page(self, query: Query, after_place: int) -> list[str]:
        return [order_id for order_id in self.matching(query) if self.places[order_id] > after_place][: query.limit]


def matches(order: Order, query: Query) -> bool:
    values: Mapping[str, list[str]] = {
        "status": [order.status],
        "service_level": [order.service_level],
        "store_id": order.store_ids,
    }
    in_windows = inside(order.updated_at, query.updated) and inside(order.placed_at, query.created)
    return in_windows and all(value in values[name] for name, value in query.where.items())


def inside(at: datetime, window: Window) -> bool:
    return (window.after is None or window.after <= at) and (window.before is None or at < window.before)


moments = st.integers(-1, 30).map(after) | st.integers(-1000, 30_000).map(lambda ms: NOW + timedelta(microseconds=ms))
windows = st.just(OPEN_WINDOW) | st.builds(Window, st.none() | moments, st.none() | moments)
filters = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(STATUSES).map(str),
        "service_level": st.sampled_from(LEVELS).map(str),
        "store_id": st.sampled_from(STORES),
    },
)
queries = st.builds(Query, where=filters, updated=windows, created=windows, limit=st.integers(1, 3))
shapes = st.tuples(st.sampled_from(STATUSES), st.lists(st.sampled_from(STORES), max_size=3))
changes = st.one_of(
    st.tuples(st.just("insert"), shapes, st.sampled_from(LEVELS)),
    st.tuples(st.just("change"), shapes, st.integers(0, 40)),
    st.tuples(st.just("remove"), st.none(), st.integers(0, 40)),
    st.tuples(st.just("wait"), st.none(), st.integers(1, 5)),
)
bursts = st.lists(changes, max_size=4)


Burst = Sequence[tuple[str, tuple[OrderStatus, list[str]] | None, ServiceLevel | int]]


class Player:
    """Does the same to a world and to its model."""

    def __init__(self, world: Persistence) -> None:
        self.world = world
        self.model = Model()
        self.now = NOW

    def play(self, burst: Burst) -> None:
        with self.world.begin("req_1", self.now) as tx:
            for kind, shape, choice in burst:
                if kind == "wait":
                    assert isinstance(choice, int)
                    self.now += timedelta(milliseconds=choice)
                elif kind == "insert":
                    assert isinstance(choice, ServiceLevel)
                    number = self.model.born + 1
                    born = replace(made(number), placed_at=self.now, service_level=choice)
                    self._keep(tx.orders.put, born, shape)
                elif self.model.orders:
                    assert isinstance(choice, int)
                    chosen = list(self.model.orders.values())[choice % len(self.model.orders)]
                    if kind == "remove":
                        tx.orders.remove(chosen.order_id)
                        del self.model.orders[chosen.order_id]
                    else:
                        self._keep(tx.orders.put, chosen, shape)

    def _keep(self, put: Callable[[Order], None], order: Order, shape: tuple[OrderStatus, list[str]] | None) -> None:
        assert shape is not None
        status, stores = shape
        lines = tuple(a_line(str(number), 1, reserved(1, store)) for number, store in enumerate(stores, 1))
        changed = replace(order, status=status, lines=lines, updated_at=self.now)
        put(changed)
        self.model.put(changed)


@given(before=st.lists(bursts, max_size=6), query=queries, between=st.lists(bursts, max_size=8))
def test_a_walk_through_a_changing_list_is_that_of_a_list_kept_by_hand(
    adapter: Adapter,
    before: list[Burst],
    query: Query,
    between: list[Burst],
) -> None:
    player = Player(adapter())
    model = player.model
    for burst in before:
        player.play(burst)
    steady = set(model.matching(query))
    bursts_between = iter(between)
    seen: list[str] = []
    position: int | None = 0
    place = 0
    while position is not None:
        page, found = look(player.world, query, position)
        assert found == model.page(query, place)
        if found:
            place = model.places[found[-1]]
        assert (page.next_position is not None) == bool(model.page(query, place))
        seen += found
        position = page.next_position
        if position is not None:
            player.play(next(bursts_between, []))
            steady &= set(model.matching(query))
    assert len(seen) == len(set(seen))
    assert steady <= set(seen)
    with player.world.read(NOW) as tx:
        assert ids(tx.orders.select(**query.where)) == model.matching(Query(where=query.where))
