"""A sandbox on a socket of its own, in a thread of this process."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, cast

import uvicorn

from sandbox_server.app import create_sandbox
from sandbox_server.asgi import ASGIApp
from sandbox_server.middleware.connection import Connection
from sandbox_server.settings import Settings

_BACKLOG = 2048
_GRACE_SECONDS = 3


def configuration(app: ASGIApp | Callable[[], ASGIApp], **more: Any) -> uvicorn.Config:
    """
    Return how a sandbox is served, on whatever socket.

    Args:
        more: Of uvicorn's settings.
    """
    return uvicorn.Config(
        cast(Any, app),  # uvicorn spells out every kind of message
        log_config=None,
        access_log=False,
        date_header=False,  # virtual time is sent instead
        server_header=False,
        proxy_headers=False,
        http=Connection,
        ws="none",
        interface="asgi3",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        **more,
    )


@contextmanager
def hosted(settings: Settings) -> Iterator[str]:
    """
    Serve a sandbox on this machine until the block ends; give its address, without `/v1`.

    Args:
        settings: What it is started with; its host and port are heeded.

    Raises:
        OSError: The address cannot be had.
        worlds.FixtureError: The fixture is missing, or is not one.
    """
    app = create_sandbox(settings)
    with socket.create_server((settings.host, settings.port), backlog=_BACKLOG) as listener:
        server = _Announcing(configuration(app))
        thread = Thread(target=server.serve_on, args=[listener], daemon=True, name="sandbox")
        thread.start()
        try:
            server.is_up.wait()
            yield f"http://{settings.host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class _Announcing(uvicorn.Server):
    """A server that says when it can be called."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    def serve_on(self, listener: socket.socket) -> None:
        """Serve until told to stop; whoever waits for it is let go, whatever happens."""
        try:
            self.run([listener])
        finally:
            self.is_up.set()
