"""One sandbox for all tests of the console; a test that changes it asks for a `stage`, which is put back."""

from collections.abc import Iterator

import pytest

from tests.console.browser import Browser
from tests.control.stage import Stage


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def stage(built: Stage) -> Iterator[Stage]:
    built.clear()
    yield built
    built.clear()
    built.call("DELETE", "/_sandbox/v1/tenants/default/faults")
    built.call("DELETE", "/_sandbox/v1/tenants/default/arrivals")


@pytest.fixture
def browser(built: Stage) -> Browser:
    return Browser(built.app)
