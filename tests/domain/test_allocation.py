"""Which store serves which line: everything or nothing, never more than there is, the nearest first."""

from collections import Counter, defaultdict

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from sandbox_server.domain.allocation import Availability, Demand, Share, allocate, rank
from sandbox_server.domain.stores import Store
from sandbox_server.kernel.geo import Location
from tests.domain.builders import a_store

NEAR, FAR, FARTHEST = a_store("S0001"), a_store("S0002"), a_store("S0003")
RANKED = (NEAR, FAR, FARTHEST)

Stock = dict[tuple[str, str], int]


def having(stock: Stock) -> Availability:
    return lambda store, sku: stock.get((store.store_id, sku), 0)


def told(shares: list[Share] | None) -> list[tuple[str, int, str]] | None:
    if shares is None:
        return None
    return [(share.line_id, share.quantity, share.store.store_id) for share in shares]


def test_stores_are_ranked_by_distance_then_by_code() -> None:
    newark, philadelphia, boston = Location(40.7357, -74.1724), Location(39.9526, -75.1652), Location(42.3601, -71.0589)
    stores = [
        a_store("S0004", location=boston),
        a_store("S0003", location=newark),
        a_store("S0001", location=philadelphia),
        a_store("S0002", location=newark),
    ]
    manhattan = Location(40.7831, -73.9712)
    assert [store.store_id for store in rank(stores, manhattan)] == ["S0002", "S0003", "S0001", "S0004"]
    assert rank(reversed(stores), manhattan) == rank(stores, manhattan)


def test_the_shorter_way_over_the_date_line_counts() -> None:
    fiji, samoa = a_store("S0001", location=Location(-18.1, 178.4)), a_store("S0002", location=Location(-13.8, -171.8))
    assert rank([samoa, fiji], Location(-17.0, -179.9)) == (fiji, samoa)


TWO_LINES = [Demand("1", "A", 2), Demand("2", "B", 1)]


@pytest.mark.parametrize(
    ("demands", "stock", "shares"),
    [
        pytest.param(
            TWO_LINES,
            {("S0001", "A"): 2, ("S0001", "B"): 1, ("S0002", "A"): 9, ("S0002", "B"): 9},
            [("1", 2, "S0001"), ("2", 1, "S0001")],
            id="the nearest has it all, to the last unit",
        ),
        pytest.param(
            TWO_LINES,
            {("S0001", "A"): 2, ("S0002", "A"): 2, ("S0002", "B"): 1, ("S0003", "A"): 9, ("S0003", "B"): 9},
            [("1", 2, "S0002"), ("2", 1, "S0002")],
            id="one store that has it all is better than two nearer ones",
        ),
        pytest.param(
            TWO_LINES,
            {("S0001", "B"): 1, ("S0002", "A"): 2, ("S0003", "A"): 2},
            [("1", 2, "S0002"), ("2", 1, "S0001")],
            id="each line whole from the nearest that has it, where none has all",
        ),
        pytest.param(
            [Demand("1", "A", 5)],
            {("S0001", "A"): 2, ("S0002", "A"): 1, ("S0003", "A"): 4},
            [("1", 2, "S0001"), ("1", 1, "S0002"), ("1", 2, "S0003")],
            id="a line is split, nearest first, where none has the whole of it",
        ),
        pytest.param(
            [Demand("1", "A", 3)],
            {("S0001", "A"): 2, ("S0003", "A"): 4},
            [("1", 3, "S0003")],
            id="a line is not split where a far store has the whole of it",
        ),
        pytest.param(
            [Demand("1", "A", 3), Demand("2", "B", 1)],
            {("S0001", "A"): 2, ("S0001", "B"): 1, ("S0003", "A"): 3},
            [("1", 3, "S0003"), ("2", 1, "S0001")],
            id="nor where a far store has exactly the whole of it",
        ),
        pytest.param(
            [Demand("1", "A", 3)],
            {("S0001", "A"): 2, ("S0002", "A"): 0, ("S0003", "A"): 2},
            [("1", 2, "S0001"), ("1", 1, "S0003")],
            id="a store that has none gets no part",
        ),
        pytest.param(
            [Demand("1", "A", 3), Demand("2", "A", 3)],
            {("S0001", "A"): 4, ("S0002", "A"): 2},
            [("1", 3, "S0001"), ("2", 1, "S0001"), ("2", 2, "S0002")],
            id="two lines of one SKU share what there is of it",
        ),
        pytest.param(
            [Demand("1", "A", 3), Demand("2", "A", 3)],
            {("S0001", "A"): 5, ("S0002", "A"): 6},
            [("1", 3, "S0002"), ("2", 3, "S0002")],
            id="a store has it all only when it has the sum of the lines",
        ),
        pytest.param([Demand("1", "A", 5)], {("S0001", "A"): 2, ("S0002", "A"): 2}, None, id="too little in all"),
        pytest.param(
            TWO_LINES, {("S0001", "A"): 9, ("S0002", "A"): 9}, None, id="nothing is served where one line cannot be"
        ),
        pytest.param(TWO_LINES, {}, None, id="nothing anywhere"),
    ],
)
def test_shares_are_given_to_as_few_and_near_stores_as_can_be(
    demands: list[Demand], stock: Stock, shares: list[tuple[str, int, str]] | None
) -> None:
    assert told(allocate(demands, RANKED, having(stock))) == shares


