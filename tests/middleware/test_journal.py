"""Every call is kept, whatever becomes of it, in the journal of whom it is for."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from connexion.middleware.abstract import ROUTING_CONTEXT

from sandbox_server.asgi import ASGIApp, Message, RawHeaders, Receive, Scope, Send, respond
from sandbox_server.domain.errors import GrantRefused, NotFound, Unauthenticated
from sandbox_server.kernel.clock import FrozenClock
from sandbox_server.middleware.journal import Recorder
from sandbox_server.services.access import Authenticated
from sandbox_server.services.changes import heard_by
from sandbox_server.services.journal import Journal
from sandbox_server.services.metrics import Metrics
from sandbox_server.traffic.credentials import Caller, Credential
from sandbox_server.traffic.journal import Ending, Entry, Kept

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
Act = Callable[[Scope, Receive, Send], Awaitable[None]]


class Clock(FrozenClock):
    scale = 0.0


class Tenant:
    def __init__(self, name: str, now: datetime = NOW) -> None:
        self.name = name
        self.clock = Clock(now)
        self.journal = Journal(name)

    def power(self, _kind: type[Journal]) -> Journal:
        return self.journal

    def now(self) -> datetime:
        return self.clock.now()


class Directory:
    def __init__(self) -> None:
        self.default = Tenant("default")
        self.other = Tenant("other", NOW + timedelta(days=1))
        self.caller = Caller(Credential("shop", "", "", ()), frozenset())

    def get(self, name: str) -> Any:
        if name != "other":
            raise NotFound("tenant", name)
        return self.other

    def tenant_of(self, client_id: str) -> Any:
        if client_id != "shop":
            raise GrantRefused("invalid_client", "")
        return self.other

    def identify_key(self, api_key: str) -> Any:
        if api_key != "shop-key":
            raise Unauthenticated("")
        return Authenticated(self.other, self.caller)  # type: ignore[arg-type]  # as much of a tenant as is needed


class Place:
    """A recorder over an application that does as it is told."""

    def __init__(self, besides: Iterable[str] = ()) -> None:
        self.directory = Directory()
        self.metrics = Metrics()
        self.sent: list[Message] = []
        self._act: Act = answer
        self._app: ASGIApp = Recorder(self._do, self.directory, self.metrics, besides)

    async def _do(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._act(scope, receive, send)

    def call(
        self,
        act: Act,
        method: str = "GET",
        path: str = "/v1/orders",
        headers: RawHeaders | None = None,
        bodies: Iterable[bytes] = (b"",),
    ) -> None:
        waiting = list(bodies)

        async def receive() -> Message:
            if not waiting:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

        async def send(message: Message) -> None:
            self.sent.append(message)

        self._act = act
        lines = headers or []
        state = {"request_id": "req_1", "headers": dict(lines), "tenant": self.directory.default, "caller": None}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"limit=3",
            "http_version": "1.1",
            "headers": lines,
            "client": ("127.0.0.1", 5000),
            "state": state,
        }

        async def run() -> None:
            await self._app(scope, receive, send)

        asyncio.run(run())

    def kept(self, tenant: str = "default") -> list[Kept]:
        return list(getattr(self.directory, tenant).journal.entries())

    def entry(self, tenant: str = "default") -> Entry:
        (one,) = self.kept(tenant)
        return one.entry


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await respond(send, 200, [(b"content-type", b"application/json")], b"{}")


async def read_and_answer(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await answer(scope, receive, send)


def test_what_came_and_what_went_is_kept() -> None:
    place = Place()
    place.call(read_and_answer, "POST", headers=[(b"host", b"here")], bodies=[b'{"a"', b":1}"])
    (kept,) = place.kept()
    entry = kept.entry
    assert (entry.method, entry.path, entry.query, entry.status) == ("POST", "/v1/orders", "limit=3", 200)
    assert (kept.request, kept.response) == (b'{"a":1}', b"{}")
    assert (entry.request_id, entry.tenant, entry.peer, entry.http_version) == (
        "req_1",
        "default",
        "127.0.0.1:5000",
        "1.1",
    )
    assert entry.request.fields() == [("host", "here")]
    assert entry.response.fields() == [("content-type", "application/json"), ("content-length", "2")]
    assert (entry.received_at, entry.sent_at, entry.ending) == (NOW, NOW, Ending.ANSWERED)
    assert entry.sent_ns >= entry.received_ns
    assert [message["type"] for message in place.sent] == ["http.response.start", "http.response.body"]


def test_the_operation_and_the_caller_are_told_by_the_layers_below() -> None:
    async def act(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {ROUTING_CONTEXT: {"operation_id": "listOrders"}}
        scope["state"].update(tenant=place.directory.other, caller=place.directory.caller)
        scope["state"]["notes"].update(throttle={"admitted": True, "remaining": 7}, fault=("slow", "delay"))
        await answer(scope, receive, send)

    place = Place()
    place.call(act)
    entry = place.entry("other")
    assert (entry.operation, entry.credential, entry.tenant) == ("listOrders", "shop", "other")
    assert (entry.throttle, entry.fault) == ({"admitted": True, "remaining": 7}, ("slow", "delay"))
    assert entry.received_at == NOW + timedelta(days=1)
    assert place.kept() == []
    text = place.metrics.exposition()
    assert 'sandbox_calls_total{operation="listOrders",status="200"} 1' in text
    assert 'sandbox_faults_total{operation="listOrders",effect="delay"} 1' in text


def test_time_that_runs_is_reckoned_back_to_when_the_call_came() -> None:
    async def act(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["tenant"] = place.directory.other
        scope["state"]["caller"] = place.directory.caller
        await answer(scope, receive, send)

    place = Place()
    place.directory.other.clock.scale = 3600.0
    place.call(act)
    entry = place.entry("other")
    elapsed = timedelta(microseconds=(entry.sent_ns - entry.received_ns) / 1000)
    assert abs(entry.sent_at - entry.received_at - 3600 * elapsed) < timedelta(milliseconds=10)


def test_a_call_over_its_limit_is_counted_as_such() -> None:
    async def act(scope: Scope, _receive: Receive, send: Send) -> None:
        scope["state"]["notes"]["throttle"] = {"admitted": False, "remaining": 0}
        await respond(send, 429, [], b"")

    place = Place()
    place.call(act)
    assert 'sandbox_throttled_total{operation="none"} 1' in place.metrics.exposition()


def test_what_a_call_changes_is_kept_with_it() -> None:
    async def act(scope: Scope, receive: Receive, send: Send) -> None:
        heard = heard_by("req_1")
        if heard is not None:
            heard.append(("orders", "ord_1", None, b"\x91"))
        await answer(scope, receive, send)

    place = Place()
    place.call(act, "POST")
    assert place.entry().changes == (("orders", "ord_1", None, b"\x91"),)


async def say_nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    return


async def stop_halfway(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


async def send_in_pieces(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ab", "more_body": True})
    await send({"type": "http.response.body", "body": b"cd"})


@pytest.mark.parametrize(
    ("act", "ending", "status", "body"),
    [
        (say_nothing, Ending.UNANSWERED, 0, b""),
        (stop_halfway, Ending.CUT_SHORT, 200, b"half"),
        (send_in_pieces, Ending.ANSWERED, 200, b"abcd"),
    ],
)
def test_an_answer_is_kept_as_far_as_it_was_sent(act: Act, ending: Ending, status: int, body: bytes) -> None:
    place = Place()
    place.call(act)
    (kept,) = place.kept()
    assert (kept.entry.ending, kept.entry.status, kept.response) == (ending, status, body)
    assert kept.entry.sent_ns >= kept.entry.received_ns


@pytest.mark.parametrize("error", [asyncio.CancelledError, RuntimeError])
def test_a_call_that_is_broken_off_is_kept_too(error: type[BaseException]) -> None:
    async def act(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise error

    place = Place()
    with pytest.raises(error):
        place.call(act)
    assert place.entry().ending is Ending.UNANSWERED


def test_a_client_that_hangs_up_while_it_sends_is_kept_as_far_as_it_came() -> None:
    async def act(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    place = Place()
    place.call(act, "POST", bodies=[b"half"])
    (kept,) = place.kept()
    assert (kept.request, kept.entry.ending) == (b"half", Ending.UNANSWERED)


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js", "/v1/openapi.json"])
def test_what_lies_beside_the_marketplace_is_not_kept(path: str) -> None:
    place = Place(["/docs", "/v1/openapi.json"])
    place.call(answer, path=path)
    assert place.kept() == []
    assert place.sent


@pytest.mark.parametrize("path", ["/", "/docstore", "/v1/openapi.jsonx", "/orders", "/favicon.ico"])
def test_everything_else_is_kept(path: str) -> None:
    place = Place(["/docs", "/v1/openapi.json"])
    place.call(answer, path=path)
    assert place.entry().path == path


def test_a_servers_start_passes() -> None:
    seen: list[str] = []

    async def act(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing() -> Message:
        return {}

    async def ignore(_message: Message) -> None:
        return

    asyncio.run(Recorder(act, Directory(), Metrics())({"type": "lifespan"}, nothing, ignore))
    assert seen == ["lifespan"]


BASIC = b"Basic " + b64encode(b"shop:secret")


@pytest.mark.parametrize(
    ("headers", "body", "tenant", "client_id"),
    [
        ([(b"x-api-key", b"shop-key")], b"", "other", "shop"),
        ([(b"x-api-key", b"nobody")], b"", "default", None),
        ([(b"authorization", b"Bearer other.at_1")], b"", "other", None),
        ([(b"authorization", b"Bearer nobody.at_1")], b"", "default", None),
        ([(b"authorization", b"Bearer \xe9")], b"", "default", None),
        ([(b"authorization", BASIC)], b"grant_type=client_credentials", "other", "shop"),
        ([(b"authorization", b"Basic ?")], b"", "default", None),
        ([(b"authorization", b"Basic " + b64encode(b":x"))], b"", "default", None),
        ([], b"grant_type=client_credentials&client_id=shop&client_secret=x", "other", "shop"),
        ([], b"client_id=nobody", "default", "nobody"),
        ([], b'{"client_id": "shop"}', "other", "shop"),
        ([], b'{"client_id": 7}', "default", None),
        ([], b'{"client_id": []}', "default", None),
        ([], b'{"client_id"', "default", None),
        ([], b'{"x": "client_id"}', "default", None),
        ([], b"client_id=\xff", "default", None),
        ([], orjson.dumps(["client_id"]), "default", None),
        ([], b"", "default", None),
    ],
)
def test_a_call_that_was_not_let_in_is_kept_where_its_credential_belongs(
    headers: RawHeaders, body: bytes, tenant: str, client_id: str | None
) -> None:
    place = Place()
    place.call(read_and_answer, "POST", headers=headers, bodies=[body])
    assert place.entry(tenant).credential == client_id
