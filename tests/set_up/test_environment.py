"""The environment is made, mended and kept: what is there is never taken away for nothing."""

import json
import sys
import threading

import pytest

import run_sandbox
from run_sandbox import Environment, SetUpFailed
from tests.set_up.stand_ins import PYPROJECT, PYTHON_VERSION, Installer, Maker, make_stub


def test_a_first_start_makes_the_environment_and_a_second_does_nothing(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    for _ in range(2):
        run_sandbox.set_up(environment, (), maker, installer)
    assert (maker.times, installer.asked) == (1, [[]])
    assert environment.stamp()["complete"] is True


def test_a_command_that_needs_more_adds_it_and_what_is_there_stays(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    for extras in ((), ("dev",), ("load",), ("dev",)):
        run_sandbox.set_up(environment, extras, maker, installer)
    assert (maker.times, installer.asked) == (1, [[], ["dev"], ["dev", "load"]])


def test_changed_dependencies_are_installed_into_the_environment_that_is_there(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    run_sandbox.set_up(environment, (), maker, installer)
    (environment.root / "pyproject.toml").write_text(PYPROJECT.replace("[]", "['click']"))
    run_sandbox.set_up(environment, (), maker, installer)
    assert (maker.times, len(installer.asked)) == (1, 2)


def test_a_changed_setting_of_a_linter_costs_no_set_up(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    run_sandbox.set_up(environment, (), maker, installer)
    (environment.root / "pyproject.toml").write_text(PYPROJECT + "[tool.ruff]\nline-length = 120\n")
    assert environment.is_ready(())


def test_a_pyproject_that_does_not_parse_is_left_to_pip_to_judge(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    run_sandbox.set_up(environment, (), maker, installer)
    (environment.root / "pyproject.toml").write_text("[project")
    assert not environment.is_ready(())


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(143)])
def test_an_interrupted_set_up_is_made_anew(
    environment: Environment, maker: Maker, installer: Installer, interruption: BaseException
) -> None:
    installer.failure = interruption
    with pytest.raises(type(interruption)):
        run_sandbox.set_up(environment, (), maker, installer)
    installer.failure = None
    run_sandbox.set_up(environment, (), maker, installer)
    assert maker.times == 2
    assert environment.is_ready(())


def test_an_interrupted_update_is_made_anew(environment: Environment, maker: Maker, installer: Installer) -> None:
    run_sandbox.set_up(environment, (), maker, installer)
    installer.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run_sandbox.set_up(environment, ("dev",), maker, installer)
    installer.failure = None
    run_sandbox.set_up(environment, ("dev",), maker, installer)
    assert maker.times == 2


def test_an_update_that_pip_gave_up_leaves_what_was_there(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    run_sandbox.set_up(environment, (), maker, installer)
    installer.failure = SetUpFailed("no network")
    with pytest.raises(SetUpFailed):
        run_sandbox.set_up(environment, ("dev",), maker, installer)
    assert environment.is_ready(())
    assert not environment.is_ready(("dev",))


def test_a_first_set_up_that_pip_gave_up_is_made_by_the_next_start(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    installer.failure = SetUpFailed("no network")
    with pytest.raises(SetUpFailed):
        run_sandbox.set_up(environment, (), maker, installer)
    assert not environment.is_ready(())
    installer.failure = None
    run_sandbox.set_up(environment, (), maker, installer)
    assert environment.is_ready(())


def lose_python(environment: Environment) -> None:
    environment.python.unlink()


def break_python(environment: Environment) -> None:
    environment.python.write_text("#!/bin/sh\nexit 1\n")
    stamp = environment.stamp()
    environment.write_stamp({**stamp, "python": "3.0"})


def replace_python(environment: Environment) -> None:
    environment.python.write_text("#!/bin/sh\necho 3.99\n")
    stamp = environment.stamp()
    environment.write_stamp({**stamp, "python": "3.98"})


def lose_a_package(environment: Environment) -> None:
    (environment.folder / f"lib/python{PYTHON_VERSION}/site-packages/connexion").rmdir()


def garble_the_stamp(environment: Environment) -> None:
    environment.stamp_file.write_text('{"complete": tr')


def move_the_project(environment: Environment) -> None:
    environment.write_stamp({**environment.stamp(), "root": "/elsewhere"})


@pytest.mark.parametrize(
    "damage", [lose_python, break_python, replace_python, lose_a_package, garble_the_stamp, move_the_project]
)
def test_a_broken_environment_is_made_anew(
    environment: Environment, maker: Maker, installer: Installer, damage: object
) -> None:
    run_sandbox.set_up(environment, (), maker, installer)
    assert callable(damage)
    damage(environment)
    run_sandbox.set_up(environment, (), maker, installer)
    assert maker.times == 2
    assert environment.is_ready(())


def test_started_by_another_python_the_environment_is_asked_and_kept(
    environment: Environment, maker: Maker, installer: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sandbox.set_up(environment, (), maker, installer)
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
    assert environment.is_ready(())


def test_somebodys_own_environment_is_completed_not_removed(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    make_stub(environment)
    (environment.folder / "notes.txt").touch()
    run_sandbox.set_up(environment, (), maker, installer)
    assert maker.times == 0
    assert (environment.folder / "notes.txt").exists()


def test_somebodys_own_environment_stays_theirs_when_pip_gives_up(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    make_stub(environment)
    installer.failure = SetUpFailed("no network")
    with pytest.raises(SetUpFailed):
        run_sandbox.set_up(environment, (), maker, installer)
    assert not environment.stamp_file.exists()
    assert environment.is_usable()


def test_an_environment_of_an_old_python_is_replaced(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    make_stub(environment, python_says="3.9")
    run_sandbox.set_up(environment, (), maker, installer)
    assert maker.times == 1


def test_of_a_link_only_the_link_is_removed(environment: Environment, maker: Maker, installer: Installer) -> None:
    target = environment.root / "elsewhere"
    target.mkdir()
    environment.folder.symlink_to(target)
    run_sandbox.set_up(environment, (), maker, installer)
    assert target.is_dir()
    assert not environment.folder.is_symlink()


def test_a_file_in_the_environments_place_is_not_touched(
    environment: Environment, maker: Maker, installer: Installer
) -> None:
    environment.folder.write_text("mine")
    with pytest.raises(SetUpFailed, match="is a file"):
        run_sandbox.set_up(environment, (), maker, installer)
    assert environment.folder.read_text() == "mine"


def test_of_two_starts_at_once_the_second_waits_and_finds_it_done(
    environment: Environment, maker: Maker, installer: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = threading.Event()
    monkeypatch.setattr(run_sandbox, "say", lambda _text: waiting.set())
    second = threading.Thread(target=run_sandbox.set_up, args=(environment, (), maker, installer))
    with run_sandbox.locked(environment.lock_file):
        second.start()
        assert waiting.wait(timeout=60)
        run_sandbox.mend(environment, [], maker, installer)
    second.join(timeout=60)
    assert not second.is_alive()
    assert (maker.times, len(installer.asked)) == (1, 1)


def test_an_environment_made_for_real_runs_and_is_known_to_be_unfinished(environment: Environment) -> None:
    run_sandbox.make_venv(environment)
    assert environment.python_version() == PYTHON_VERSION
    assert environment.stamp() == {"complete": False}
    assert not environment.is_usable()
    assert not environment.is_ready(())


def test_the_stamp_is_plain_json(environment: Environment, maker: Maker, installer: Installer) -> None:
    run_sandbox.set_up(environment, ("dev",), maker, installer)
    stamp = json.loads(environment.stamp_file.read_text("utf-8"))
    assert stamp["extras"] == ["dev"]
    assert stamp["python"] == PYTHON_VERSION
