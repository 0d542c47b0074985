"""The operator's way to a sandbox: what is sent, what is read, and what is made of everything that goes wrong."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from threading import Thread
from typing import Any

import pytest

from sandbox_server.remote import NoSandbox, NotASandbox, Refused, Sandbox, SandboxError, in_path, in_words

PROBLEM = {"title": "It is wrong", "detail": "Quite.", "errors": [{"parameter": "limit", "message": "At most 100."}]}


class Double(BaseHTTPRequestHandler):
    """Answers as the path says, and remembers what was asked."""

    asked: list[tuple[str, str, dict[str, str], bytes]]

    def answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.asked.append((self.command, self.path, headers, body))
        kind = self.path.partition("?")[0].rsplit("/", 1)[-1]
        if kind == "nothing":
            self.reply(204, b"")
        elif kind == "refused":
            self.reply(422, json.dumps(PROBLEM).encode())
        elif kind == "broken":
            self.reply(500, b"<html>")
        elif kind == "cut":
            self.reply(200, b"{", length=100)
        elif kind == "silence":
            self.close_connection = True
        elif kind == "babble":
            self.wfile.write(b"I speak no HTTP\r\n\r\n")
            self.close_connection = True
        elif kind == "long":
            self.reply(200, bytes(200_000))
        else:
            self.reply(200, b'{"it": "works"}')

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def reply(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's word
        pass


@pytest.fixture
def double() -> Iterator[tuple[Sandbox, list[Any]]]:
    """Return what calls a double of a sandbox with a token, and what the double was asked."""
    asked: list[Any] = []
    with HTTPServer(("127.0.0.1", 0), type("Remembering", (Double,), {"asked": asked})) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Sandbox(f"http://127.0.0.1:{server.server_port}/behind/a/proxy", "secret"), asked
        finally:
            server.shutdown()
            thread.join()


def test_a_call_is_sent_as_json_with_the_token_and_the_parameters_that_are_given(
    double: tuple[Sandbox, list[Any]],
) -> None:
    sandbox, asked = double
    answer = sandbox.call("POST", "/tenants", {"name": "ü"}, {"limit": 1, "cursor": None, "sku": "A B"})
    assert answer == {"it": "works"}
    ((method, path, headers, body),) = asked
    assert (method, path) == ("POST", "/behind/a/proxy/_sandbox/v1/tenants?limit=1&sku=A+B")
    assert (headers["authorization"], headers["content-type"]) == ("Bearer secret", "application/json")
    assert json.loads(body) == {"name": "ü"}


def test_a_call_without_a_body_sends_none(double: tuple[Sandbox, list[Any]]) -> None:
    sandbox, asked = double
    assert sandbox.call("DELETE", "/nothing") is None
    assert "content-type" not in asked[0][2]


def test_a_file_is_sent_whole_and_received_whole(double: tuple[Sandbox, list[Any]]) -> None:
    sandbox, asked = double
    assert sandbox.upload("/snapshots/import", BytesIO(bytes(100_000)), {"name": "one"}) == {"it": "works"}
    assert (len(asked[0][3]), asked[0][2]["content-type"]) == (100_000, "application/octet-stream")
    into = BytesIO()
    sandbox.download("/long", into)
    assert into.getvalue() == bytes(200_000)


def test_a_problem_becomes_a_refusal_with_its_words(double: tuple[Sandbox, list[Any]]) -> None:
    with pytest.raises(Refused) as refused:
        double[0].call("GET", "/refused")
    assert (refused.value.status, refused.value.problem) == (422, PROBLEM)
    assert str(refused.value) == "It is wrong: Quite.\n  limit: At most 100."


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/broken", NotASandbox), ("/babble", NotASandbox), ("/cut", NotASandbox), ("/silence", NoSandbox)],
)
def test_an_answer_that_is_none_is_told_as_what_it_is(
    double: tuple[Sandbox, list[Any]], path: str, kind: type[SandboxError]
) -> None:
    with pytest.raises(kind, match="sandbox"):
        double[0].call("GET", path)


def test_a_download_that_is_refused_writes_nothing(double: tuple[Sandbox, list[Any]]) -> None:
    into = BytesIO()
    with pytest.raises(Refused):
        double[0].download("/refused", into)
    assert into.getvalue() == b""


def test_a_secure_address_is_called_securely(double: tuple[Sandbox, list[Any]]) -> None:
    plain = double[0].url
    with pytest.raises(NoSandbox):
        Sandbox(plain.replace("http:", "https:")).call("GET", "/tenants")


@pytest.mark.parametrize("url", ["http://h:8080", "http://h:8080/", "http://h:8080/v1", " http://h:8080/v1/ "])
def test_an_address_may_be_the_marketplaces(url: str) -> None:
    assert Sandbox(url).url == "http://h:8080"


@pytest.mark.parametrize("url", ["", "h", "h:1", "file:///h", "http://:1", "http://h#x", "http://h:70000"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        Sandbox(url)


def test_a_problem_says_each_thing_once_and_where_it_is() -> None:
    errors = [
        {"pointer": "", "message": "One of them."},
        {"pointer": "/a", "message": "Too long."},
        {"header": "Idempotency-Key", "code": "REQUIRED"},
    ]
    problem = {"title": "Wrong", "detail": "/a: Too long.", "errors": errors}
    assert in_words(problem).splitlines() == [
        "Wrong: /a: Too long.",
        "  body: One of them.",
        "  Idempotency-Key: REQUIRED",
    ]
    assert in_words({}) == "Refused: no reason is given"


def test_a_name_keeps_to_its_place_in_a_path() -> None:
    assert in_path("../a b/ü") == "..%2Fa%20b%2F%C3%BC"
