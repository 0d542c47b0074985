"""Every test of this folder that asks for an `adapter` or a `world` is run for each adapter there is."""

import pytest

from sandbox_server.services.ports import Persistence
from tests.persistence.adapters import ADAPTERS, Adapter


@pytest.fixture(scope="session", params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    chosen: Adapter = request.param
    return chosen


@pytest.fixture
def world(adapter: Adapter) -> Persistence:
    return adapter()
