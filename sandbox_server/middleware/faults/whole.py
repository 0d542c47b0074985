"""An answer held back until it is whole, so that another one can leave in its place."""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from sandbox_server.asgi import ASGIApp, Message, RawHeaders, Receive, Scope, Send, respond

_SUCCESSES = range(200, 300)


class Whole(NamedTuple):
    """An answer as the operation gave it; its headers have no Content-Length."""

    status: int
    headers: RawHeaders
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether its body is JSON, a problem's included."""
        kind = next((value for name, value in self.headers if name == b"content-type"), b"")
        return kind.partition(b";")[0].strip().endswith(b"json")

    @property
    def page(self) -> dict[str, Any] | None:
        """The page of a list that it is; None where it is none."""
        if self.status not in _SUCCESSES or not self.is_json:
            return None
        content = orjson.loads(self.body)
        return content if isinstance(content, dict) and isinstance(content.get("items"), list) else None

    def saying(self, content: Any) -> "Whole":
        """Return it with another content."""
        return self._replace(body=orjson.dumps(content))

    async def leave(self, send: Send) -> None:
        """Send it."""
        await respond(send, self.status, list(self.headers), self.body)


async def hold(app: ASGIApp, scope: Scope, receive: Receive) -> Whole:
    """Return the answer to a call."""
    status, headers, parts = 0, RawHeaders(), list[bytes]()

    async def keep(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = [line for line in message["headers"] if line[0] != b"content-length"]
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    return Whole(status, headers, b"".join(parts))


async def turn_page(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, turn: Callable[[dict[str, Any]], object]
) -> None:
    """Answer a call; where the answer is the page of a list, `turn` changes it first."""
    answer = await hold(app, scope, receive)
    page = answer.page
    if page is not None:
        turn(page)
        answer = answer.saying(page)
    await answer.leave(send)
