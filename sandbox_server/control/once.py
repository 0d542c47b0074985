"""One effect for each idempotency key of the operator's."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from inspect import iscoroutinefunction
from typing import cast

import orjson

from sandbox_server.api.compile import fingerprint
from sandbox_server.api.operation import Call, Reply
from sandbox_server.domain.errors import IdempotencyInProgress, IdempotencyKeyReused, Unavailable
from sandbox_server.persistence.answers import Answers, KeptAnswer

_KEY = "idempotency-key"

Answer = Callable[[Call], Reply | Awaitable[Reply]]

logger = logging.getLogger("sandbox.keeper")


class Once:
    """
    Gives the first answer again where a key comes again.

    Args:
        answers: What was answered under each.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._under_way: dict[str, str] = {}

    def wrap(self, answer: Answer) -> Answer:
        """Return the handler that does each thing once, and is awaited where this one is."""

        def answer_once(call: Call) -> Reply:
            key = call.headers.get(_KEY)
            if key is None:
                return cast(Reply, answer(call))
            with self._claimed(key, _print(call)) as first:
                return first or self._remembered(key, call, cast(Reply, answer(call)))

        async def await_once(call: Call) -> Reply:
            key = call.headers.get(_KEY)
            if key is None:
                return await cast(Awaitable[Reply], answer(call))
            with self._claimed(key, _print(call)) as first:
                return first or self._remembered(key, call, await cast(Awaitable[Reply], answer(call)))

        return await_once if iscoroutinefunction(answer) else answer_once

    @contextmanager
    def _claimed(self, key: str, print_: str) -> Iterator[Reply | None]:
        """Have a key, and what was answered under it, if anything was."""
        if key in self._under_way:
            raise IdempotencyInProgress(key) if self._under_way[key] == print_ else IdempotencyKeyReused(key)
        with self._answers.claim(key) as is_ours:
            if not is_ours:
                raise IdempotencyInProgress(key)
            first = self._answers.recall(key)
            if first is not None and first.fingerprint != print_:
                raise IdempotencyKeyReused(key)
            self._under_way[key] = print_
            try:
                yield None if first is None else _again(first)
            finally:
                del self._under_way[key]

    def _remembered(self, key: str, call: Call, reply: Reply) -> Reply:
        assert reply.raw is None, "what takes a key answers with JSON"
        body = b"" if reply.content is None else orjson.dumps(reply.content)
        try:
            self._answers.keep(key, KeptAnswer(_print(call), reply.status, dict(reply.headers), body))
        except Unavailable as error:  # what it did is done
            logger.warning("an idempotency key is not kept: %s", error)
        return reply


def _again(first: KeptAnswer) -> Reply:
    content = orjson.loads(first.body) if first.body else None
    return Reply(first.status, content, {**first.headers, "Idempotent-Replayed": "true"})


def _print(call: Call) -> str:
    body = blake2b(call.body).hexdigest() if isinstance(call.body, bytes) else call.body
    return fingerprint(call.operation_id, str(sorted(call.parameters.items())), body)
