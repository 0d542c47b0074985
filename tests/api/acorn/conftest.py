"""Two sandboxes for all tests of the marketplace's interface; each test finds them as if it were the first."""

from collections.abc import Iterator

import pytest

from sandbox_server.worlds import open_world
from tests.api.acorn.sandbox import Sandbox
from tests.api.acorn.shop import open_shop


@pytest.fixture(scope="session")
def open_sandboxes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sandbox]:
    """Return the sandboxes that have been opened, by name."""
    return {}


@pytest.fixture
def shop(open_sandboxes: dict[str, Sandbox]) -> Iterator[Sandbox]:
    """Return the small shop, whose every number is known; the world has to pass its audit when the test is over."""
    if "shop" not in open_sandboxes:
        open_sandboxes["shop"] = Sandbox(open_shop())
    yield from _begun_anew(open_sandboxes["shop"])


@pytest.fixture
def chain(open_sandboxes: dict[str, Sandbox], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Return small_chain, with an order of every status and a return in every state."""
    if "chain" not in open_sandboxes:
        cache = tmp_path_factory.mktemp("worlds")
        open_sandboxes["chain"] = Sandbox(open_world("small_chain", None, cache, lambda *_: None))
    yield from _begun_anew(open_sandboxes["chain"])


def _begun_anew(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.begin_anew()
    yield sandbox
    assert sandbox.breaches() == []