def test_one_unit_that_nobody_has_is_asked_for_once_in_each_store() -> None:
    asked: list[str] = []

    def none(store: Store, _: str) -> int:
        asked.append(store.store_id)
        return 0

    assert allocate([Demand("1", "A", 1)], RANKED, none) is None
    assert asked == [store.store_id for store in RANKED]


def test_without_stores_nothing_is_served() -> None:
    assert allocate(TWO_LINES, (), having({})) is None


stores = st.integers(0, 5).map(lambda count: tuple(a_store(f"S000{number}") for number in range(count)))
skus = st.sampled_from("ABC")
orders = st.lists(st.tuples(skus, st.integers(1, 6)), min_size=1, max_size=4).map(
    lambda items: [Demand(str(place), sku, quantity) for place, (sku, quantity) in enumerate(items, 1)]
)
positions = [(f"S000{number}", sku) for number in range(5) for sku in "ABC"]
stocks = st.lists(st.integers(0, 6), min_size=len(positions), max_size=len(positions)).map(
    lambda counts: dict(zip(positions, counts, strict=True))
)


def sums(demands: list[Demand]) -> Counter[str]:
    wanted: Counter[str] = Counter()
    for demand in demands:
        wanted[demand.sku] += demand.quantity
    return wanted


@given(orders, stores, stocks)
def test_an_order_is_served_whole_or_not_at_all_and_never_beyond_what_there_is(
    demands: list[Demand], ranked: tuple[Store, ...], stock: Stock
) -> None:
    available = having(stock)
    shares = allocate(demands, ranked, available)
    enough = all(sum(available(store, sku) for store in ranked) >= want for sku, want in sums(demands).items())
    event(f"enough: {enough}")
    assert (shares is not None) is enough
    served: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for share in shares or ():
        assert share.quantity > 0
        served[share.line_id, share.sku] += share.quantity
        taken[share.store.store_id, share.sku] += share.quantity
    assert shares is None or served == {(demand.line_id, demand.sku): demand.quantity for demand in demands}
    assert all(units <= stock[position] for position, units in taken.items())


@given(orders, stores, stocks)
def test_the_nearest_store_that_has_it_all_gets_it_all(
    demands: list[Demand], ranked: tuple[Store, ...], stock: Stock
) -> None:
    available = having(stock)
    able = [store for store in ranked if all(available(store, sku) >= want for sku, want in sums(demands).items())]
    shares = allocate(demands, ranked, available) or []
    if able:
        assert {share.store.store_id for share in shares} == {able[0].store_id}
    else:
        assert not shares or len({share.store.store_id for share in shares}) > 1


@given(orders, stores, stocks)
def test_a_line_is_split_only_where_no_store_has_the_whole_of_it_left(
    demands: list[Demand], ranked: tuple[Store, ...], stock: Stock
) -> None:
    shares = allocate(demands, ranked, having(stock)) or []
    by_line: defaultdict[str, list[Share]] = defaultdict(list)
    for share in shares:
        by_line[share.line_id].append(share)
    left = Counter(stock)
    for demand in demands if shares else ():
        parts = by_line[demand.line_id]
        able = [store for store in ranked if left[store.store_id, demand.sku] >= demand.quantity]
        assert len(parts) == 1 or not able
        for part in parts:
            left[part.store.store_id, part.sku] -= part.quantity
