"""A sandbox as the plug-in starts one, and a marketplace of its own for each test."""

from collections.abc import Iterator

import pytest

from sandbox_server.testing import Marketplace, MarketplaceServer


@pytest.fixture(scope="session")
def own_server() -> Iterator[MarketplaceServer]:
    """Return a server that is started here."""
    with MarketplaceServer.start() as server:
        yield server


@pytest.fixture
def market(own_server: MarketplaceServer) -> Iterator[Marketplace]:
    """Return a marketplace of the test's own."""
    market = own_server.new_tenant()
    yield market
    market.delete()
