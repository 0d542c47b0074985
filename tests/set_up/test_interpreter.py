"""The environment is made from the fastest build of the Python that starts the script."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

import run_sandbox
from run_sandbox import Environment


def says(folder: Path, name: str, answer: str) -> str:
    """Return a program that answers a probe with this, and is the running Python for all else."""
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$@" >>{folder / "asked"}\n[ "$3" = -c ] && {{ {answer}; exit; }}\n')
    with program.open("a") as file:
        file.write(f'exec {sys.executable} "$@"\n')
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("running", "others", "taken"),
    [
        ("echo 0.010", ["echo 0.007"], "other-0"),
        ("echo 0.010", ["echo 0.007", "echo 0.005", "echo 0.006"], "other-1"),
        ("echo 0.010", ["echo 0.0081"], "running"),  # not worth a change
        ("echo 0.010", ["echo nonsense", "false", "echo 0.020"], "running"),
        ("echo 0.010", [], "running"),
        ("false", ["echo 0.001"], "other-0"),
    ],
)
def test_a_clearly_faster_build_is_taken_and_no_other(
    tmp_path: Path, running: str, others: list[str], taken: str
) -> None:
    pythons = [says(tmp_path, f"other-{number}", answer) for number, answer in enumerate(others)]
    assert run_sandbox.fastest_python(says(tmp_path, "running", running), pythons) == str(tmp_path / taken)


def test_what_is_not_there_will_not_do(tmp_path: Path) -> None:
    assert run_sandbox.probed(str(tmp_path / "nothing")) == math.inf


def test_the_running_python_can_be_probed() -> None:
    assert 0 < run_sandbox.probed(sys.executable) < math.inf


def test_pythons_of_this_version_are_found_on_the_path_once_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for folder in ("real", "link", "older", "broken"):
        (tmp_path / folder).mkdir()
    (tmp_path / "real" / version).touch(mode=0o755)
    (tmp_path / "link" / version).symlink_to(tmp_path / "real" / version)
    (tmp_path / "older" / "python3.9").touch(mode=0o755)
    (tmp_path / "broken" / version).touch(mode=0o644)
    folders = ("link", "real", "older", "broken", "missing")
    monkeypatch.setenv("PATH", os.pathsep.join(str(tmp_path / folder) for folder in folders))
    assert run_sandbox.others_of_this_version() == [str(tmp_path / "real" / version)]


def test_the_environment_is_linked_to_the_faster_build_which_need_not_have_a_pip(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faster = says(tmp_path, "faster", "echo 0.000001")
    monkeypatch.setattr(run_sandbox, "others_of_this_version", lambda: [faster])
    run_sandbox.make_venv(environment)
    assert f"Taking {faster}: the same version of Python" in capsys.readouterr().err
    assert f"-I -m venv --without-pip {environment.folder}\n" in (tmp_path / "asked").read_text()
    assert environment.python_version() == "{}.{}".format(*sys.version_info)  # which asks for pip, too
    prefix = subprocess.run(
        [str(environment.python), "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert prefix.stdout.strip() == str(environment.folder)
