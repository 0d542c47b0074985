"""Calls an ASGI application with exactly the bytes that a test wants to send."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from sandbox_server.asgi import ASGIApp, Message, RawHeaders


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


def request(
    app: ASGIApp,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes | Sequence[bytes] = b"",
    *,
    key: str | None = "writer",
) -> Got:
    """Return the answer to a request; a body in several chunks comes without Content-Length."""
    lines: RawHeaders = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    if key:
        lines.append((b"x-api-key", key.encode()))
    if isinstance(body, bytes):
        if body and not any(name == b"content-length" for name, _ in lines):
            lines.append((b"content-length", b"%d" % len(body)))
    else:
        lines.append((b"transfer-encoding", b"chunked"))
    sent = exchange(app, method, target, lines, [body] if isinstance(body, bytes) else list(body))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    given = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Got(sent[0]["status"], given, sent[1]["body"])


NOWHERE = ("127.0.0.1", 9)
"""What a server says that its address is: nobody listens there."""


def exchange(
    app: ASGIApp, method: str, target: str, lines: RawHeaders, chunks: list[bytes], *, hangs_up: bool = False
) -> list[Message]:
    """Return the messages that the application sends to a client, which may hang up before its last chunk."""
    raw_path, _, query = target.encode("latin-1").partition(b"?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": unquote(raw_path.decode("latin-1")),
        "raw_path": raw_path,
        "query_string": query,
        "headers": lines,
        "root_path": "",
        "server": NOWHERE,
    }
    incoming: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if not hangs_up:
        incoming[-1]["more_body"] = False
    sent: list[Message] = []

    async def receive() -> Message:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(_run(app, scope, receive, send))
    return sent


async def _run(app: ASGIApp, *exchange: Any) -> None:
    await app(*exchange)
