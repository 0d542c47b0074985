"""A client of a fake marketplace, on a clock that only moves when somebody waits."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import httpx
import pytest

from fixtures.clients.reference.assemble import Client, Parts
from fixtures.clients.reference.retry import Patience
from fixtures.clients.reference.settings import Settings
from tests.clients.fake_marketplace import FakeClock, FakeMarketplace

SETTINGS = Settings("http://marketplace.test/v1", "chain", "s3cret")
PARTS = Parts(patience=Patience(chance=lambda: 0.5))

MakeClient = Callable[..., Client]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def market(clock: FakeClock) -> FakeMarketplace:
    return FakeMarketplace(clock)


@pytest.fixture
def make_client(market: FakeMarketplace, clock: FakeClock) -> Iterator[MakeClient]:
    with ExitStack() as stack:

        def make(
            source: Any = None,
            counter: Any = None,
            parts: Parts = PARTS,
            dock: Any = None,
            price_list: Any = None,
            **settings: Any,
        ) -> Client:
            network = httpx.MockTransport(market)
            client = Client(replace(SETTINGS, **settings), clock, parts, network, source, counter, dock, price_list)
            return stack.enter_context(closing(client))

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()
