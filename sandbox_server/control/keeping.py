"""What changes with each call is kept now and then, and everything when the server stops."""

import asyncio
from collections.abc import Awaitable

from sandbox_server.asgi import ASGIApp, Receive, Scope, Send
from sandbox_server.control.keeper import Keeper
from sandbox_server.control.registry import Registry

_SECONDS = 1.0


class Keeping:
    """Has tenants kept for as long as the server lives, and when it stops."""

    def __init__(self, app: ASGIApp, keeper: Keeper, registry: Registry) -> None:
        self._app = app
        self._keeper = keeper
        self._registry = registry

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass requests on."""
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        return self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        ticking = asyncio.create_task(self._tick())
        try:
            await self._app(scope, receive, send)
        finally:
            ticking.cancel()
            self._keeper.stop(self._registry)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS)
            self._keeper.look_after(self._registry)
