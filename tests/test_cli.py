"""The command line: what it says of itself, what it refuses, and how little it loads to do so."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sandbox_server import __version__, serving
from sandbox_server.cli import main
from sandbox_server.settings import ClockMode, Settings
from sandbox_server.traffic.throttle import Profile

FLAGS = (
    "--host",
    "--port",
    "--fixture",
    "--seed",
    "--clock",
    "--data-dir",
    "--ephemeral",
    "--fresh",
    "--cache-dir",
    "--journal-days",
    "--journal-megabytes",
    "--header-faults",
    "--allow-webhook-hosts",
    "--webhook-timeout",
    "--log-level",
)


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, words, prog_name="acorn-sandbox", env={"COLUMNS": "120", **environment})


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Return the settings that were served, instead of serving them."""
    settings: list[Settings] = []
    monkeypatch.setattr(serving, "serve", settings.append)
    return settings


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_the_commands(flag: str) -> None:
    result = run(flag)
    assert result.exit_code == 0
    assert result.output.startswith("Usage: acorn-sandbox [OPTIONS] COMMAND")
    assert "\n  serve " in result.output
    for command in ("bench", "tenants", "snapshot", "clock", "place-order", "faults", "journal", "audit"):
        assert f"\n  {command} " in result.output


def test_help_of_serve_names_every_flag_its_default_and_its_variable() -> None:
    text = " ".join(run("serve", "--help").output.split())
    for flag in FLAGS:
        assert f" {flag} " in text
        assert f"SANDBOX_{flag.strip('-').upper().replace('-', '_')}" in text
    kept = ("the one that is kept, or small_chain", "as it was kept, or frozen")
    for default in ("127.0.0.1", "8080", ".sandbox", "warning", *kept):
        assert f"default: {default}" in text


def test_the_version_is_the_packages() -> None:
    assert run("--version").output.strip() == f"acorn-sandbox, version {__version__}"


def test_no_words_at_all_are_answered_with_the_help() -> None:
    assert "Commands:" in run().output


def test_serve_without_flags_serves_the_default_settings(served: list[Settings]) -> None:
    assert run("serve").exit_code == 0
    assert served == [Settings()]


def test_every_flag_becomes_a_setting(served: list[Settings]) -> None:
    words = (
        "serve --host 0.0.0.0 --port 0 --fixture peak_day --seed 0 --clock real --data-dir here --ephemeral "
        "--throttle strict --no-header-faults --log-level debug --cache-dir made --fresh"
    )
    assert run(*words.split()).exit_code == 0
    assert served == [
        Settings(
            "0.0.0.0",
            0,
            "peak_day",
            0,
            ClockMode.REAL,
            Path("here"),
            True,
            Profile.STRICT,
            False,
            log_level="debug",
            cache_dir=Path("made"),
            fresh=True,
        )
    ]


def test_every_flag_can_be_given_by_the_environment(served: list[Settings]) -> None:
    result = run(
        "serve",
        SANDBOX_HOST="::1",
        SANDBOX_PORT="1234",
        SANDBOX_FIXTURE="x.yaml",
        SANDBOX_SEED="5",
        SANDBOX_CLOCK="real",
        SANDBOX_DATA_DIR="there",
        SANDBOX_EPHEMERAL="1",
        SANDBOX_THROTTLE="amazon",
        SANDBOX_HEADER_FAULTS="0",
        SANDBOX_LOG_LEVEL="info",
    )
    assert result.exit_code == 0, result.output
    assert served == [
        Settings("::1", 1234, "x.yaml", 5, ClockMode.REAL, Path("there"), True, Profile.AMAZON, False, log_level="info")
    ]


@pytest.mark.parametrize("written", ["localhost,10.0.0.0/8", " localhost , 10.0.0.0/8 "])
def test_hosts_that_webhooks_may_be_sent_to_are_parted_by_commas(served: list[Settings], written: str) -> None:
    run("serve", "--allow-webhook-hosts", written, "--webhook-timeout", "0.5")
    run("serve", SANDBOX_ALLOW_WEBHOOK_HOSTS=written, SANDBOX_WEBHOOK_TIMEOUT="0.5")
    assert served == [Settings(allow_webhook_hosts=("localhost", "10.0.0.0/8"), webhook_timeout=0.5)] * 2


def test_a_flag_counts_for_more_than_the_environment(served: list[Settings]) -> None:
    run("serve", "--port", "1", SANDBOX_PORT="2")
    assert served[0].port == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--seed", "many"), "'many' is not a valid integer range"),
        (("--seed", "-1"), "-1 is not in the range x>=0"),
        (("--seed", "1.5"), "'1.5' is not a valid integer range"),
        (("--port", "65536"), "65536 is not in the range 0<=x<=65535"),
        (("--port", "http"), "'http' is not a valid integer range"),
        (("--clock", "fast"), "'fast' is not one of 'frozen', 'real'"),
        (("--throttle", "none"), "'none' is not one of 'off', 'default', 'strict', 'peak', 'amazon'"),
        (("--log-level", "loud"), "'loud' is not one of"),
        (("--allow-webhook-hosts", "localhost,a b"), "'a b' is no host, address or network."),
        (("--allow-webhook-hosts", "10.0.0.0/33"), "'10.0.0.0/33' does not appear to be an IPv4 or IPv6 network."),
        (("--webhook-timeout", "0"), "0.0 is not in the range 0<x<=300"),
        (("--prot", "1"), "No such option '--prot'"),
        (("small_chain",), "unexpected extra argument"),
        (("--seed",), "requires an argument"),
    ],
)
def test_a_flag_that_cannot_be_is_refused_in_words(
    served: list[Settings], words: tuple[str, ...], complaint: str
) -> None:
    result = run("serve", *words)
    assert result.exit_code == 2
    assert complaint in result.output
    assert "Traceback" not in result.output
    assert served == []


def test_a_data_folder_that_is_a_file_is_refused(served: list[Settings], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("serve", "--data-dir", str(tmp_path / "file"))
    assert (result.exit_code, served) == (2, [])
    assert "is a file" in result.output


def test_a_word_that_is_no_command_is_refused() -> None:
    result = run("sevre")
    assert result.exit_code == 2
    assert "No such command 'sevre'" in result.output


SERVERS_OWN = {"connexion", "uvicorn", "faker", "PIL", "orjson", "jsonschema_rs", "rich", "yaml"}


@pytest.mark.parametrize("words", [("--help",), ("serve", "--help"), ("--version",)])
def test_what_needs_no_server_loads_none(words: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        "from sandbox_server.cli import main\n"
        f"main({list(words)!r}, standalone_mode=False)\n"
        f"print(sorted({SERVERS_OWN} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_it_runs_as_a_module_under_the_name_that_was_typed() -> None:
    for name, shown in ((None, "acorn-sandbox"), ("python3 run_sandbox.py", "python3 run_sandbox.py")):
        environment = {"SANDBOX_COMMAND": name} if name else {}
        command = [sys.executable, "-m", "sandbox_server", "--help"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.startswith(f"Usage: {shown} ")
