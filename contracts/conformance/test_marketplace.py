"""
The contract suites from pytest, a test for each line of calls.

Copy it beside your own tests, or run it where it is:

    ACORN_BASE_URL=https://staging.example/v1 ACORN_API_KEY=… pytest contracts/conformance
"""

import os
from collections.abc import Iterator

import pytest

from sandbox_server.conformance.session import Assignment, Session, session
from sandbox_server.conformance.suites import PLANS, Suite
from sandbox_server.conformance.target import Access

_GIVEN = os.environ.get


@pytest.fixture(scope="session")
def marketplace() -> Iterator[Session]:
    """The server that the environment names; a sandbox makes a tenant for the run where no account is named."""
    access = Access(_GIVEN("ACORN_CLIENT_ID", ""), _GIVEN("ACORN_CLIENT_SECRET", ""), _GIVEN("ACORN_API_KEY", ""))
    with session(Assignment(base_url=_GIVEN("ACORN_BASE_URL", "http://127.0.0.1:8080/v1"), access=access)) as opened:
        yield opened


@pytest.mark.parametrize("probe", sorted(PLANS[Suite.FULL].probes))
def test_the_server_keeps_the_contract(marketplace: Session, probe: str) -> None:
    """Play one line of calls; what is wrong is told with the calls that show it."""
    found = marketplace.play(probe)
    assert not found, "\n".join(f"{one.check}: {one.message} {one.curl}" for one in found)


def test_what_is_made_up_keeps_the_contract(marketplace: Session) -> None:
    """Let Schemathesis make calls up."""
    found = marketplace.make_up(("examples", "coverage"))
    assert not found, "\n".join(f"{one.check}: {one.message} {one.curl}" for one in found)
