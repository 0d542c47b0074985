"""How a page's thread reaches the sandbox, which lives on the event loop and may be touched nowhere else."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson

from sandbox_server.asgi import ASGIApp, Message, RawHeaders
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.control.wire import BASE
from sandbox_server.remote import Refused
from sandbox_server.services.ports import Transaction

R = TypeVar("R")
Query = Mapping[str, str | int | None]

_PATIENCE_SECONDS = 300
_REFUSED = 400
_JSON = (b"content-type", b"application/json")


class Reach:
    """
    The sandbox, for one request to the console.

    Args:
        loop: Where the sandbox lives.
        registry: Knows the tenants.
        operator: Answers the operator's operations.
        token: What they ask for; None where they ask for nothing.
        request_id: What the request does is owed to.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        registry: Registry,
        operator: ASGIApp,
        token: str | None,
        request_id: str,
    ) -> None:
        self._loop = loop
        self._registry = registry
        self._operator = operator
        self._headers: RawHeaders = [_JSON, (b"x-request-id", request_id.encode())]
        if token is not None:
            self._headers.append((b"authorization", f"Bearer {token}".encode()))

    def ask(self, question: Callable[[Registry], R]) -> R:
        """Return what a question finds out on the loop; it must be quick, for nobody else is answered meanwhile."""

        async def answer() -> R:
            return question(self._registry)

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result(_PATIENCE_SECONDS)

    def look(self, tenant: str, question: Callable[[Record, Transaction], R]) -> R:
        """
        Return what a question finds out about a tenant's world, in a transaction that changes nothing.

        Raises:
            NotFound: There is no such tenant.
        """

        def look_at(registry: Registry) -> R:
            record = registry.get(tenant)
            with record.tenant.read() as tx:
                return question(record, tx)

        return self.ask(look_at)

    def call(self, method: str, path: str, body: object = None, query: Query | None = None) -> Any:
        """
        Call one of the operator's operations and return what it answers; None where that is nothing.

        Args:
            path: Behind `/_sandbox/v1`, as in `/tenants/default/clock`.
            query: Parameters; those that are None are left out.

        Raises:
            Refused: It answered with a problem.
        """
        asked = urlencode([(name, value) for name, value in (query or {}).items() if value is not None])
        exchange = self._exchange(method, BASE + path, asked, b"" if body is None else orjson.dumps(body))
        status, content = asyncio.run_coroutine_threadsafe(exchange, self._loop).result(_PATIENCE_SECONDS)
        told: Any = orjson.loads(content) if content else None
        if status >= _REFUSED:
            raise Refused(status, told)
        return told

    async def _exchange(self, method: str, path: str, query: str, body: bytes) -> tuple[int, bytes]:
        lines = [*self._headers, (b"content-length", b"%d" % len(body))]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": quote(path).encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": lines,
        }
        status, pieces = 0, []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            pieces.append(message.get("body", b""))

        await self._operator(scope, receive, send)
        return status, b"".join(pieces)
