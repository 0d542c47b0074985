"""
A running sandbox, called as its operator: over HTTP, with the standard library alone.

The command line and the plug-in for pytest go this way. A client's own environment should not have to make room for our
HTTP library, and a help text should not have to wait for one.

    SandboxError
    ├── NoSandbox      nobody answers at the address
    ├── NotASandbox    somebody does, who is none
    └── Refused        it answered with a problem
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

DEFAULT_URL = "http://127.0.0.1:8080"
BASE = "/_sandbox/v1"
_PATIENCE_SECONDS = 300
_JSON = "application/json"
_BYTES = "application/octet-stream"
_PIECE = 64 * 1024
_NOTHING = 204
_REFUSED = 400
Query = Mapping[str, str | int | None]


class SandboxError(Exception):
    """A call that came to nothing; the message says why, for people."""


class NoSandbox(SandboxError):
    """Nobody answers at the address."""


class NotASandbox(SandboxError):
    """Somebody answers at the address, who is no sandbox."""


class Refused(SandboxError):
    """
    The sandbox answered with a problem.

    Args:
        status: The HTTP status.
        problem: The answer (RFC 9457).
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        super().__init__(in_words(problem))


class Sandbox:
    """
    A sandbox at an address. Each call has a connection of its own, so any thread may call.

    Args:
        url: Where it is, as in `http://127.0.0.1:8080`; the marketplace's own `/v1` may follow.
        token: The operator's token, where one is asked for.

    Raises:
        ValueError: That is no address.
    """

    def __init__(self, url: str = DEFAULT_URL, token: str | None = None) -> None:
        self.url = url.strip().rstrip("/").removesuffix("/v1")
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no address such as {DEFAULT_URL}")
        self._secure = parts.scheme == "https"
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body: object = None, query: Query | None = None) -> Any:
        """
        Call one of the operator's operations and return what it answers; None where that is nothing.

        Args:
            path: Behind `/_sandbox/v1`, as in `/tenants/default/clock`.
            body: Sent as JSON; None sends nothing.
            query: Parameters; those that are None are left out.

        Raises:
            SandboxError: It came to nothing.
        """
        content = None if body is None else json.dumps(body).encode()
        with self._answer(method, path, content, _JSON, query) as answer:
            return self._content(answer)

    def download(self, path: str, into: IO[bytes], query: Query | None = None) -> None:
        """
        Write what an operation answers into a file, piece by piece.

        Raises:
            SandboxError: It came to nothing.
        """
        with self._answer("GET", path, None, _JSON, query) as answer:
            while piece := self._read(answer, _PIECE):
                into.write(piece)

    def upload(self, path: str, file: IO[bytes], query: Query | None = None) -> Any:
        """
        Send a file, and return what is answered.

        Raises:
            SandboxError: It came to nothing.
        """
        with self._answer("POST", path, file, _BYTES, query) as answer:
            return self._content(answer)

    @contextmanager
    def _answer(
        self, method: str, path: str, body: bytes | IO[bytes] | None, media_type: str, query: Query | None
    ) -> Iterator[HTTPResponse]:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{self._path}{BASE}{path}" + (f"?{urlencode(given)}" if given else "")
        headers = self._headers if body is None else {**self._headers, "Content-Type": media_type}
        if body is not None and not isinstance(body, bytes):
            headers = {**headers, "Content-Length": str(_length(body))}
        kind = HTTPSConnection if self._secure else HTTPConnection
        with closing(kind(self._host, self._port, timeout=_PATIENCE_SECONDS)) as connection:
            with self._in_its_words():
                # A server that refuses a long body answers before it has all of it.
                with suppress(BrokenPipeError, ConnectionResetError):
                    connection.request(method, target, body, headers)
                answer = connection.getresponse()
            if answer.status >= _REFUSED:
                raise Refused(answer.status, self._content(answer))
            yield answer

    def _content(self, answer: HTTPResponse) -> Any:
        content = self._read(answer)
        if answer.status == _NOTHING:
            return None
        try:
            decoded = json.loads(content)
        except ValueError as error:
            raise self._not_one() from error
        if not isinstance(decoded, dict):
            raise self._not_one()
        return decoded

    def _read(self, answer: HTTPResponse, most: int | None = None) -> bytes:
        with self._in_its_words():
            return answer.read(most)

    @contextmanager
    def _in_its_words(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NoSandbox(f"There is no sandbox at {self.url}: {error.strerror or error}.") from error
        except HTTPException as error:
            raise self._not_one() from error

    def _not_one(self) -> NotASandbox:
        return NotASandbox(f"What answers at {self.url} is no sandbox.")


def in_path(name: str) -> str:
    """Return a name as it stands in a path."""
    return quote(name, safe="")


def in_words(problem: Mapping[str, Any]) -> str:
    """Return a problem for people: what it is, and a line for each thing at fault."""
    first = f"{problem.get('title', 'Refused')}: {problem.get('detail', 'no reason is given')}"
    faults = []
    for error in problem.get("errors", []):
        where = error.get("pointer", error.get("parameter", error.get("header")))
        faults.append(f"{where or 'body'}: {error.get('message', error.get('code'))}")
    return "\n  ".join([first, *(fault for fault in faults if fault not in first)])


def _length(file: IO[bytes]) -> int:
    length = file.seek(0, 2)
    file.seek(0)
    return length
