"""Fixtures made smaller, so that tests may build worlds of every kind."""

import io
from collections.abc import Mapping
from hashlib import blake2b
from typing import TypeVar

import msgspec

from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.snapshot import dump
from sandbox_server.worlds.schema import Fixture

K = TypeVar("K")
_STORES, _PRODUCTS, _PEOPLE = 40, 1200, 300


def quiet(phase: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def scaled(fixture: Fixture, divisor: int) -> Fixture:
    """The fixture with a fraction of its orders, and no more stores and products than a test has time for."""
    history, stores, catalogue = fixture.history, fixture.stores, fixture.catalogue
    fewer = min(stores.count, _STORES)
    products = min(catalogue.products, _PRODUCTS)
    per_store = fixture.stock.products_per_store * products // catalogue.products
    return msgspec.structs.replace(
        fixture,
        history=msgspec.structs.replace(
            history, orders=_divided(history.orders, divisor), returns=_divided(history.returns, divisor)
        ),
        stores=msgspec.structs.replace(stores, count=fewer),
        catalogue=msgspec.structs.replace(catalogue, products=products),
        stock=msgspec.structs.replace(fixture.stock, products_per_store=per_store),
        buyers=msgspec.structs.replace(fixture.buyers, people=min(fixture.buyers.people, _PEOPLE)),
    )


def fingerprint(world: MemoryPersistence) -> str:
    """What tells a world from every other one."""
    stream = io.BytesIO()
    dump(world, stream)
    return blake2b(stream.getvalue(), digest_size=16).hexdigest()


def _divided(counts: Mapping[K, int], divisor: int) -> dict[K, int]:
    return {key: -(-count // divisor) for key, count in counts.items()}
