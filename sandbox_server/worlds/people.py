"""Names in many scripts, streets, and the buyers who bear and live in them."""

import unicodedata
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from anyascii import anyascii
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from sandbox_server.domain.orders import Buyer
from sandbox_server.domain.stores import Address
from sandbox_server.kernel.randomness import stream
from sandbox_server.worlds.errors import FixtureError
from sandbox_server.worlds.geography import City, Place, draw_cities, draw_place
from sandbox_server.worlds.schema import Buyers

_NAMES_AT_MOST = 3000
_STREETS_AT_MOST = 1500
_EMOJI = ("🌻", "🎄", "🦊", "✨", "🏳️‍🌈", "👩‍🚀")


def people(seed: int, buyers: Buyers, cities: Sequence[City]) -> list[Buyer]:
    """
    Return who buys: people in cities, more of them in the larger ones.

    Raises:
        FixtureError: Faker does not know a locale.
    """
    rng = stream(seed, "world/buyers")
    names = draw_names(seed, buyers.locales, min(buyers.people, _NAMES_AT_MOST))
    streets = draw_streets(seed, min(buyers.people, _STREETS_AT_MOST))
    places = [draw_place(rng, city) for city in draw_cities(rng, cities, min(buyers.places, buyers.people))]
    codes = PostalCodes(seed)
    return [
        _buyer(rng, number, names[number % len(names)], rng.choice(streets), places[number % len(places)], codes)
        for number in range(buyers.people)
    ]


def draw_names(seed: int, locales: Mapping[str, float], count: int) -> list[str]:
    """
    Return names, in the scripts of the locales; some decomposed (NFD), some with a picture in them.

    Raises:
        FixtureError: Faker does not know a locale.
    """
    rng = stream(seed, "world/names")
    fakers = {locale: _faker(seed, locale) for locale in locales}
    chosen = rng.choices(list(locales), list(locales.values()), k=count)
    # Each script that the fixture asks for is there, also where there are few people.
    wanted = [locale for locale, weight in locales.items() if weight]
    chosen[: len(wanted)] = wanted[:count]
    return [_dressed(rng, fakers[locale].name()) for locale in chosen]


def draw_streets(seed: int, count: int) -> list[str]:
    """Return street addresses."""
    faker = _faker(seed, "en_US")
    return [faker.street_address() for _ in range(count)]


def draw_brands(seed: int, count: int) -> list[str]:
    """Return names of brands, each there once."""
    rng = stream(seed, "world/brands")
    fakers = [_faker(seed, locale, "brands") for locale in ("en_US", "de_DE", "fr_FR", "es_MX", "pl_PL")]
    endings = ("", " & Co", " Works", " Home", " Studio", " Bros", " Supply", " Goods")
    brands: dict[str, None] = {}
    while len(brands) < count:
        brands[f"{rng.choice(fakers).last_name()}{rng.choice(endings)}"] = None
    return list(brands)


class PostalCodes:
    """One postal code for each city."""

    def __init__(self, seed: int) -> None:
        self._faker = _faker(seed, "en_US", "postal codes")
        self._codes: dict[tuple[str, str], str] = {}

    def of(self, city: City) -> str:
        """Return the city's."""
        key = (city.name, city.state)
        if key not in self._codes:
            self._codes[key] = self._faker.postcode_in_state(city.state)
        return self._codes[key]


def _buyer(rng: Random, number: int, name: str, street: str, place: Place, codes: PostalCodes) -> Buyer:
    city = place.city
    flat = rng.random() < 0.2 and "Apt." not in street and "Suite" not in street
    floor = f"Apt {rng.randint(1, 40)}{rng.choice('ABCD')}" if flat else None
    address = Address(street, city.name, "US", floor, city.state, codes.of(city), place.location)
    phone = f"+1 {rng.randint(201, 989)} 555 {rng.randint(100, 199):04}" if rng.random() < 0.7 else None
    return Buyer(name, f"{_mailbox(name)}.{number + 1}@example.com", address, phone)


def _mailbox(name: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in anyascii(name).lower()).split()
    return ".".join(words)[:40].strip(".") or "buyer"


def _dressed(rng: Random, name: str) -> str:
    draw = rng.random()
    if draw < 0.04:
        return unicodedata.normalize("NFD", name)
    return f"{name} {rng.choice(_EMOJI)}" if draw < 0.06 else name


def _faker(seed: int, locale: str, purpose: str = "names") -> Any:
    if locale not in AVAILABLE_LOCALES:
        raise FixtureError(f"$.buyers.locales: Faker has no locale {locale!r}")
    faker = Faker(locale)
    faker.seed_instance(stream(seed, f"world/{purpose}/{locale}").getrandbits(64))
    return faker
