"""Prices as shops write them, in any currency, and a long tail of products."""

import pytest

from sandbox_server.kernel.clock import from_milliseconds
from sandbox_server.kernel.randomness import stream
from sandbox_server.worlds.catalogue import price, products
from sandbox_server.worlds.chain import Popularity
from sandbox_server.worlds.reading import read_fixture


@pytest.mark.parametrize(
    ("currency", "bounds", "endings"),
    [
        ("USD", (6, 90), {"99", "49", "95", "00"}),
        ("JPY", (600, 9000), {"80", "00"}),
        ("KWD", (2, 30), {"990", "500"}),
        ("CLF", (2, 30), {"0000"}),
    ],
)
def test_a_price_lies_in_its_band_and_ends_as_shops_like(
    currency: str, bounds: tuple[int, int], endings: set[str]
) -> None:
    rng = stream(1, "test")
    prices = [price(rng, bounds, currency) for _ in range(300)]
    width = len(next(iter(endings)))
    assert {str(each.minor).zfill(width)[-width:] for each in prices} == endings
    assert all(bounds[0] - 100 <= float(each.amount) <= bounds[1] + 100 for each in prices)
    assert all(each.minor > 0 and each.currency == currency for each in prices)


def test_what_sells_well_is_carried_by_more_stores() -> None:
    catalogue = read_fixture("peak_day").fixture.catalogue
    popularity = Popularity(1, products(1, catalogue, "USD", from_milliseconds(0)), catalogue.carried_by_none)
    shares = popularity.shares(1000)
    assert sum(shares) == pytest.approx(1000)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1
    assert 0 < shares[-1] < 0.1
    assert len(popularity.nowhere) == catalogue.carried_by_none


def test_a_chain_may_carry_everything_everywhere() -> None:
    catalogue = read_fixture("small_chain").fixture.catalogue
    popularity = Popularity(1, products(1, catalogue, "USD", from_milliseconds(0)), 0)
    assert popularity.shares(60) == pytest.approx([1.0] * 60)
