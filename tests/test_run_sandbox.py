"""The set-up script: it says what is wrong, mends what it can, and hands over."""

import ast
import json
import os
import runpy
import sys
import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

import run_sandbox
from run_sandbox import Environment, SetUpFailed

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


# set-up


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


# what the installer says


def test_without_a_network_the_user_is_told_of_proxies_and_indexes() -> None:
    message = run_sandbox.install_failure(
        [
            "WARNING: Retrying after connection broken by 'NewConnectionError(...)': /simple/hatchling/",
            "ERROR: No matching distribution found for hatchling>=1.27",
        ]
    )
    assert "    ERROR: No matching distribution found for hatchling>=1.27" in message
    assert "HTTPS_PROXY" in message
    assert "PIP_INDEX_URL" in message
    assert "run the same command again" in message


def test_a_full_disk_is_called_one() -> None:
    assert "disk is full" in run_sandbox.install_failure(["OSError: [Errno 28] No space left on device"])


def test_other_failures_show_what_pip_said() -> None:
    message = run_sandbox.install_failure(["error: invalid pyproject.toml"])
    assert "    error: invalid pyproject.toml" in message
    assert "HTTPS_PROXY" not in message


def test_a_program_of_the_set_up_is_followed_line_by_line_and_its_last_words_kept() -> None:
    heard: list[str] = []
    script = "import sys\nfor n in range(20): print(n)\nsys.exit(3)"
    status, tail = run_sandbox.run_quietly([sys.executable, "-c", script], heard.append)
    assert status == 3
    assert heard == [f"{n}\n" for n in range(20)]
    assert tail == [str(n) for n in range(5, 20)]


def test_settings_that_lead_packages_astray_do_not_reach_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    script = "import os; print(sorted(name for name in os.environ if name.startswith(('PIP_', 'PYTHONHOME'))))"
    _, tail = run_sandbox.run_quietly([sys.executable, "-c", script], lambda _line: None)
    names = ast.literal_eval(tail[-1])
    assert "PIP_INDEX_URL" in names
    assert not {"PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME"} & set(names)


def test_a_listener_that_stops_takes_the_program_with_it() -> None:
    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    script = "import threading\nprint('started', flush=True)\nthreading.Event().wait()"
    with pytest.raises(KeyboardInterrupt):
        run_sandbox.run_quietly([sys.executable, "-c", script], interrupt)


def test_off_a_terminal_progress_is_told_once_not_for_every_package(capsys: pytest.CaptureFixture[str]) -> None:
    progress = run_sandbox.Progress()
    for line in ("Collecting click>=8\n", "Collecting rich\n", "Installing collected packages: click, rich\n"):
        progress.hear(line)
    progress.close()
    assert capsys.readouterr().err == "  unpacking 2 packages\n"


def test_on_a_terminal_progress_is_one_line_that_changes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = run_sandbox.Progress()
    monkeypatch.setattr(progress, "live", True)
    progress.hear("Collecting click>=8 (from acorn-sandbox)\n")
    progress.close()
    assert capsys.readouterr().err == "\r\033[K  found 1 packages so far: click>=8\r\033[K"


# hand-over


@pytest.mark.parametrize(
    ("typed", "handed"),
    [
        ([], ["serve"]),
        (["serve", "--port", "9000"], ["serve", "--port", "9000"]),
        (["--help"], ["--help"]),
        (["bench", "--json", "out.json"], ["bench", "--json", "out.json"]),
    ],
)
def test_what_was_typed_is_handed_to_the_command_line_of_the_environment(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, typed: list[str], handed: list[str]
) -> None:
    monkeypatch.setenv("SANDBOX_COMMAND", "")
    became: list[tuple[str, list[str]]] = []

    def become(path: str, command: list[str]) -> int:
        became.append((path, command))
        return 0

    run_sandbox.hand_over(environment, typed, become)
    python = str(environment.python)
    assert became == [(python, [python, "-P", "-m", "sandbox_server", *handed])]
    assert os.environ["SANDBOX_COMMAND"] == "python3 run_sandbox.py"


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


# test


def test_every_step_runs_also_after_one_that_failed() -> None:
    ran: list[str] = []

    def run(command: Sequence[str]) -> int:
        ran.append(command[0])
        return command[0] == "lint"

    steps = [("lint", [["lint"], ["never, since lint failed"]]), ("types", [["types"]])]
    results = run_sandbox.run_steps(steps, run)
    assert ran == ["lint", "types"]
    assert [(name, success) for name, success, _ in results] == [("lint", False), ("types", True)]


def test_the_summary_names_each_step_its_outcome_and_its_time() -> None:
    table = run_sandbox.summary([("ruff check", True, 0.31), ("mypy", False, 12.0)])
    assert table.splitlines() == [
        "",
        "  ruff check  ok         0.3 s",
        "  mypy        FAILED    12.0 s",
        "",
        "1 of 2 steps failed.",
    ]
    assert run_sandbox.summary([("mypy", True, 1.0)]).endswith("Everything passed.")


@pytest.mark.parametrize(("statuses", "status"), [([0], 0), ([0, 1, 0], 1)])
def test_one_failed_step_fails_the_run(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, statuses: list[int], status: int
) -> None:
    answers = iter(statuses + [0] * 20)
    monkeypatch.setattr(run_sandbox, "run_in_foreground", lambda _command: next(answers))
    assert run_sandbox.run_tests(environment, []) == status


def test_arguments_after_test_go_to_pytest_alone(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str]) -> int:
        ran.append(command)
        return 5

    monkeypatch.setattr(run_sandbox, "run_in_foreground", run)
    assert run_sandbox.run_tests(environment, ["-k", "orders"]) == 5
    assert ran == [[str(environment.python), "-m", "pytest", "-k", "orders"]]


def test_every_tool_of_the_test_command_is_installed_for_it(environment: Environment) -> None:
    pyproject = tomllib.loads((run_sandbox.ROOT / "pyproject.toml").read_text("utf-8"))
    extras = pyproject["project"]["optional-dependencies"]
    assert set(run_sandbox.EXTRAS["test"]) <= set(extras)
    names = [name for name, _ in run_sandbox.steps_of_test(environment)]
    for tool in ("ruff", "mypy", "import-linter", "deptry", "pytest", "coverage"):
        assert any(name.startswith(tool) for name in names)
        assert any(requirement.startswith(tool) for requirement in extras["dev"])


def test_the_stamp_is_plain_json(environment: Environment, maker: Maker, installer: Installer) -> None:
    run_sandbox.set_up(environment, ("dev",), maker, installer)
    stamp = json.loads(environment.stamp_file.read_text("utf-8"))
    assert stamp["extras"] == ["dev"]
    assert stamp["python"] == PYTHON_VERSION
