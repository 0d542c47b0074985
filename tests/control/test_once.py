"""One effect for each idempotency key of the operator's, also while the first call is still under way."""

import asyncio
from collections.abc import Awaitable
from typing import Any, cast

import pytest

from sandbox_server.api.operation import Call, Reply
from sandbox_server.control import once as once_module
from sandbox_server.control.once import Once
from sandbox_server.domain.errors import IdempotencyInProgress, IdempotencyKeyReused, Unprocessable


def a_call(key: str | None = "one-key", body: Any = None, operation: str = "createTenant", **parameters: Any) -> Call:
    headers = {} if key is None else {"idempotency-key": key}
    return Call(operation, cast(Any, None), None, parameters, body, headers, "application/json", "req_1")


def now(answer: Awaitable[Reply]) -> Reply:
    """What a call is answered with."""

    async def wait() -> Reply:
        return await answer

    return asyncio.run(wait())


class Counter:
    """A handler that counts its effects."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, _call: Call) -> Reply:
        self.done += 1
        return Reply(201, {"number": self.done}, {"Location": "/x"})


def test_a_call_without_a_key_is_done_each_time() -> None:
    counter = Counter()
    answer = Once().wrap(counter)
    assert [now(answer(a_call(None))).content for _ in range(2)] == [{"number": 1}, {"number": 2}]


def test_a_call_again_is_answered_as_the_first() -> None:
    counter = Counter()
    answer = Once().wrap(counter)
    first, again = (now(answer(a_call(body={"a": 1, "b": 2}))) for _ in range(2))
    assert (counter.done, again.content) == (1, first.content)
    assert again.headers == {"Location": "/x", "Idempotent-Replayed": "true"}
    assert "Idempotent-Replayed" not in first.headers


@pytest.mark.parametrize("other", [{"body": {"a": 2}}, {"operation": "forkSnapshot"}, {"tenant": "x"}, {"body": b"a"}])
def test_another_call_under_the_same_key_is_refused(other: Any) -> None:
    answer = Once().wrap(Counter())
    now(answer(a_call(body={"a": 1})))
    with pytest.raises(IdempotencyKeyReused):
        now(answer(a_call(**{"body": {"a": 1}, **other})))


def test_files_are_told_apart_by_their_bytes() -> None:
    counter = Counter()
    answer = Once().wrap(counter)
    for _ in range(2):
        now(answer(a_call(body=b"\xff\x00")))
    assert counter.done == 1


def test_a_refused_call_spends_no_key() -> None:
    counter, once = Counter(), Once()

    def refuse(_call: Call) -> Reply:
        raise Unprocessable("No.")

    with pytest.raises(Unprocessable):
        now(once.wrap(refuse)(a_call()))
    assert now(once.wrap(counter)(a_call())).content == {"number": 1}


class Slow:
    """A handler that takes until it is told, and fails then where a test says so."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.fails = False

    async def __call__(self, _call: Call) -> Reply:
        await self.go_on.wait()
        if self.fails:
            raise Unprocessable("No.")
        return Reply(200, {})


def test_a_call_again_while_the_first_is_under_way_is_to_be_repeated() -> None:
    async def play() -> Reply:
        slow = Slow()
        answer = Once().wrap(slow)
        first = asyncio.ensure_future(answer(a_call()))
        await asyncio.sleep(0)
        with pytest.raises(IdempotencyInProgress):
            await answer(a_call())
        slow.go_on.set()
        return await first

    assert asyncio.run(play()).status == 200


def test_the_oldest_keys_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once_module, "_KEPT", 2)
    counter = Counter()
    answer = Once().wrap(counter)
    for key in ("a", "b", "c", "b", "c", "a"):
        now(answer(a_call(key)))
    assert counter.done == 4


def test_a_key_that_is_forgotten_while_its_call_is_under_way_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once_module, "_KEPT", 1)

    async def play() -> None:
        slow, once = Slow(), Once()
        slow.fails = True
        first = asyncio.ensure_future(once.wrap(slow)(a_call("slow")))
        await asyncio.sleep(0)
        await once.wrap(Counter())(a_call("fast"))
        slow.go_on.set()
        with pytest.raises(Unprocessable):
            await first

    asyncio.run(play())
