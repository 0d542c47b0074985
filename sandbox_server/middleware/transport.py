"""What holds for every answer: a request id, and the tenant's own time."""

import re
from collections.abc import Awaitable
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from itertools import count
from typing import Any, Protocol

from sandbox_server.asgi import ASGIApp, Message, RawHeaders, Receive, Scope, Send
from sandbox_server.kernel.ids import make_id

_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Clock(Protocol):
    """What tells a virtual time: a tenant."""

    def now(self) -> datetime:
        """Return the virtual time."""
        ...


class Clocks(Protocol):
    """What knows whose time it is before the caller is known: the directory of callers."""

    @property
    def default(self) -> Clock:
        """The default tenant."""
        ...


class Transport:
    """
    The outermost part: it gives each request its state and each answer `X-Request-Id` and `Date`.

    What the layers below find in `scope["state"]`: `request_id`; `headers`, by lower-case name, repeated ones joined
    with commas; `tenant` and `caller`, the default tenant and None until a layer below knows better; `stamps`, header
    lines that a layer puts there for the answer, whoever makes it.

    Args:
        app: Takes the requests.
        directory: Knows the default tenant.
        seed: What made-up request ids follow from.
        first: The number of the first of them.
    """

    def __init__(self, app: ASGIApp, directory: Clocks, seed: int, first: int = 0) -> None:
        self._app = app
        self._directory = directory
        self._seed = seed
        self._numbers = count(first)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; see a server's start and end through."""
        if scope["type"] == "http":
            await self._exchange(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def _exchange(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        headers = _by_name(scope["headers"])
        request_id = self._request_id(headers)
        state: dict[str, Any] = scope.setdefault("state", {})
        state.update(request_id=request_id, headers=headers, tenant=self._directory.default, caller=None, stamps=())

        def send_stamped(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                date = http_date(state["tenant"].now())
                message["headers"] += ((b"x-request-id", request_id.encode()), (b"date", date), *state["stamps"])
            return send(message)

        return self._app(scope, receive, send_stamped)

    def _request_id(self, headers: dict[bytes, bytes]) -> str:
        """Return the client's own request id when it is a sane one, else the next of the server's."""
        given = headers.get(b"x-request-id")
        if given is not None and _SANE.fullmatch(given):
            return given.decode()
        return make_id(self._seed, "req", next(self._numbers))


@lru_cache(maxsize=64)  # a clock that stands says the same instant again and again
def http_date(now: datetime) -> bytes:
    """Return an aware UTC instant as the `Date` header writes it (RFC 9110, 5.6.7)."""
    return _http_date(now.replace(microsecond=0))


@lru_cache(maxsize=64)  # and one that runs, the same second
def _http_date(second: datetime) -> bytes:
    return format_datetime(second, usegmt=True).encode()


def _by_name(lines: RawHeaders) -> dict[bytes, bytes]:
    """Return header values by name; repeated ones become one list, as RFC 9110, 5.3 has it."""
    headers = dict(lines)
    if len(headers) != len(lines):
        for name in headers:
            headers[name] = b", ".join(value for other, value in lines if other == name)
    return headers


async def _live(receive: Receive, send: Send) -> None:
    """Answer a server that announces its start and its end."""
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})
