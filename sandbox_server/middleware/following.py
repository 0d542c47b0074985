"""A worker among others: before a call it does what others have done, and it answers when all is sure to be kept."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Protocol

from sandbox_server.asgi import ASGIApp, Message, Receive, Scope, Send
from sandbox_server.domain.errors import Unavailable

_SECONDS = 0.05
_READING = ("GET", "HEAD", "OPTIONS")

logger = logging.getLogger("sandbox.workers")


class Worker(Protocol):
    """This process, as one of those that have the same tenants."""

    def catch_up(self) -> None:
        """
        Do what others have done by now.

        Raises:
            Unavailable: It cannot be known.
        """
        ...

    def look_after(self) -> None:
        """Do what is to be done now and then, though nobody calls."""
        ...

    @property
    def undone(self) -> int:
        """How often something that was done here, and that nobody was told of, has been undone."""
        ...

    async def settled(self) -> None:
        """Wait until nothing that was done here by now can be undone any more, or it is."""
        ...

    async def make_sure(self) -> None:
        """
        Wait until everything that was done here by now is sure to be kept, or is undone.

        Raises:
            Unavailable: It may not be.
        """
        ...

    async def stand(self) -> None:
        """Do for all what one of them has to do, when it is this one."""
        ...

    def close(self) -> None:
        """Be no longer one of them."""
        ...


class Following:
    """
    The outermost layer of a worker: whoever looks at a tenant below finds it as it is now.

    One look serves all the calls that were there when it was begun.

    Args:
        app: Takes the calls; those of which the state cannot be known have `unavailable` in `scope["state"]`.
        worker: This worker.
    """

    def __init__(self, app: ASGIApp, worker: Worker) -> None:
        self._app = app
        self._worker = worker
        self._is_new = False
        self._trouble: Unavailable | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a call on."""
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        if not self._is_new:
            self._look()
        if self._trouble is not None:
            scope.setdefault("state", {})["unavailable"] = self._trouble
        return self._app(scope, receive, send)

    def _look(self) -> None:
        self._is_new = True
        # Runs after the calls that wait for their turn already, and before any that comes later.
        asyncio.get_running_loop().call_soon(self._grow_old)
        try:
            self._worker.catch_up()
            self._trouble = None
        except Unavailable as error:
            self._trouble = error

    def _grow_old(self) -> None:
        self._is_new = False

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        beside = [asyncio.create_task(self._go_round()), asyncio.create_task(self._worker.stand())]
        try:
            await self._app(scope, receive, send)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            self._worker.close()

    async def _go_round(self) -> None:
        while True:
            try:
                self._worker.look_after()
            except Unavailable as error:
                logger.debug("%s", error)
            except Exception:
                logger.exception("this worker stumbled")
            await asyncio.sleep(_SECONDS)


class Certain:
    """
    A layer that refuses calls while nothing can be known, and answers when what is told is kept.

    What may have changed something is answered when that is sure to be kept; what reads, when it is settled.

    Args:
        app: Takes the calls.
        worker: This worker.
    """

    def __init__(self, app: ASGIApp, worker: Worker) -> None:
        self._app = app
        self._worker = worker

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """
        Pass a call on.

        Raises:
            Unavailable: The state of the tenants cannot be known, or the call's effect may be lost, or what it saw is.
        """
        trouble: Unavailable | None = scope["state"].get("unavailable")
        if trouble is not None:
            raise trouble
        worker, undone = self._worker, self._worker.undone
        wait = worker.settled if scope["method"] in _READING else worker.make_sure

        async def send_when_sure(message: Message) -> None:
            if message["type"] == "http.response.start":
                await wait()
                if worker.undone != undone:
                    raise Unavailable("What was done meanwhile could not be kept, and is undone. Try again.")
            await send(message)

        return self._app(scope, receive, send_when_sure)
