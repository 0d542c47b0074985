"""
A marketplace for tests: fixtures, a marker and options for pytest.

pytest loads this module in every run where the package is installed, so it imports nothing but the standard library and
pytest; the rest comes with the first test that asks for a marketplace.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox_server.testing import Marketplace, MarketplaceServer

_MARKER = """\
marketplace(seed=None, fixture=None, clock=None, unused_faults_ok=False): what the test's marketplace begins as; and \
whether the test passes although a fault rule never played."""
_WISHES = {"seed", "fixture", "clock", "unused_faults_ok"}
_CLOCKS = ("frozen", "real")
_OWN: "pytest.StashKey[Marketplace]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("marketplace", "the marketplace sandbox")
    group.addoption(
        "--marketplace-url",
        metavar="URL",
        default=os.environ.get("MARKETPLACE_URL"),
        help="A sandbox that runs already, instead of one for this run; or MARKETPLACE_URL. SANDBOX_OPERATOR_TOKEN has "
        "its operator's token.",
    )
    group.addoption("--marketplace-fixture", metavar="WORLD", help="The world that tests begin as [small_chain].")
    group.addoption("--marketplace-seed", metavar="N", type=int, help="What all chance follows from [the world's own].")
    group.addoption("--marketplace-clock", choices=_CLOCKS, help="How virtual time passes [frozen].")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture(scope="session")
def marketplace_server(request: pytest.FixtureRequest) -> "Iterator[MarketplaceServer]":
    """Return a sandbox for all tests: on a free port, one for each worker; or the one of `--marketplace-url`."""
    from sandbox_server.testing import MarketplaceServer, NotStarted  # noqa: PLC0415 - most runs ask for none

    config = request.config
    url, fixture = config.getoption("--marketplace-url"), config.getoption("--marketplace-fixture")
    if url:
        yield MarketplaceServer(url, os.environ.get("SANDBOX_OPERATOR_TOKEN"))
        return
    with ExitStack() as stack:
        starting = MarketplaceServer.start(fixture, config.getoption("--marketplace-seed"), _cache(config))
        with _told_as_failure(NotStarted):
            server = stack.enter_context(starting)
        yield server


@pytest.fixture
def marketplace(request: pytest.FixtureRequest, marketplace_server: "MarketplaceServer") -> "Iterator[Marketplace]":
    """Return a marketplace of the test's own, which goes with it."""
    from sandbox_server.remote import SandboxError  # noqa: PLC0415 - most runs ask for none

    config, wishes = request.config, _wishes(request.node)
    fixture = wishes.get("fixture")
    if fixture is None and config.getoption("--marketplace-url"):
        fixture = config.getoption("--marketplace-fixture")
    seed = wishes.get("seed", config.getoption("--marketplace-seed"))
    clock = wishes.get("clock", config.getoption("--marketplace-clock"))
    with _told_as_failure(SandboxError):
        own = marketplace_server.new_tenant(fixture, seed, clock)
    request.node.stash[_OWN] = own
    try:
        yield own
    finally:
        own.delete()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that passed although a fault it asked for never played: it has shown nothing."""
    result = yield
    own = item.stash.get(_OWN, None)
    if own is not None and not _wishes(item).get("unused_faults_ok"):
        unused = own.faults.unused()
        if unused:
            named = ", ".join(f"{one.id} ({one.effect}, {one.matched} calls matched)" for one in unused)
            pytest.fail(
                f"These faults never played, so the test has not shown what comes of them: {named}. "
                "Where that may be so, say may_stay_unused=True.",
                pytrace=False,
            )
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the marketplace's journal into the report of a test that failed."""
    report = yield
    own = item.stash.get(_OWN, None)
    if own is not None and report.failed and report.when != "teardown":
        report.sections.append((f"Calls to the marketplace ({own.name})", _journal(own)))
    return report


@contextmanager
def _told_as_failure(kind: type[Exception]) -> Iterator[None]:
    """Fail in the words of an exception, without its traceback."""
    reason = None
    try:
        yield
    except kind as error:
        reason = str(error)
    if reason is not None:
        pytest.fail(f"There is no marketplace for this test. {reason}", pytrace=False)


def _journal(own: "Marketplace") -> str:
    from sandbox_server.remote import SandboxError  # noqa: PLC0415 - most runs ask for none

    try:
        return own.journal.table()
    except SandboxError as error:
        return f"The journal is not to be had. {error}"


def _wishes(item: pytest.Item) -> dict[str, Any]:
    """Return what markers say of a test's marketplace; the nearest one counts."""
    wishes: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("marketplace"))):
        if marker.args or not set(marker.kwargs) <= _WISHES:
            strangers = ", ".join([*map(repr, marker.args), *sorted(set(marker.kwargs) - _WISHES)])
            pytest.fail(f"The marker marketplace takes {', '.join(sorted(_WISHES))}; not {strangers}.", pytrace=False)
        wishes |= marker.kwargs
    return wishes


def _cache(config: pytest.Config) -> Path | None:
    """Return where worlds are kept from run to run; None where pytest keeps nothing."""
    return config.cache.mkdir("marketplace") if config.pluginmanager.has_plugin("cacheprovider") else None
