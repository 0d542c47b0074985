"""Orders leave in parts and are paid back in parts: the settlements are the ledger, to the minor unit."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.selling import SKUS, Deed, check, open_world, play

UNITS = st.integers(1, 5)
DEEDS = st.builds(
    Deed,
    st.dictionaries(st.sampled_from(sorted(SKUS)), UNITS, min_size=1).map(lambda basket: tuple(basket.items())),
    st.integers(1, 3),
    st.integers(0, 5),
    st.lists(st.integers(0, 10), max_size=3).map(tuple),
    st.sampled_from([0, 1, 30, 60, 200]),
)


@settings(max_examples=60, deadline=None)
@given(
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    prices=st.lists(st.integers(1, 200_000), min_size=3, max_size=3),
    promoted=st.booleans(),
    deeds=st.lists(DEEDS, min_size=1, max_size=8),
)
def test_settlements_are_the_ledger_whatever_is_done(
    currency: str, prices: list[int], promoted: bool, deeds: list[Deed]
) -> None:
    world = open_world(currency, prices, promoted=promoted)
    done = [play(world, deed) for deed in deeds]
    check(world, sum(cost for cost, _ in done), sum(paid for _, paid in done))
