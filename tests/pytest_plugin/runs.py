"""Runs of pytest."""

from textwrap import dedent

import pytest

ALONE = ("--disable-plugin-autoload", "-p", "marketplace", "-p", "xdist")
"""Plug-ins by the names of their entry points; whatever else is installed here would take a second for each run."""


class Runs:
    """
    Runs tests as a process of their own, in a folder of their own.

    Args:
        pytester: Has the folder.
    """

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def of(self, tests: str, *flags: str) -> pytest.RunResult:
        """Run some tests, given as text."""
        self.write(tests)
        return self.start(*flags)

    def write(self, tests: str) -> None:
        """Write some tests down."""
        self.pytester.makepyfile(test_it=dedent(tests))

    def start(self, *flags: str) -> pytest.RunResult:
        """Run the tests in the folder, with our plug-in and the one that has workers."""
        return self.pytester.runpytest_subprocess(*ALONE, "-rA", *flags, timeout=300)
