"""A busy season's ten thousand orders, in currencies of two, no and three decimals, are settled to the minor unit."""

from random import Random

import pytest

from sandbox_server.kernel.money import decimals
from tests.services.selling import SKUS, Deed, check, open_world, play

ORDERS = 3334


@pytest.mark.parametrize("currency", ["JPY", "KWD", "USD"])
def test_a_season_of_sales_in_parts_with_promotions_and_refunds_is_settled_to_the_minor_unit(currency: str) -> None:
    rng = Random(4)
    prices = [rng.randrange(50, 500) * 10 ** decimals(currency) + rng.randrange(10) for _ in SKUS]
    world = open_world(currency, prices, promoted=True)
    cost = given_back = 0
    for number in range(ORDERS):
        basket = tuple((sku, rng.randint(1, 5)) for sku in rng.sample(sorted(SKUS), rng.randint(1, 2)))
        paid = tuple(rng.randint(0, 10) for _ in range(rng.randint(0, 2)))
        back = rng.randint(1, 5) if number % 4 == 0 else 0
        gained, lost = play(world, Deed(basket, 1 + (number % 10 == 0), back, paid, 1 if number % 50 else 60))
        cost, given_back = cost + gained, given_back + lost
    check(world, cost, given_back)
    assert world.see(lambda tx: tx.settlements.count()) > 6
