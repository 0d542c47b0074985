"""Serving: addresses that cannot be had, worlds that are none, and a clean end."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sandbox_server.cli import main
from sandbox_server.serving import greeting
from tests.e2e.server import read_until, running, start


def run(*words: str) -> Result:
    """Serve in this process, as far as it gets."""
    return CliRunner().invoke(main, ["serve", "--ephemeral", "--port", "0", *words], prog_name="acorn-sandbox")


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_told_with_a_way_out(taken: int) -> None:
    result = run("--port", str(taken))
    assert result.exit_code == 1
    assert result.output == (
        f"Error: Cannot listen on 127.0.0.1:{taken}: Address already in use. "
        "Choose another port with --port; 0 takes a free one.\n"
    )


def test_a_host_that_nobody_knows_is_told_with_a_way_out() -> None:
    result = run("--host", "nowhere.invalid")
    assert result.exit_code == 1
    assert result.output.startswith("Error: There is no address nowhere.invalid: ")
    assert result.output.endswith("Try --host 127.0.0.1.\n")


def test_a_host_that_is_another_machines_is_told_with_a_way_out() -> None:
    result = run("--host", "192.0.2.1")  # RFC 5737: for documentation, and nobody's
    assert result.exit_code == 1
    assert result.output.startswith("Error: Cannot listen on 192.0.2.1:0: ")


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example", "é" * 70])
def test_a_host_that_is_no_name_is_told_without_a_traceback(host: str) -> None:
    result = run("--host", host)
    assert result.exit_code == 1
    assert result.output == f"Error: There is no address {host}: that is no host's name. Try --host 127.0.0.1.\n"


def test_a_fixture_that_nobody_knows_is_answered_with_those_that_are() -> None:
    result = run("--fixture", "small_chian")
    assert result.exit_code == 1
    assert result.output.startswith("Error: there is no fixture 'small_chian'")
    for name in ("small_chain", "regional_chain", "peak_day"):
        assert name in result.output


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (": {", "fixture.yaml"),
        ("seed: 1", "fixture.yaml"),
        ("[]", "fixture.yaml"),
        ("a: &a [*a]", "fixture.yaml"),
        ("\x00", "fixture.yaml"),
    ],
)
def test_a_file_that_is_no_fixture_is_told_by_its_name(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "fixture.yaml"
    path.write_text(text)
    result = run("--fixture", str(path))
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert complaint in result.output
    assert isinstance(result.exception, SystemExit)


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "missing.yaml"
    assert str(path) in run("--fixture", str(path)).output.replace("\n", "")


def test_the_greeting_names_the_address_in_every_command() -> None:
    text = greeting("http://127.0.0.1:1234", "in memory")
    assert text.count("curl -s ") == 3
    assert text.count("http://127.0.0.1:1234/v1/") == 3
    assert "http://127.0.0.1:1234/docs" in text


@pytest.mark.parametrize(("by", "exit_code", "said"), [(signal.SIGINT, 0, "Stopped.\n"), (signal.SIGTERM, -15, "")])
def test_it_ends_when_it_is_told_to(by: signal.Signals, exit_code: int, said: str) -> None:
    with running() as server, server.client() as client:
        assert client.get("/health").status_code == 200
        assert server.stop(by) == (exit_code, said, "")


def test_ctrl_c_while_a_world_is_made_ends_it_without_a_traceback() -> None:
    process = start("serve", "--ephemeral", "--port", "0", "--fixture", "peak_day", "--log-level", "debug")
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in said + complained


def test_it_listens_where_it_is_told_to() -> None:
    with running("--host", "localhost") as server:
        assert server.url.startswith("http://localhost:")
        with server.client() as client:
            assert client.get("/health").json()["world"] == "small_chain"


def test_one_port_serves_one_sandbox() -> None:
    with running() as server:
        port = server.origin.rpartition(":")[2]
        second = start("serve", "--ephemeral", "--port", port)
        _, complained = second.communicate(timeout=60)
        assert second.returncode == 1
        assert f"Cannot listen on 127.0.0.1:{port}" in complained


def test_the_address_can_be_had_again_as_soon_as_it_is_free() -> None:
    with running() as server:
        port = server.origin.rpartition(":")[2]
        with server.client() as client:
            client.get("/health")
            server.stop(signal.SIGKILL)
    second = start("serve", "--ephemeral", "--port", port)
    assert f":{port}/v1" in read_until(second, "Ctrl-C stops it.")
    second.kill()
    second.communicate()
