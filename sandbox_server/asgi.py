"""The words of ASGI, and the one way in which every part of the server answers."""

from asyncio import create_task, sleep
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Layer = Callable[[ASGIApp], ASGIApp]
"""What wraps an application into another one."""
RawHeaders = list[tuple[bytes, bytes]]
"""Header lines as they go to the socket: lower-case names, latin-1 values."""


def raw_headers(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    """Return the header lines for names and values."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def beside(life: Awaitable[None], work: Coroutine[Any, Any, None]) -> None:
    """Let an application live, and work beside it until it has ended."""
    working = create_task(work)
    try:
        await life
    finally:
        working.cancel()


async def respond(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    """Send a whole answer: one message for its head, one for its body."""
    if status not in _WITHOUT_BODY:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def respond_in_pieces(send: Send, status: int, headers: RawHeaders, pieces: Iterator[bytes]) -> None:
    """Send an answer whose length nobody knows yet; others are answered between its pieces."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await sleep(0)
    await send({"type": "http.response.body", "body": b""})


_WITHOUT_BODY = {204, 304}
