"""What a fault can do with a call, without a socket."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from sandbox_server.asgi import ASGIApp, Message, Receive, Scope, Send
from sandbox_server.middleware.connection import WIRE, Wire
from sandbox_server.middleware.faults.stage import Answer, Request, Stage, Unanswered
from sandbox_server.traffic.faults import Chosen, Facts, Rule


def request(*chunks: bytes, hangs_up: bool = False) -> Request:
    """A request in some chunks, by a client that may hang up after the last."""
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if not hangs_up:
        messages[-1]["more_body"] = False

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return Request(receive)


def stage(app: ASGIApp, came: Request | None = None, **state: Any) -> tuple[Stage, list[Message]]:
    """A call to an application, and what its client is sent."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    chosen = Chosen(Rule(id="it", effect={"lostResponse": True}), 1, 7)
    scope = {"extensions": {}, "state": {"tenant": "its own", "caller": None, "request_id": "r-1", **state}}
    facts = Facts("listStores")
    tenant: Any = state.get("tenant")
    wording: Any = None
    return Stage(app, scope, came or request(b""), send, chosen, facts, tenant, wording), sent


def read(request: Request) -> Any:
    """Read a request as an operation does."""

    async def play() -> list[tuple[str, bytes]]:
        found = []
        while True:
            message = await request.receive()
            found.append((message["type"], message.get("body", b"")))
            if not message.get("more_body", False):
                return found

    return play()


def test_a_body_that_was_read_ahead_is_read_again_in_its_chunks() -> None:
    async def play() -> Any:
        came = request(b"ab", b"cd", b"e")
        return await came.body(), await came.body(), await read(came)

    body, again, found = asyncio.run(play())
    assert body == again == b"abcde"
    assert found == [("http.request", b"ab"), ("http.request", b"cd"), ("http.request", b"e")]


def test_a_long_body_is_not_read_to_its_end() -> None:
    async def play() -> Any:
        came = request(b"abc", b"def", b"ghi")
        return await came.body(limit=3), await read(came)

    body, found = asyncio.run(play())
    assert body == b"abcdef"
    assert [part for _, part in found] == [b"abc", b"def", b"ghi"]


def test_an_operation_finds_the_body_that_a_fault_gave_it() -> None:
    async def play() -> Any:
        came = request(b"ab", b"cd")
        await came.say(b"other")
        return await read(came)

    assert asyncio.run(play()) == [("http.request", b"other")]


def test_a_client_that_hangs_up_is_gone_for_the_operation_as_well() -> None:
    async def play() -> Any:
        came = request(b"ab", hangs_up=True)
        return await came.body(), await read(came)

    assert asyncio.run(play()) == (b"ab", [("http.request", b"ab"), ("http.disconnect", b"")])


def test_what_nobody_wants_is_taken() -> None:
    async def play() -> Any:
        came = request(b"ab", b"cd")
        await came.receive()
        await came.drain()
        return await came.receive()

    assert asyncio.run(play()) == {"type": "http.disconnect"}


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in two parts, with the tenant that it is given."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"9")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'"', "more_body": True})
    await send({"type": "http.response.body", "body": scope["state"]["tenant"].encode() + b'"'})


async def saying_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Do what an operation does whose client is gone."""


def test_an_answer_is_kept_back_and_told_to_the_journal_when_another_is_sent() -> None:
    notes: dict[str, Any] = {}
    call, sent = stage(answering, notes=notes)

    async def play() -> Answer:
        answer = await call.collect()
        assert sent == []
        await call.answer(answer.with_json([1]), instead_of=answer)
        return answer

    answer = asyncio.run(play())
    assert (answer.status, answer.json, answer.header(b"content-type")) == (200, "its own", b"application/json")
    assert answer.header(b"etag") is None
    assert sent[0]["headers"] == [(b"content-type", b"application/json"), (b"content-length", b"3")]
    assert sent[1]["body"] == b"[1]"
    assert notes == {"before_fault": b'"its own"'}


def test_an_answer_that_is_sent_as_it_was_needs_no_note() -> None:
    notes: dict[str, Any] = {}
    call, sent = stage(answering, notes=notes)

    async def play() -> None:
        answer = await call.collect()
        await call.answer(answer, instead_of=answer)

    asyncio.run(play())
    assert sent[1]["body"] == b'"its own"'
    assert notes == {}


def test_without_a_journal_nothing_is_noted() -> None:
    call, _ = stage(answering)

    async def play() -> None:
        answer = await call.collect()
        await call.answer(answer.with_body(b""), instead_of=answer)

    asyncio.run(play())
    assert "notes" not in call.scope["state"]


def test_an_operation_acts_in_the_world_that_it_is_told() -> None:
    call, _ = stage(answering)
    assert asyncio.run(call.collect(tenant="another")).json == "another"
    assert call.scope["state"]["tenant"] == "its own"


def test_a_body_that_is_no_json_says_nothing() -> None:
    assert Answer(200, [], b"%PDF").json is None
    assert Answer(204, [], b"").json is None


def test_an_operation_whose_client_is_gone_has_no_answer() -> None:
    call, _ = stage(saying_nothing)
    with pytest.raises(Unanswered):
        asyncio.run(call.collect())


def test_a_fault_lets_the_operation_answer_itself() -> None:
    call, sent = stage(answering)
    asyncio.run(call.run())
    assert [message["type"] for message in sent] == ["http.response.start", *["http.response.body"] * 2]


class Deed(Wire):
    """A connection that notes what is done to it, and what the client has still to send then."""

    def __init__(self, came: list[Message]) -> None:
        self.done: list[tuple[str, int]] = []
        self._came = came

    def write(self, raw: bytes) -> None:
        self.done.append((raw.decode(), len(self._came)))

    def close(self) -> None:
        self.done.append(("close", len(self._came)))

    def reset(self) -> None:
        self.done.append(("reset", len(self._came)))

    async def hold(self, seconds: float | None = None) -> None:
        self.done.append((f"hold {seconds}", len(self._came)))


@pytest.mark.parametrize(
    ("how", "done"),
    [
        (lambda call: call.close(b"rubbish"), [("rubbish", 0), ("close", 0), ("hold None", 0)]),
        (lambda call: call.close(), [("close", 0), ("hold None", 0)]),
        (lambda call: call.hang(), [("hold None", 0)]),
        (lambda call: call.reset(), [("reset", 2), ("hold None", 2)]),
        (lambda call: call.wait(2.5), [("hold 2.5", 2)]),
    ],
)
def test_a_connection_that_ends_in_order_has_been_listened_to_before(
    how: Callable[[Stage], Coroutine[Any, Any, None]], done: list[tuple[str, int]]
) -> None:
    messages: list[Message] = [{"type": "http.request", "body": b"a", "more_body": more} for more in (True, False)]

    async def receive() -> Message:
        return messages.pop(0)

    call, _ = stage(answering, Request(receive))
    wire = Deed(messages)
    call.scope["extensions"][WIRE] = wire
    asyncio.run(how(call))
    assert wire.done == done


def test_without_a_socket_time_is_waited_for_all_the_same() -> None:
    call, _ = stage(answering)
    asyncio.run(call.wait(0.001))
    assert call.draw("a") != call.draw("b")
