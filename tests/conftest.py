"""What all tests share: how Hypothesis looks for counter-examples, and how seldom garbage is looked for."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

# A deadline would judge the machine. In CI the same examples are drawn every time, so a red run is red again at home;
# at home every run looks somewhere new.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# Whole worlds stay in memory from test to test: walking over them for every few hundred new objects took a fifth of
# the time.
gc.set_threshold(100_000, 50, 1000)

# Coverage is measured in the processes that run the tests, and not in the sandboxes and clients that these start: it
# would double their time, and hardly any line is covered by those alone.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# The tests of our own plug-in run pytest inside of pytest; that has to be said here, in the topmost conftest.
pytest_plugins = ["pytester"]


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Return a pipe by which programs tell something; it is at its end when everybody who had it open has gone."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path
