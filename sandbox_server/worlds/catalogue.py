"""What the chain sells."""

from datetime import datetime
from random import Random

from sandbox_server.domain.catalogue import Dimensions, Product, gtin_check_digit
from sandbox_server.kernel.money import Money, decimals
from sandbox_server.kernel.randomness import stream
from sandbox_server.worlds import schema
from sandbox_server.worlds.people import draw_brands

_GTIN_PREFIX = "952"  # Source: GS1 prefixes: set aside for demonstrations and examples, so no real product has it.
_FULL_TURN = 1_000_000_000
_STRIDE = 618_033_989  # coprime to a full turn: every product's number is another one
_ENDINGS = {0: ((80, 6), (0, 4)), 2: ((99, 10), (49, 5), (95, 3), (0, 2)), 3: ((990, 6), (500, 4))}
_HUNDRED = 100


def products(seed: int, catalogue: schema.Catalogue, currency: str, now: datetime) -> list[Product]:
    """Return the catalogue, in order of SKU."""
    rng = stream(seed, "world/catalogue")
    brands = draw_brands(seed, catalogue.brands)
    return [_product(rng, number, catalogue, brands, currency, now) for number in range(1, catalogue.products + 1)]


def price(rng: Random, bounds: tuple[int, int], currency: str) -> Money:
    """Return a price between two numbers of whole units, with an ending that shops like."""
    places = decimals(currency)
    endings = _ENDINGS.get(places, ((0, 1),))
    ending = rng.choices([value for value, _ in endings], [weight for _, weight in endings])[0]
    low, high = bounds
    if places:
        return Money(rng.randint(low, max(low, high - 1)) * 10**places + ending, currency)
    return Money(max(1, rng.randint(low, high) // _HUNDRED * _HUNDRED + ending), currency)


def _product(
    rng: Random, number: int, catalogue: schema.Catalogue, brands: list[str], currency: str, now: datetime
) -> Product:
    category = rng.choice(catalogue.categories)
    brand = rng.choice(brands)
    digits = f"{_GTIN_PREFIX}{number * _STRIDE % _FULL_TURN:09}"
    sides = sorted((rng.randint(*category.size_mm) for _ in range(3)), reverse=True)
    return Product(
        f"SKU-{number:05}",
        f"{brand} {rng.choice(catalogue.kinds)} {rng.choice(category.things)}",
        digits + gtin_check_digit(digits),
        brand,
        category.name,
        rng.randint(*category.weight_grams),
        Dimensions(*sides),
        category.tax_class,
        price(rng, category.price, currency),
        created_at=now,
        updated_at=now,
    )
