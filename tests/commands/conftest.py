"""A running sandbox for the commands, and a tenant of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.commands.shell import Shell
from tests.e2e.server import Server, running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Return a sandbox that asks for no token."""
    with running() as server:
        yield server


@pytest.fixture
def shell(server: Server) -> Iterator[Shell]:
    """Return a shell whose commands mean a new tenant of the sandbox."""
    shell = Shell(server.origin)
    tenant = shell.json("tenants", "create")
    own = Shell(server.origin, tenant["name"], tenant["credentials"][0]["apiKey"])
    yield own
    shell.run("tenants", "delete", own.tenant)
