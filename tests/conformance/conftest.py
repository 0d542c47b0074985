"""A sandbox to judge."""

from collections.abc import Iterator

import pytest

from sandbox_server.hosting import hosted
from sandbox_server.settings import Settings


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    """The address of a sandbox that is as it ought to be."""
    with hosted(Settings(port=0, ephemeral=True)) as address:
        yield address
