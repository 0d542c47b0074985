"""A sandbox in a process of its own, started as a user starts it and reached over a real socket."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

import httpx

READY = "Ctrl-C stops it."
_PATIENCE_SECONDS = 120


class Server:
    """
    A running sandbox.

    Args:
        process: Its process.
        greeting: What it printed when it was ready.
    """

    def __init__(self, process: "subprocess.Popen[str]", greeting: str) -> None:
        self.process = process
        self.greeting = greeting
        self.url = next(line.split()[-1] for line in greeting.splitlines() if "Base URL" in line)
        self.origin = self.url.removesuffix("/v1")

    def client(self, api_key: str | None = "acorn-key") -> httpx.Client:
        """Return a client with connections of its own; its paths begin after /v1."""
        headers = {"x-api-key": api_key} if api_key is not None else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=_PATIENCE_SECONDS, trust_env=False)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """End the process; return its exit code and what it has said since it was ready, on both channels."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        said, complained = self.process.communicate(timeout=_PATIENCE_SECONDS)
        return self.process.returncode, said, complained


@contextmanager
def running(*flags: str, environment: Mapping[str, str] | None = None, cwd: str | None = None) -> Iterator[Server]:
    """
    Run `serve` on a free port until the block ends.

    Args:
        flags: More flags; without `--data-dir` nothing is written to disk.
        environment: More environment variables.
        cwd: The folder to start it in.
    """
    where = () if any(flag.startswith("--data-dir") for flag in flags) else ("--ephemeral",)
    process = start("serve", "--port", "0", *where, *flags, environment=environment, cwd=cwd)
    try:
        server = Server(process, read_until(process, READY))
        yield server
        server.stop()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def start(*words: str, environment: Mapping[str, str] | None = None, cwd: str | None = None) -> "subprocess.Popen[str]":
    """Start the command line in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox_server", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=inherited | dict(environment or {}),
        cwd=cwd,
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509 - it takes no lock and runs before anything else does
    )


def _heed_ctrl_c() -> None:
    """Undo what a test run in the background hands down: its children would ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def read_until(process: "subprocess.Popen[str]", last_words: str) -> str:
    """Return what the process prints up to a line that ends with these words; it is ended where that takes too long."""
    watchdog = threading.Timer(_PATIENCE_SECONDS, process.kill)
    watchdog.start()
    try:
        return "".join(_lines_until(process.stdout, last_words))
    except EOFError as error:
        _, complaint = process.communicate()
        raise AssertionError(f"it ended with {process.returncode} before it was ready:\n{complaint}") from error
    finally:
        watchdog.cancel()


def _lines_until(stream: IO[str] | None, last_words: str) -> Iterator[str]:
    assert stream is not None
    for line in stream:
        yield line
        if line.rstrip().endswith(last_words):
            return
    raise EOFError
