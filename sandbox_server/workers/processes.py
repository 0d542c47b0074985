"""Several processes that serve one address: started, watched, and ended together."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import wait
from socket import socket
from threading import Thread

import click
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from sandbox_server.asgi import ASGIApp
from sandbox_server.domain.errors import Unavailable
from sandbox_server.persistence.log import VaultError
from sandbox_server.persistence.postgres.connection import Unreachable
from sandbox_server.settings import Settings
from sandbox_server.workers.joining import join

_TRY_AGAIN = 1
_ANSWER_SECONDS = 0.1
_END_SECONDS = 10.0
"""How long a worker may take to end by itself."""


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
            with _ending_at_once():
                return join(self._settings)
        except (Unreachable, Unavailable) as error:
            click.echo(f"A worker cannot start now: {error}", err=True)
            sys.exit(_TRY_AGAIN)
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

    failed = False
    """Whether a worker cannot be started, and none ever will."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket], when_ready: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._when_ready: Callable[[], None] | None = when_ready

    def run(self) -> None:
        """Have workers serve until they are told to stop; leave none behind, whatever goes wrong."""
        try:
            super().run()
        except BaseException:
            self.terminate_all()
            self.join_all()
            raise

    def init_processes(self) -> None:
        """Start the workers."""
        self.processes += [self._started() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        """Put a new worker in the place of one that has ended; say when one can be called."""
        if self.should_exit.is_set():
            return
        for place, worker in enumerate(self.processes):
            if worker.exitcode == STARTUP_FAILURE:
                self.should_exit.set()  # so would any other
                self.failed = True
            elif worker.exitcode is not None:
                self._replace(place, worker)
        if self._when_ready is not None and any(worker.is_ready(_ANSWER_SECONDS) for worker in self.processes):
            self._when_ready()
            self._when_ready = None

    def join_all(self) -> None:
        """Wait until all have ended, and end those that do not."""
        for worker in self.processes:
            worker.process.join(_END_SECONDS)
            if worker.exitcode is None:
                worker.process.kill()
                worker.process.join()

    def _replace(self, place: int, worker: Process) -> None:
        self.processes[place] = another = self._started()
        click.echo(f"Worker {worker.pid} has ended; {another.pid} takes its place.", err=True)

    def _started(self) -> Process:
        """Start a worker to which Ctrl-C means nothing: it comes to all processes of a terminal, and ends this one."""
        worker = Process(self.config, self.sockets)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            worker.start()  # with the same signals blocked
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return worker


@contextmanager
def _ending_at_once() -> Iterator[None]:
    """Have a worker that is told to stop while it loads do so then: that may take longer than it is waited for."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end_with_parent() -> None:
    """End this worker when the process that watches it is gone, however it went."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
