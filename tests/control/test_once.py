"""One effect for each idempotency key of the operator's, also while the first call is still under way."""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import pytest

from sandbox_server.api.operation import Call, Reply
from sandbox_server.control.once import Once
from sandbox_server.domain.errors import IdempotencyInProgress, IdempotencyKeyReused, Unavailable, Unprocessable
from sandbox_server.persistence.answers import AnswersInMemory, KeptAnswer


def a_call(key: str | None = "one-key", body: Any = None, operation: str = "createTenant", **parameters: Any) -> Call:
    headers = {} if key is None else {"idempotency-key": key}
    return Call(operation, cast(Any, None), None, parameters, body, headers, "application/json", "req_1")


def now(answer: Reply | Awaitable[Reply]) -> Reply:
    """What a call is answered with."""
    assert isinstance(answer, Reply)
    return answer


class Counter:
    """A handler that counts its effects."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, _call: Call) -> Reply:
        self.done += 1
        return Reply(201, {"number": self.done}, {"Location": "/x"})


def test_a_call_without_a_key_is_done_each_time() -> None:
    counter = Counter()
    answer = Once(AnswersInMemory()).wrap(counter)
    assert [now(answer(a_call(None))).content for _ in range(2)] == [{"number": 1}, {"number": 2}]


def test_a_call_again_is_answered_as_the_first() -> None:
    counter = Counter()
    answer = Once(AnswersInMemory()).wrap(counter)
    first, again = (now(answer(a_call(body={"a": 1, "b": 2}))) for _ in range(2))
    assert (counter.done, again.content) == (1, first.content)
    assert again.headers == {"Location": "/x", "Idempotent-Replayed": "true"}
    assert "Idempotent-Replayed" not in first.headers


@pytest.mark.parametrize("other", [{"body": {"a": 2}}, {"operation": "forkSnapshot"}, {"tenant": "x"}, {"body": b"a"}])
def test_another_call_under_the_same_key_is_refused(other: Any) -> None:
    answer = Once(AnswersInMemory()).wrap(Counter())
    now(answer(a_call(body={"a": 1})))
    with pytest.raises(IdempotencyKeyReused):
        now(answer(a_call(**{"body": {"a": 1}, **other})))


def test_files_are_told_apart_by_their_bytes() -> None:
    counter = Counter()
    answer = Once(AnswersInMemory()).wrap(counter)
    for _ in range(2):
        now(answer(a_call(body=b"\xff\x00")))
    assert counter.done == 1


def test_a_refused_call_spends_no_key() -> None:
    counter, once = Counter(), Once(AnswersInMemory())

    def refuse(_call: Call) -> Reply:
        raise Unprocessable("No.")

    with pytest.raises(Unprocessable):
        now(once.wrap(refuse)(a_call()))
    assert now(once.wrap(counter)(a_call())).content == {"number": 1}


class Slow:
    """A handler that takes until it is told, and fails then where a test says so."""

    def __init__(self, *, fails: bool = False) -> None:
        self.go_on = asyncio.Event()
        self.fails = fails

    async def answer(self, _call: Call) -> Reply:
        await self.go_on.wait()
        if self.fails:
            raise Unprocessable("No.")
        return Reply(200, {})


async def later(answer: Reply | Awaitable[Reply]) -> Reply:
    assert not isinstance(answer, Reply)
    return await answer


@pytest.mark.parametrize(
    ("second", "refusal"), [(a_call(), IdempotencyInProgress), (a_call(body={"a": 1}), IdempotencyKeyReused)]
)
def test_a_key_whose_first_call_is_under_way_has_to_wait_or_to_be_another(
    second: Call, refusal: type[Exception]
) -> None:
    async def play() -> None:
        slow = Slow()
        answer = Once(AnswersInMemory()).wrap(slow.answer)
        first = asyncio.ensure_future(later(answer(a_call())))
        await asyncio.sleep(0)
        with pytest.raises(refusal):
            await later(answer(second))
        slow.go_on.set()
        await first

    asyncio.run(play())


def test_what_took_long_is_answered_again_unless_it_had_no_key() -> None:
    async def play(key: str | None) -> list[Mapping[str, str]]:
        slow = Slow()
        slow.go_on.set()
        answer = Once(AnswersInMemory()).wrap(slow.answer)
        return [(await later(answer(a_call(key)))).headers for _ in range(2)]

    assert asyncio.run(play("one-key")) == [{}, {"Idempotent-Replayed": "true"}]
    assert asyncio.run(play(None)) == [{}, {}]


def test_a_call_that_fails_at_last_spends_no_key() -> None:
    answers = AnswersInMemory()
    slow = Slow(fails=True)
    slow.go_on.set()
    with pytest.raises(Unprocessable):
        asyncio.run(later(Once(answers).wrap(slow.answer)(a_call())))
    assert answers.recall("one-key") is None


class Elsewhere(AnswersInMemory):
    """Another process is at work on every key."""

    def claim(self, _key: str) -> AbstractContextManager[bool]:
        return nullcontext(False)


class Full(AnswersInMemory):
    """There is no room for another answer."""

    def keep(self, _key: str, _answer: KeptAnswer) -> None:
        raise Unavailable("The disk is full.")


def test_a_key_that_another_process_works_on_is_to_be_repeated() -> None:
    with pytest.raises(IdempotencyInProgress):
        now(Once(Elsewhere()).wrap(Counter())(a_call()))


def test_what_is_done_is_answered_though_its_key_cannot_be_kept(caplog: pytest.LogCaptureFixture) -> None:
    assert now(Once(Full()).wrap(Counter())(a_call())).status == 201
    assert "an idempotency key is not kept: The disk is full." in caplog.text
