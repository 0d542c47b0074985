"""What comes and what goes is kept in the tenant's journal, whatever the layers below make of it."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT

from sandbox_server.asgi import ASGIApp, Message, Receive, Scope, Send
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.middleware.owners import Directory, owner_of
from sandbox_server.services.changes import listen
from sandbox_server.services.exchange import Exchange
from sandbox_server.services.metrics import Metrics
from sandbox_server.traffic.journal import Ending

_SECOND_NS = 1_000_000_000

logger = logging.getLogger("sandbox.journal")


class Recorder:
    """
    Keeps every call in the journal of the tenant it is for, the default one's where that is not known.

    Layers below may leave in `scope["state"]["notes"]`: `throttle`, what was decided; `fault`, the rule that played and
    its effect. They must answer through the `send` they were given, or not at all.

    Args:
        app: Takes the calls.
        directory: Knows whose a call is that security did not let in.
        metrics: Counts the calls.
        besides: Paths that are no part of the marketplace, and those below them: the operator's, the documents'.
    """

    def __init__(self, app: ASGIApp, directory: Directory, metrics: Metrics, besides: Iterable[str] = ()) -> None:
        self._app = app
        self._directory = directory
        self._metrics = metrics
        self._besides = tuple(f"{path}/" for path in besides)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and keep it when it is over, however it ends."""
        if scope["type"] != "http" or f"{scope['path']}/".startswith(self._besides):
            await self._app(scope, receive, send)
            return
        state = scope["state"]
        exchange = _begun(scope, state["tenant"].now())
        exchange.notes = state["notes"] = {}
        exchange.changes = listen(exchange.request_id)
        watch = _Watch(exchange, receive, send)
        try:
            await self._app(scope, watch.receive, watch.send)
        finally:
            self._keep(scope, watch)

    def _keep(self, scope: Scope, watch: "_Watch") -> None:
        exchange = watch.finished()
        exchange.operation = scope.get("extensions", {}).get(ROUTING_CONTEXT, {}).get("operation_id")
        try:
            self._append(exchange, scope["state"])
        except Exception:
            logger.exception("request %s was not kept in the journal", exchange.request_id)
        self._count(exchange)

    def _append(self, exchange: Exchange, state: Mapping[str, Any]) -> None:
        tenant, caller = state["tenant"], state["caller"]
        if caller is not None:
            exchange.credential = caller.credential.client_id
        else:
            owner = owner_of(self._directory, state["headers"], exchange.request_body)
            exchange.credential, tenant = owner.client_id, owner.tenant or tenant
        exchange.sent_at = tenant.now()
        if tenant is not self._directory.default:
            # Whose time it was became known on the way; the journal reckons back.
            elapsed = timedelta(seconds=(exchange.sent_ns - exchange.received_ns) / _SECOND_NS)
            exchange.received_at = exchange.sent_at - elapsed * getattr(tenant.clock, "scale", 0.0)
        tenant.journal.append(exchange)

    def _count(self, exchange: Exchange) -> None:
        seconds = (exchange.sent_ns - exchange.received_ns) / _SECOND_NS
        self._metrics.observe(exchange.operation, exchange.status, seconds)
        if exchange.notes:
            fault, throttle = exchange.notes.get("fault"), exchange.notes.get("throttle")
            if fault is not None:
                self._metrics.observe_fault(exchange.operation, str(fault[1]))
            elif throttle is not None and exchange.status == 429:
                self._metrics.observe_throttled(exchange.operation)


class _Watch:
    """Sees what is received and what is sent."""

    __slots__ = ("_chunks", "_exchange", "_receive", "_send")

    def __init__(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        self._exchange = exchange
        self._receive = receive
        self._send = send
        self._chunks: list[bytes] = []

    async def receive(self) -> Message:
        """Receive the next message of the request."""
        message = await self._receive()
        if message["type"] == "http.request":
            body = message.get("body", b"")
            self._exchange.request_body = self._exchange.request_body + body if self._exchange.request_body else body
        return message

    async def send(self, message: Message) -> None:
        """Send the next message of the answer."""
        await self._send(message)
        exchange = self._exchange
        if message["type"] == "http.response.body":
            self._chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                exchange.ending = Ending.ANSWERED
                exchange.sent_ns = monotonic_ns()
        elif message["type"] == "http.response.start":
            exchange.status, exchange.response_headers = message["status"], message["headers"]
            exchange.ending = Ending.CUT_SHORT

    def finished(self) -> Exchange:
        """Return what was seen."""
        exchange, chunks = self._exchange, self._chunks
        exchange.response_body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if exchange.ending is not Ending.ANSWERED:
            exchange.sent_ns = monotonic_ns()
        return exchange


def _begun(scope: Scope, now: datetime) -> Exchange:
    path = scope.get("raw_path") or scope["path"].encode()
    exchange = Exchange(scope["method"], path, scope["state"]["request_id"], now, monotonic_ns())
    exchange.query = scope["query_string"]
    exchange.http_version = scope["http_version"]
    exchange.request_headers = scope["headers"]
    if scope.get("client"):
        host, port = scope["client"]
        exchange.peer = f"{host}:{port}"
    return exchange
