"""One effect for each idempotency key of the operator's."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from sandbox_server.api.compile import fingerprint
from sandbox_server.api.operation import Call, Reply
from sandbox_server.domain.errors import IdempotencyInProgress, IdempotencyKeyReused

_KEPT = 10_000
_KEY = "idempotency-key"

Answer = Callable[[Call], Reply | Awaitable[Reply]]


class _First(NamedTuple):
    fingerprint: str
    reply: Reply | None


class Once:
    """Remembers the last 10 000 keys, and what was answered under each."""

    def __init__(self) -> None:
        self._firsts: OrderedDict[str, _First] = OrderedDict()

    def wrap(self, answer: Answer) -> Callable[[Call], Awaitable[Reply]]:
        """Return the handler that gives the first answer again where a key comes again."""

        async def answer_once(call: Call) -> Reply:
            key = call.headers.get(_KEY)
            if key is None:
                return await _awaited(answer(call))
            return await self._answer(key, _print(call), call, answer)

        return answer_once

    async def _answer(self, key: str, print_: str, call: Call, answer: Answer) -> Reply:
        first = self._firsts.get(key)
        if first is not None:
            return _again(key, first, print_)
        self._firsts[key] = _First(print_, None)
        try:
            reply = await _awaited(answer(call))
        except BaseException:
            self._firsts.pop(key, None)  # it may have been forgotten meanwhile
            raise
        self._firsts[key] = _First(print_, reply)
        while len(self._firsts) > _KEPT:
            self._firsts.popitem(last=False)
        return reply


async def _awaited(reply: Reply | Awaitable[Reply]) -> Reply:
    return reply if isinstance(reply, Reply) else await reply


def _again(key: str, first: _First, print_: str) -> Reply:
    if first.fingerprint != print_:
        raise IdempotencyKeyReused(key)
    if first.reply is None:
        raise IdempotencyInProgress(key)
    return msgspec.structs.replace(first.reply, headers={**first.reply.headers, "Idempotent-Replayed": "true"})


def _print(call: Call) -> str:
    body = blake2b(call.body).hexdigest() if isinstance(call.body, bytes) else call.body
    return fingerprint(call.operation_id, str(sorted(call.parameters.items())), body)
