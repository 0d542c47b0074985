from pathlib import Path

import pytest

from run_sandbox import Environment
from tests.set_up.stand_ins import PYPROJECT, Installer, Maker


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    return Environment(tmp_path)


@pytest.fixture
def installer() -> Installer:
    return Installer()


@pytest.fixture
def maker() -> Maker:
    return Maker()
