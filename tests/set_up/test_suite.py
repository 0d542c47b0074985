"""The test command runs every step, and tells which failed."""

import sys
import tomllib
from collections.abc import Sequence

import pytest

import run_sandbox
from tests import suite


def test_every_step_runs_also_after_one_that_failed() -> None:
    ran: list[str] = []

    def run(command: Sequence[str]) -> int:
        ran.append(command[0])
        return command[0] == "lint"

    steps = [("lint", [["lint"], ["never, since lint failed"]]), ("types", [["types"]])]
    results = suite.run_steps(steps, run)
    assert ran == ["lint", "types"]
    assert [(name, success) for name, success, _ in results] == [("lint", False), ("types", True)]


def test_the_summary_names_each_step_its_outcome_and_its_time() -> None:
    table = suite.summary([("ruff check", True, 0.31), ("mypy", False, 12.0)])
    assert table.splitlines() == [
        "",
        "  ruff check  ok         0.3 s",
        "  mypy        FAILED    12.0 s",
        "",
        "1 of 2 steps failed.",
    ]
    assert suite.summary([("mypy", True, 1.0)]).endswith("Everything passed.")


@pytest.mark.parametrize(("statuses", "status"), [([0], 0), ([0, 1, 0], 1)])
def test_one_failed_step_fails_the_run(statuses: list[int], status: int) -> None:
    answers = iter(statuses + [0] * 20)
    assert suite.main([], lambda _command: next(answers)) == status


def test_arguments_after_test_go_to_pytest_alone() -> None:
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> int:
        ran.append(command)
        return 5

    assert suite.main(["-k", "orders"], run) == 5
    assert ran == [[sys.executable, "-m", "pytest", "-k", "orders"]]


def test_every_tool_of_the_test_command_is_installed_for_it() -> None:
    pyproject = tomllib.loads((run_sandbox.ROOT / "pyproject.toml").read_text("utf-8"))
    extras = pyproject["project"]["optional-dependencies"]
    assert set(run_sandbox.EXTRAS["test"]) <= set(extras)
    names = [name for name, _ in suite.steps()]
    for tool in ("ruff", "mypy", "import-linter", "deptry", "pytest", "coverage"):
        assert any(name.startswith(tool) for name in names)
        assert any(requirement.startswith(tool) for requirement in extras["dev"])
