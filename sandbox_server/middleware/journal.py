"""What comes and what goes is kept in the tenant's journal, whatever the layers below make of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT

from sandbox_server.asgi import ASGIApp, Message, RawHeaders, Receive, Scope, Send
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.middleware.owners import Directory, owner_of
from sandbox_server.services.changes import listen
from sandbox_server.services.exchange import Exchange
from sandbox_server.services.journal import Journal
from sandbox_server.services.metrics import Metrics
from sandbox_server.traffic.journal import Change, Ending

_SECOND_NS = 1_000_000_000


class Recorder:
    """
    Keeps every call in the journal of the tenant it is for, the default one's where that is not known.

    Layers below may leave in `scope["state"]["notes"]`: `throttle`, as {"admitted": bool, "remaining": int}; `fault`,
    the id of the rule that played and the name of its effect. They answer through the `send` that they were given, or
    not at all.

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
        watch = _Watch(scope, receive, send)
        state = scope["state"]
        under_way: set[str] = self._metrics.under_way
        under_way.add(state["request_id"])
        try:
            await self._app(scope, watch.receive, watch.send)
        finally:
            self._keep(watch, state)
            under_way.discard(state["request_id"])

    def _keep(self, watch: "_Watch", state: Mapping[str, Any]) -> None:
        watch.end()
        tenant, caller = state["tenant"], state["caller"]
        if caller is not None:
            watch.credential = caller.credential.client_id
        else:
            owner = owner_of(self._directory, state["headers"], watch.request_body)
            watch.credential, tenant = owner.client_id, owner.tenant or tenant
        watch.sent_at = tenant.now()
        if tenant is not self._directory.default:
            # Whose time it was became known on the way; the journal reckons back.
            elapsed = timedelta(seconds=(watch.sent_ns - watch.received_ns) / _SECOND_NS)
            watch.received_at = watch.sent_at - elapsed * getattr(tenant.clock, "scale", 0.0)
        tenant.power(Journal).append(watch.exchange)
        self._count(watch)

    def _count(self, watch: "_Watch") -> None:
        operation = watch.operation
        self._metrics.observe(operation, watch.status, (watch.sent_ns - watch.received_ns) / _SECOND_NS)
        if notes := watch.notes:
            if "fault" in notes:
                self._metrics.observe_fault(operation, notes["fault"][1])
            elif watch.status == HTTPStatus.TOO_MANY_REQUESTS:
                self._metrics.observe_throttled(operation)


class _Watch:
    """Sees what is received and what is sent."""

    __slots__ = (
        "_chunks",
        "_headers",
        "_receive",
        "_scope",
        "_send",
        "changes",
        "credential",
        "ending",
        "notes",
        "received_at",
        "received_ns",
        "request_body",
        "sent_at",
        "sent_ns",
        "status",
    )

    credential: str | None
    sent_at: datetime

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.received_ns = monotonic_ns()
        self.sent_ns = 0
        state = scope["state"]
        self.received_at: datetime = state["tenant"].now()
        self.changes: Sequence[Change] = listen(state["request_id"]) if scope["method"] != "GET" else ()
        self.notes: dict[str, Any] = {}
        state["notes"] = self.notes
        self.request_body = b""
        self.status = 0
        self.ending = Ending.UNANSWERED
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers: RawHeaders = []
        self._chunks: list[bytes] = []

    @property
    def operation(self) -> str | None:
        """The operation that was found."""
        found: str | None = self._scope.get("extensions", {}).get(ROUTING_CONTEXT, {}).get("operation_id")
        return found

    async def receive(self) -> Message:
        """Receive the next message of the request."""
        message = await self._receive()
        if message["type"] == "http.request":
            body = message.get("body", b"")
            self.request_body = self.request_body + body if self.request_body else body
        return message

    async def send(self, message: Message) -> None:
        """Send the next message of the answer."""
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        # Before it leaves: a client is blamed for coming back too early, and may have had it before we go on.
        sent_ns = monotonic_ns() if is_last else 0
        await self._send(message)
        if message["type"] == "http.response.body":
            self._chunks.append(message.get("body", b""))
            if is_last:
                self.ending, self.sent_ns = Ending.ANSWERED, sent_ns
        elif message["type"] == "http.response.start":
            self.status, self._headers = message["status"], message["headers"]
            self.ending = Ending.CUT_SHORT

    def end(self) -> None:
        """Note when it was over, though it was not answered in full, and let go of the connection."""
        self.sent_ns = self.sent_ns or monotonic_ns()
        del self._receive, self._send

    def exchange(self) -> Exchange:
        """Return what was seen."""
        scope, chunks = self._scope, self._chunks
        client = scope.get("client")
        return Exchange(
            scope["method"],
            scope.get("raw_path") or scope["path"].encode(),
            scope["state"]["request_id"],
            self.received_at,
            self.received_ns,
            self.sent_at,
            self.sent_ns,
            scope["query_string"],
            scope.get("http_version", "1.1"),
            f"{client[0]}:{client[1]}" if client else "",
            scope["headers"],
            self.request_body,
            self.status,
            self._headers,
            chunks[0] if len(chunks) == 1 else b"".join(chunks),
            self.ending,
            self.operation,
            self.credential,
            self.changes,
            self.notes,
        )
