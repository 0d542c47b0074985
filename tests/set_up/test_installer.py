"""What the installer says reaches the user in plain words."""

import ast
import sys

import pytest

import run_sandbox


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
