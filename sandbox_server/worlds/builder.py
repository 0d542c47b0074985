"""Making a world from a fixture and a seed."""

from datetime import timedelta
from functools import partial

from sandbox_server.domain.stores import Store
from sandbox_server.kernel.clock import FrozenClock, to_milliseconds, whole_milliseconds
from sandbox_server.kernel.randomness import stream
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services import stores
from sandbox_server.services.tenants import Tenant
from sandbox_server.traffic.credentials import ALL_SCOPES, READ_SCOPES, Credential, digest
from sandbox_server.worlds.baskets import Demand
from sandbox_server.worlds.catalogue import products
from sandbox_server.worlds.chain import Popularity, assortments, shops
from sandbox_server.worlds.deeds import Actors
from sandbox_server.worlds.geography import load_cities, within
from sandbox_server.worlds.history import STORES, History
from sandbox_server.worlds.people import people
from sandbox_server.worlds.plans import draw_plans
from sandbox_server.worlds.schema import READ_ONLY, Fixture, Login, Progress
from sandbox_server.worlds.stock import Shelves

_DAY = 24 * 60 * 60_000  # milliseconds
_COUNTED_BEFORE = (60_000, 13 * 60_000)  # milliseconds; a report is fresh for 15 minutes


def build(fixture: Fixture, seed: int, progress: Progress) -> MemoryPersistence:
    """
    Return a world as it stands at the fixture's `now`, its history played through the services.

    The same fixture and seed give the same world, to the byte.

    Raises:
        FixtureError: The fixture names a state or a locale that there is not.
    """
    now = whole_milliseconds(fixture.now)
    clock = FrozenClock(now - timedelta(days=fixture.history.days))
    persistence = MemoryPersistence(seed, fixture.currency, fixture.time_zone)
    tenant = Tenant("default", persistence, clock)
    chain = shops(seed, fixture.stores, load_cities(fixture.stores.states), clock.now())
    catalogue = products(seed, fixture.catalogue, fixture.currency, clock.now())
    with tenant.begin(STORES) as tx:
        for login in fixture.credentials:
            tx.credentials.put(_credential(login))
        for store in chain:
            stores.create(tx, store)
        for product in catalogue:
            tx.products.put(product)
    popularity = Popularity(seed, catalogue, fixture.catalogue.carried_by_none)
    shelves = Shelves(tenant, seed, fixture.stock)
    carried = assortments(seed, chain, popularity, fixture.stock.products_per_store)
    for done, store in enumerate(chain, start=1):
        shelves.open(store, carried[store.store_id])
        progress("stores", done, len(chain))
    cities = load_cities()
    if fixture.buyers.within_km is not None:
        cities = within(cities, fixture.buyers.within_km, [store.location for store in chain])
    buyers = people(seed, fixture.buyers, cities)
    demand = Demand(seed, fixture.history, popularity, carried, buyers)
    history = History(tenant, clock, demand, Actors(seed, {product.sku: product for product in catalogue}), seed)
    plans = draw_plans(seed, fixture)
    history.place(plans)
    rng = stream(seed, "world/counts")
    every, days = fixture.stock.counted_every_days, fixture.history.days
    for store in chain:
        last = to_milliseconds(now) - rng.randint(*_COUNTED_BEFORE)
        for back in range(0, days, every or days):
            history.add(last - back * _DAY, partial(_count, shelves, store))
    history.play(to_milliseconds(now), lambda done: progress("orders", done, len(plans)))
    return persistence


def _count(shelves: Shelves, store: Store, _: int) -> None:
    shelves.count(store)


def _credential(login: Login) -> Credential:
    named = {*login.scopes, *(READ_SCOPES if READ_ONLY in login.scopes else ())}
    scopes = tuple(scope for scope in ALL_SCOPES if scope in named or not named)
    return Credential(
        login.client_id, digest(login.secret), digest(login.api_key), scopes, login.stores, login.suspended
    )
