"""A call in which a fault plays, and everything that a fault can do with it."""

import logging
from asyncio import sleep
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
import orjson

from sandbox_server.asgi import ASGIApp, Message, RawHeaders, Receive, Scope, Send, respond
from sandbox_server.middleware.connection import WIRE, Wire
from sandbox_server.services.tenants import Tenant
from sandbox_server.traffic.credentials import Caller
from sandbox_server.traffic.faults import Chosen, Facts

logger = logging.getLogger("sandbox.faults")

LIMIT = 1024 * 1024  # bytes of a request that are read ahead of the operation


class Unanswered(Exception):
    """The operation gave no answer: its client is gone."""


class Answer(msgspec.Struct, frozen=True):
    """
    An answer that is not sent yet.

    Args:
        headers: Without `Content-Length`, which follows from the body when it is sent.
    """

    status: int
    headers: RawHeaders
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says; None where it is empty or no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def header(self, name: bytes) -> bytes | None:
        """Return the value of a header by its lower-case name."""
        return next((value for known, value in self.headers if known == name), None)

    def with_body(self, body: bytes) -> "Answer":
        """Return the answer with another body."""
        return Answer(self.status, self.headers, body)

    def with_json(self, content: Any) -> "Answer":
        """Return the answer with another content."""
        return self.with_body(orjson.dumps(content))


class Wording(Protocol):
    """How the marketplace's contract says that something went wrong."""

    def problem(self, operation: str, status: int, code: str | None, request_id: str) -> tuple[RawHeaders, bytes]:
        """Return the headers and the body of a refusal; without a code, with the usual one of the status."""
        ...


class Request:
    """A request's messages, which may be read ahead of the operation: it gets them all the same."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ahead: list[Message] = []
        self._complete = False

    async def receive(self) -> Message:
        """Receive the next message."""
        return self._ahead.pop(0) if self._ahead else await self._next()

    async def body(self, limit: int = LIMIT) -> bytes:
        """Return the body, read ahead; the beginning of it where it is longer than the limit, or its client goes."""
        while not self._complete and sum(len(message.get("body", b"")) for message in self._ahead) <= limit:
            self._ahead.append(await self._next())
        return b"".join(message.get("body", b"") for message in self._ahead)

    async def say(self, body: bytes) -> None:
        """Let the operation find another body than was sent."""
        await self.body()
        self._ahead = [{"type": "http.request", "body": body, "more_body": not self._complete}]

    async def drain(self) -> None:
        """Take what the client still sends; nobody wants it."""
        self._ahead.clear()
        while not self._complete:
            await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._complete = self._complete or not message.get("more_body", False)
        return message


class Stage:
    """
    A call in which a fault plays.

    Args:
        operation: Answers the call; what it refuses is answered with a problem.
        scope: The request's.
        request: Its messages.
        send: Answers the client.
        chosen: The rule that plays.
        facts: What its rule was told of the call.
        tenant: Whose rule it is, and whose world the call is for.
        wording: How the contract says that something went wrong.
    """

    def __init__(
        self,
        operation: ASGIApp,
        scope: Scope,
        request: Request,
        send: Send,
        chosen: Chosen,
        facts: Facts,
        tenant: Tenant,
        wording: Wording,
    ) -> None:
        self.scope = scope
        self.request = request
        self.send = send
        self.chosen = chosen
        self.facts = facts
        self.tenant = tenant
        self.wording = wording
        self._operation = operation

    @property
    def caller(self) -> Caller | None:
        """Who calls; None where nobody needs to be known."""
        caller: Caller | None = self.scope["state"]["caller"]
        return caller

    @property
    def request_id(self) -> str:
        """The request's identifier."""
        request_id: str = self.scope["state"]["request_id"]
        return request_id

    @property
    def path_parameters(self) -> Mapping[str, str]:
        """What stands in the path, by the contract's names, as text."""
        parameters: Mapping[str, str] = self.scope.get("path_params", {})
        return parameters

    @property
    def wire(self) -> Wire | None:
        """The connection; None where the application is called without a socket."""
        wire: Wire | None = self.scope["extensions"].get(WIRE)
        return wire

    def draw(self, purpose: str) -> float:
        """Return a draw from [0, 1) that no other rule and no other purpose shifts."""
        return self.chosen.draw(purpose)

    async def run(self) -> None:
        """Let the operation answer as if nothing were wrong."""
        await self._operation(self.scope, self.request.receive, self.send)

    async def collect(self, tenant: Any = None) -> Answer:
        """
        Let the operation answer, and keep the answer back: its effect, if it has one, has committed.

        Args:
            tenant: Whose world it acts in instead of the caller's.

        Raises:
            Unanswered: Its client is gone.
        """
        scope = self.scope
        if tenant is not None:
            scope = {**scope, "state": {**scope["state"], "tenant": tenant}}
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._operation(scope, self.request.receive, keep)
        if not messages:
            raise Unanswered
        head, *parts = messages
        headers = [(name, value) for name, value in head["headers"] if name != b"content-length"]
        return Answer(head["status"], headers, b"".join(part.get("body", b"") for part in parts))

    async def answer(self, answer: Answer, instead_of: Answer | None = None) -> None:
        """
        Send an answer.

        Args:
            instead_of: The operation's own, which the journal is told.
        """
        if instead_of is not None and instead_of.body != answer.body:
            self.note_before(instead_of)
        await respond(self.send, answer.status, list(answer.headers), answer.body)

    def note_before(self, answer: Answer) -> None:
        """Tell the journal what was answered before the fault had its way with it."""
        notes = self.scope["state"].get("notes")
        if notes is not None:
            notes["before_fault"] = answer.body

    async def wait(self, seconds: float) -> None:
        """Let real time pass, but no more than the connection lasts; others are answered meanwhile."""
        if self.wire is not None:
            await self.wire.hold(seconds)
        else:
            await sleep(seconds)

    async def close(self, raw: bytes = b"") -> None:
        """
        Close the connection, after bytes that need not be HTTP.

        Without a socket the call ends without an answer, or with half of one.
        """
        wire = self._wire_or_warning()
        if wire is not None:
            await self.request.drain()
            if raw:
                wire.write(raw)
            wire.close()
            await wire.hold()

    async def reset(self) -> None:
        """Break the connection; without a socket the call ends without an answer."""
        wire = self._wire_or_warning()
        if wire is not None:
            wire.reset()
            await wire.hold()

    async def hang(self) -> None:
        """Never answer while the client waits; without a socket the call ends without an answer."""
        wire = self._wire_or_warning()
        if wire is not None:
            await self.request.drain()
            await wire.hold()

    def _wire_or_warning(self) -> Wire | None:
        if self.wire is None:
            rule = self.chosen.rule
            logger.warning("fault %s (%s): there is no connection to break", rule.id, rule.effect_name)
        return self.wire
