"""What all commands share: finding the sandbox, being refused, and being typed wrongly."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.commands.shell import Shell, type_in
from tests.e2e.server import Server, running

EVERY = (
    ("audit",),
    ("clock",),
    ("clock", "advance", "PT1S"),
    ("clock", "set", "--mode", "real"),
    ("clock", "freeze"),
    ("faults",),
    ("faults", "add", "--effect", "lostResponse"),
    ("faults", "clear"),
    ("faults", "catalogue"),
    ("journal", "tail"),
    ("journal", "show", "1"),
    ("journal", "unmatched"),
    ("journal", "verify"),
    ("place-order",),
    ("snapshot",),
    ("snapshot", "take"),
    ("snapshot", "restore", "snp_aaaa"),
    ("snapshot", "fork", "snp_aaaa"),
    ("tenants",),
    ("tenants", "show"),
    ("tenants", "create"),
    ("tenants", "reset"),
    ("tenants", "delete", "one"),
)
TOKEN = "a-token-of-the-operator"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    """Return a sandbox that asks for a token."""
    with running("--operator-token", TOKEN) as server:
        yield server


class NoSandboxAtAll(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"[]" if self.path.endswith("/audit") else b"It works!")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's word
        pass


@pytest.fixture
def stranger() -> Iterator[str]:
    """Return the address of a server that is no sandbox."""
    with HTTPServer(("127.0.0.1", 0), NoSandboxAtAll) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def nobody() -> Iterator[str]:
    """Return an address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_where_nobody_answers_a_sentence_says_what_to_do(nobody: str, words: tuple[str, ...]) -> None:
    result = type_in(*words, "--url", nobody)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: There is no sandbox at {nobody}: Connection refused. "
        "Start one with 'acorn-sandbox serve', or say where it is with --url (or SANDBOX_URL).\n"
    )


@pytest.mark.parametrize("command", ["clock", "audit"])
def test_a_server_that_is_no_sandbox_is_told_from_one(stranger: str, command: str) -> None:
    result = type_in(command, "--url", stranger)
    assert (result.exit_code, result.stderr) == (1, f"Error: What answers at {stranger} is no sandbox.\n")


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_without_the_token_the_answer_says_how_to_give_it(guarded: Server, words: tuple[str, ...]) -> None:
    result = type_in(*words, "--url", guarded.origin)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "--operator-token (or SANDBOX_OPERATOR_TOKEN)" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_token_is_refused(guarded: Server) -> None:
    assert type_in("clock", "--url", guarded.origin, "--operator-token", "wrong").exit_code == 1


def test_the_token_opens_by_flag_and_by_environment(guarded: Server) -> None:
    assert type_in("clock", "--url", guarded.origin, "--operator-token", TOKEN).exit_code == 0
    assert type_in("clock", "--url", guarded.origin, SANDBOX_OPERATOR_TOKEN=TOKEN).exit_code == 0


def test_the_environment_says_where_the_sandbox_is(server: Server) -> None:
    assert type_in("clock", SANDBOX_URL=server.origin).exit_code == 0


def test_the_marketplaces_base_url_will_do_as_well(server: Server) -> None:
    assert type_in("clock", "--url", f"{server.url}/").exit_code == 0


@pytest.mark.parametrize(
    "url", ["", "8080", "localhost:8080", "ftp://localhost", "http://", "http://h:port", "http://h?q"]
)
def test_an_address_that_is_none_is_a_wrong_use(url: str) -> None:
    result = type_in("clock", "--url", url)
    assert result.exit_code == 2
    assert "is no address such as http://127.0.0.1:8080" in result.stderr or "ort" in result.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("clock", "advance"), "Missing argument 'LENGTH'"),
        (("clock", "advance", "a while"), "'a while' is neither a duration such as PT15M nor an instant"),
        (("clock", "set"), "One of --mode, --scale and --now is needed"),
        (("clock", "set", "--mode", "fast"), "'fast' is not one of 'frozen', 'real', 'scaled'"),
        (("clock", "sett"), "No such command 'sett'"),
        (("faults", "add"), "--effect says what is to happen"),
        (("faults", "add", "--effect", "lostResponse", "--header", "X-Canary"), "--header takes NAME=VALUE"),
        (("faults", "add", "--effect", "lostResponse", "--max-count", "often"), "'often' is not a valid integer"),
        (("faults", "add", "nowhere.json"), "nowhere.json"),
        (("journal",), "Usage: acorn-sandbox journal [OPTIONS] COMMAND"),
        (("journal", "tail", "--status", "99"), "99 is not in the range"),
        (("journal", "tail", "--verdict", "odd"), "'odd' is not one of"),
        (("place-order", "SKU-00001=two"), "'two' is no number of units, as in SKU-00001=2"),
        (("place-order", "--count", "0"), "0 is not in the range"),
        (("snapshot", "restore"), "Missing argument 'SNAPSHOT'"),
        (("snapshot", "import", "nowhere.snapshot"), "nowhere.snapshot"),
        (("tenants", "delete"), "Missing argument 'NAME'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_use_is_told_in_words(words: tuple[str, ...], complaint: str) -> None:
    result = type_in(*words)
    assert result.exit_code == 2
    assert complaint in result.output
    assert "Traceback" not in result.output


def test_a_tenant_that_there_is_not_is_refused_whatever_it_is_called(server: Server) -> None:
    for name in ("nobody", "a/b", "../default", "ü"):
        result = type_in("clock", "--url", server.origin, "--tenant", name)
        assert result.exit_code == 1, name
        assert result.stderr.startswith("Error: "), name


def test_a_group_shows_its_help_when_asked(shell: Shell) -> None:
    for group in ("clock", "faults", "journal", "snapshot", "tenants"):
        assert f"Usage: acorn-sandbox {group} [OPTIONS] COMMAND" in type_in(group, "--help").stdout


def test_help_of_the_commands_loads_neither_a_server_nor_a_client() -> None:
    heavy = {"connexion", "uvicorn", "faker", "PIL", "orjson", "jsonschema_rs", "rich", "yaml", "http.client"}
    program = (
        "import sys\n"
        "from sandbox_server.cli import main\n"
        "main(['faults', 'add', '--help'], standalone_mode=False)\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
