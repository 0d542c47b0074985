"""A call of the journal, to be made again: by hand with curl, or by the console itself."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from shlex import quote
from typing import Any, NamedTuple, Self
from urllib.parse import urljoin

from sandbox_server.traffic.redaction import MARK

_PATIENCE_SECONDS = 30
_KNOWS = frozenset({"authorization", "x-api-key"})
_OWN = _KNOWS | {"host", "content-length", "connection", "transfer-encoding", "x-request-id", "accept-encoding"}
"""Headers that a second call makes itself, or that must not be the first one's."""


class Again(NamedTuple):
    """
    A request that can be made.

    Args:
        secret: Whether it had a secret in it that the journal has not kept, so that it cannot be made as it was.
    """

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    secret: bool

    @classmethod
    def of(cls, call: Mapping[str, Any], api_key: str) -> Self:
        """
        Return the request of a call.

        Args:
            call: As the operator's interface tells it.
            api_key: What it proves itself by; the journal keeps no secrets.
        """
        request = call["request"]
        headers = [(one["name"], one["value"]) for one in request["headers"] if one["name"].lower() not in _OWN]
        text = request.get("body", "")
        body = b64decode(text) if request.get("bodyEncoding") == "base64" else text.encode()
        secret = MARK in text or MARK in call["path"] or len(body) != request["bodyBytes"]
        if any(one["name"].lower() in _KNOWS for one in request["headers"]):
            headers.append(("x-api-key", api_key))
        return cls(call["method"], call["path"], headers, body, secret)

    def curl(self, base: str) -> str:
        """Return a command for a shell that makes the call."""
        words = ["curl", "-i", "-X", quote(self.method), quote(urljoin(base, "/") + self.target.removeprefix("/"))]
        words += [part for name, value in self.headers for part in ("-H", quote(f"{name}: {value}"))]
        if self.body:
            words += ["--data-binary", quote(self.body.decode("utf-8", "replace"))]
        return " ".join(words)


def send(again: Again, host: str, port: int) -> str:
    """Make a call to this server, over the network like any client, and return what came of it."""
    connection = HTTPConnection(host, port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request(again.method, again.target, again.body, dict(again.headers))
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return f"{answer.status} {answer.reason}"
