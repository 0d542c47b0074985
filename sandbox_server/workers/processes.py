"""Several processes that serve one address: started, watched, and ended together."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import wait
from socket import socket
from threading import Thread

import click
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from sandbox_server.asgi import ASGIApp
from sandbox_server.persistence.log import VaultError
from sandbox_server.settings import Settings
from sandbox_server.workers.joining import join

START_SECONDS = 120
"""How long a worker may take to start, and how long one may be silent before another takes its place."""


class Factory:
    """
    Makes the application, in each worker for itself.

    Args:
        settings: What it is started with.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self) -> ASGIApp:
        """Return the application; where there can be none, say why and end the worker."""
        logging.basicConfig(level=self._settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
        Thread(target=_end_with_parent, daemon=True).start()
        try:
            return join(self._settings)
        except VaultError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(STARTUP_FAILURE)


class Workers(Multiprocess):
    """
    Keeps as many workers alive as there are to be.

    Args:
        config: How each of them serves.
        sockets: What they listen on.
        when_ready: Called when the first of them can be called.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket], when_ready: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._when_ready = when_ready

    def init_processes(self) -> None:
        """Start the workers, and wait for the first one."""
        super().init_processes()
        if self.processes[0].wait_until_ready(START_SECONDS, self.should_exit):
            self._when_ready()

    def keep_subprocess_alive(self) -> None:
        """Put a new worker in the place of one that has ended."""
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if old is not new:
                click.echo(f"Worker {old.pid} has ended; {new.pid} takes its place.", err=True)


def _end_with_parent() -> None:
    """End this worker when the process that watches it is gone, however it went."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
