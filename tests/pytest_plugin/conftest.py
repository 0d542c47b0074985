"""Runs of pytest as people start them who have installed the sandbox, with its plug-in found by its entry point."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import Server, running
from tests.pytest_plugin.runs import Runs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Return a sandbox that runs already."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that says the package is installed, with the entry points of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    folder = tmp_path_factory.mktemp("installed")
    told = folder / "acorn_sandbox-0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: acorn-sandbox\nVersion: 0\n", "utf-8")
    points = "".join(f"{name} = {where}\n" for name, where in project["entry-points"]["pytest11"].items())
    (told / "entry_points.txt").write_text(f"[pytest11]\n{points}", "utf-8")
    return folder


@pytest.fixture
def runs(pytester: pytest.Pytester, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Return what runs tests in a folder of their own."""
    for name in ("MARKETPLACE_URL", "SANDBOX_OPERATOR_TOKEN", "PYTEST_ADDOPTS", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", f"{installed}{':' if sys.platform != 'win32' else ';'}{ROOT}")
    return Runs(pytester)
