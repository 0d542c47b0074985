"""The script says which Python it needs, and hands over to the command line or the tests."""

import ast
import os
import runpy
import sys
from pathlib import Path

import pytest

import run_sandbox
from run_sandbox import Environment, SetUpFailed

# Python's age


def test_an_old_python_is_told_which_one_is_needed_and_which_one_this_is() -> None:
    complaint = run_sandbox.complaint_about_python((3, 9, 2), "/usr/bin/python3")
    assert "needs Python 3.11 or newer" in complaint
    assert "Python 3.9.2: /usr/bin/python3" in complaint


def test_an_old_python_is_told_of_a_newer_one_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Install a newer one" in run_sandbox.complaint_about_python((3, 9, 2), "python3")
    (tmp_path / "python3.12").touch(mode=0o755)
    assert "Run: python3.12 run_sandbox.py" in run_sandbox.complaint_about_python((3, 9, 2), "python3")


def test_a_python_that_will_do_hears_no_complaint() -> None:
    assert run_sandbox.complaint_about_python((3, 11, 0), "python3") == ""
    assert run_sandbox.complaint_about_python((4, 0, 0), "python3") == ""


def test_pythons_as_old_as_3_6_can_read_the_script_and_stop_before_they_import_anything_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Path(run_sandbox.__file__)
    ast.parse(script.read_text("utf-8"), feature_version=(3, 6))
    monkeypatch.setattr(sys, "version_info", (3, 6, 9, "final", 0))
    monkeypatch.setitem(sys.modules, "tomllib", None)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11"):
        runpy.run_path(str(script))


@pytest.mark.parametrize(("there", "told"), [("venv", True), ("ensurepip", True), ("venv ensurepip", False)])
def test_a_python_without_venv_or_ensurepip_is_told_the_debian_package(there: str, told: bool) -> None:
    message = run_sandbox.missing_module_message(lambda name: name in there.split() or None)
    assert ("sudo apt install python3-venv" in message) == told


# hand-over


@pytest.mark.parametrize(
    ("typed", "handed"),
    [
        ([], ["-m", "sandbox_server", "serve"]),
        (["serve", "--port", "9000"], ["-m", "sandbox_server", "serve", "--port", "9000"]),
        (["--help"], ["-m", "sandbox_server", "--help"]),
        (["bench", "--only", "list"], ["-m", "sandbox_server", "bench", "--only", "list"]),
        (["test"], [str(run_sandbox.ROOT / "tests" / "suite.py")]),
        (["test", "-k", "orders"], [str(run_sandbox.ROOT / "tests" / "suite.py"), "-k", "orders"]),
    ],
)
def test_what_was_typed_is_handed_to_a_program_of_the_environment(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, typed: list[str], handed: list[str]
) -> None:
    monkeypatch.setenv("SANDBOX_COMMAND", "")
    became: list[tuple[str, list[str]]] = []

    def become(path: str, command: list[str]) -> int:
        became.append((path, command))
        return 0

    run_sandbox.hand_over(environment, typed, become)
    python = str(environment.python)
    assert became == [(python, [python, "-P", *handed])]
    assert os.environ["SANDBOX_COMMAND"] == ("" if typed[:1] == ["test"] else "python3 run_sandbox.py")


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        (SetUpFailed("no network"), 1, "no network"),
        (PermissionError("read-only file system"), 1, "needs to write .venv"),
        (KeyboardInterrupt(), 130, "The next run goes on from here."),
    ],
)
def test_trouble_ends_in_plain_words_and_a_status_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    trouble: BaseException,
    status: int,
    said: str,
) -> None:
    def fail(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(run_sandbox, "set_up", fail)
    assert run_sandbox.main(["serve"]) == status
    assert said in capsys.readouterr().err
