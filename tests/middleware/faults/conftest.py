"""One sandbox behind one socket for all tests of faults; each finds it as the first one did."""

from collections.abc import Iterator

import pytest

from sandbox_server.middleware.faults.stage import Stage
from tests.api.acorn.shop import open_shop
from tests.middleware.faults.market import Market, served
from tests.middleware.faults.waits import Waits


@pytest.fixture(scope="session")
def served_shop() -> Iterator[Market]:
    """Serve the small shop."""
    with served(open_shop()) as market:
        yield market


@pytest.fixture
def market(served_shop: Market) -> Iterator[Market]:
    """Return the market as it was in the beginning; its world and journal have to pass their audit after the test."""
    served_shop.begin_anew()
    yield served_shop
    assert served_shop.breaches() == []


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Return what faults wait for in this test."""
    waits = Waits()
    monkeypatch.setattr(Stage, "wait", waits.wait)
    return waits
