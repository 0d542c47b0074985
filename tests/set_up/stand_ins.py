"""What stands in for pip and venv, and looks like an environment."""

import sys
from collections.abc import Sequence

from run_sandbox import Environment

PYTHON_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
PYPROJECT = '[project]\nname = "x"\ndependencies = []\n'


def make_stub(environment: Environment, python_says: str = PYTHON_VERSION) -> None:
    """Make what looks like an environment: a program that answers with its version, and a folder of packages."""
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text(f"#!/bin/sh\necho {python_says}\n")
    environment.python.chmod(0o755)
    (environment.folder / f"lib/python{PYTHON_VERSION}/site-packages/pip").mkdir(parents=True)


class Installer:
    """Stands in for pip: notes what it is asked for, and does what a test wants."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failure: BaseException | None = None

    def __call__(self, environment: Environment, extras: Sequence[str]) -> None:
        assert environment.stamp() == {"complete": False}
        self.asked.append(list(extras))
        if self.failure:
            raise self.failure
        packages = environment.folder / f"lib/python{PYTHON_VERSION}/site-packages"
        for name in ("connexion", *extras):
            (packages / name).mkdir(exist_ok=True)


class Maker:
    """Stands in for venv, counting how often it had to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, environment: Environment) -> None:
        self.times += 1
        make_stub(environment)
