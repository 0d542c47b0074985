"""When tenants are kept: with each change of the operator's, now and then, and when the server stops."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import count

from sandbox_server.api.contract import Contract
from sandbox_server.api.operation import Call, Reply
from sandbox_server.asgi import ASGIApp, Receive, Scope, Send, beside
from sandbox_server.control import powers
from sandbox_server.control.keeper import Keeper
from sandbox_server.control.once import Answer
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.kernel.clock import real_now
from sandbox_server.services.archive import Retention
from sandbox_server.services.journal import Journal

_SECONDS = 1.0
_RETAINING_SECONDS = 60


class Keeping:
    """Has tenants kept for as long as the server lives, and when it stops."""

    def __init__(self, app: ASGIApp, keeper: Keeper, registry: Registry, retention: Retention) -> None:
        self._app = app
        self._keeper = keeper
        self._registry = registry
        self._retention = retention

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass requests on."""
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        return self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await beside(self._app(scope, receive, send), self._tick())
        finally:
            self._keeper.stop(self._registry)

    async def _tick(self) -> None:
        for second in count():
            if second % _RETAINING_SECONDS == 0:
                self._retention.heed([record.tenant.power(Journal) for record in self._registry], real_now())
            await asyncio.sleep(_SECONDS)
            self._keeper.look_after(self._registry)


def changing(contract: Contract) -> frozenset[str]:
    """Return the operations that change a tenant which is there after them, too."""
    names = {one.operation_id for one in contract.operations() if one.method != "GET" and "{tenant}" in one.path}
    return frozenset(names - {"deleteTenant"})


def kept(registry: Registry, answer: Answer) -> Callable[[Call], Awaitable[Reply]]:
    """
    Return the handler that has a tenant kept before it answers.

    It is kept before anything is changed, too: where that cannot be, the call is refused before it has done anything.
    """

    async def answer_kept(call: Call) -> Reply:
        record = registry.get(call.parameters["tenant"])
        with registry.keeper.turn(record.tenant.name):
            registry.keeper.put(record)
            before = powers.keep(record.tenant)
            reply = answer(call)
            if isinstance(reply, Reply):
                keep(record, before)
                return reply
        # It takes its time, and turns of its own.
        told = await reply
        keep(record, before)
        return told

    def keep(record: Record, before: Mapping[str, bytes]) -> None:
        try:
            registry.keeper.put(record)
        except BaseException:
            powers.go_back(record.tenant, before)
            raise

    return answer_kept
