"""Large worlds out of the garbage collector's way, whenever they come to be."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable
from weakref import WeakSet

from sandbox_server.asgi import ASGIApp, Receive, Scope, Send, beside
from sandbox_server.persistence.memory import MemoryPersistence

_SECONDS = 1.0
_LARGE = 50_000
"""Rows of a world that the collector takes milliseconds to look through."""


class Resting:
    """
    Has the collector pass over large worlds, for as long as the server lives.

    What it passes over it does not collect either: when a large world is no longer anybody's, it looks at everything.

    Args:
        worlds: Returns those that somebody has now.
        large: How many rows a large world has.
    """

    def __init__(self, app: ASGIApp, worlds: Callable[[], Iterable[MemoryPersistence]], large: int = _LARGE) -> None:
        self._app = app
        self._worlds = worlds
        self._large = large
        self._known: WeakSet[MemoryPersistence] = WeakSet(worlds())

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass requests on."""
        if scope["type"] == "lifespan":
            return beside(self._app(scope, receive, send), self._tick())
        return self._app(scope, receive, send)

    def settle(self) -> None:
        """Look once at large worlds that are new, at everything where one has gone, and at nothing while they stay."""
        come, gone = self._changes()
        if gone:
            gc.unfreeze()
        if come or gone:
            gc.collect()
            gc.freeze()

    def _changes(self) -> tuple[bool, bool]:
        """Return whether large worlds have come, and whether some that are nobody's any more are still in memory."""
        known, there = set(self._known), set(self._worlds())
        self._known = WeakSet(there)
        return self._are_large(there - known), self._are_large(known - there)

    def _are_large(self, worlds: Iterable[MemoryPersistence]) -> bool:
        return any(world.size >= self._large for world in worlds)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS)
            self.settle()
