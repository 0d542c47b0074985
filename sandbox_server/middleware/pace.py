"""What is due is done even while nobody calls."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Protocol

from sandbox_server.asgi import ASGIApp, Receive, Scope, Send

_SECONDS = 0.1

logger = logging.getLogger("sandbox.clock")


class Paced(Protocol):
    """A tenant whose clock runs."""

    name: str

    def keep_up(self) -> int:
        """Do what is due by now; return how many things were done."""
        ...


class Pace:
    """Looks after tenants' clocks ten times a second for as long as the server lives."""

    def __init__(self, app: ASGIApp, tenants: Iterable[Paced]) -> None:
        self._app = app
        self._tenants = tuple(tenants)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests on; run the clocks from the server's start to its end."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        ticking = asyncio.create_task(self._tick())
        try:
            await self._app(scope, receive, send)
        finally:
            ticking.cancel()

    async def _tick(self) -> None:
        while True:
            for tenant in self._tenants:
                try:
                    tenant.keep_up()
                except Exception:
                    logger.exception("the clock of tenant %s stumbled", tenant.name)
            await asyncio.sleep(_SECONDS)
