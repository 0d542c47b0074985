"""What all tests share: how Hypothesis looks for counter-examples."""

import os

from hypothesis import settings

# A deadline would judge the machine. In CI the same examples are drawn every time, so a red run is red again at home;
# at home every run looks somewhere new.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# The tests of our own plug-in run pytest inside of pytest; that has to be said here, in the topmost conftest.
pytest_plugins = ["pytester"]
