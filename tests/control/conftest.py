"""One sandbox for all tests of the operator's interface; each test finds it as if it were the first."""

from collections.abc import Iterator

import pytest

from tests.control.stage import Stage


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Return small_chain, served to its operator and its clients."""
    return Stage(tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def stage(built: Stage) -> Iterator[Stage]:
    """Return small_chain as it begins; its audit has to find nothing when the test is over."""
    built.clear()
    yield built
    assert built.broken() == []


@pytest.fixture
def red(stage: Stage) -> Iterator[Stage]:
    """A sandbox that a test may break."""
    yield stage
    stage.reset()
