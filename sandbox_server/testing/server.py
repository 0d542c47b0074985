"""A sandbox for a test run: a process of its own on a free port, or one that runs already."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Any

from sandbox_server.remote import Sandbox
from sandbox_server.testing.marketplace import Marketplace

_PATIENCE_SECONDS = 300
_GRACE_SECONDS = 10
_PACKAGES = Path(__file__).resolve().parents[2]
# Where this package was found is looked at last: it may be a folder with everything else that is installed.
_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from sandbox_server.testing.child import main; main()"


class NotStarted(Exception):
    """The server did not come up; the message has what it said."""


class MarketplaceServer:
    """
    A running sandbox.

    Args:
        url: Where it is.
        operator_token: Its operator's token, where it asks for one.
    """

    def __init__(self, url: str, operator_token: str | None = None) -> None:
        self._sandbox = Sandbox(url, operator_token)

    @classmethod
    @contextmanager
    def start(
        cls, fixture: str | None = None, seed: int | None = None, cache_dir: Path | None = None
    ) -> "Iterator[MarketplaceServer]":
        """
        Run a sandbox on a free port until the block ends; it also ends when this process does, in whatever way.

        Args:
            fixture: The world that tenants begin as.
            seed: What all chance in it follows from; the world's own when left out.
            cache_dir: Where made worlds are kept, to start faster next time; None writes nothing.

        Raises:
            NotStarted: It did not come up.
        """
        flags = {"--fixture": fixture, "--seed": seed, "--cache-dir": cache_dir}
        words = [word for flag, value in flags.items() if value is not None for word in (flag, str(value))]
        words += ["--ephemeral", "--allow-webhook-hosts", "localhost"]  # where a test's own receivers are
        with tempfile.TemporaryFile() as complaints, _process(words, complaints) as process:
            yield cls(_address(process, complaints))

    @property
    def url(self) -> str:
        """Where it is, without `/v1`."""
        return self._sandbox.url

    def new_tenant(self, fixture: str | None = None, seed: int | None = None, clock: str | None = None) -> Marketplace:
        """
        Return a new marketplace in it; whoever asks for one deletes it.

        Args:
            fixture: The world that it begins as; the server's own when left out.
            seed: What all chance in it follows from.
            clock: `frozen` or `real`; frozen when left out.
        """
        asked = {"fixture": fixture, "seed": seed, "clock": {"mode": clock.upper()} if clock else None}
        body = {name: value for name, value in asked.items() if value is not None}
        return Marketplace(self._sandbox, self._sandbox.call("POST", "/tenants", body))


@contextmanager
def _process(flags: list[str], complaints: IO[bytes]) -> "Iterator[subprocess.Popen[str]]":
    """Run a server that ends with its standard input."""
    # What is set for a sandbox of the user's is not meant for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    command = [sys.executable, "-P", "-c", _PROGRAM, str(_PACKAGES), "serve", "--port", "0", *flags]
    process = subprocess.Popen(  # noqa: S603 - it is this Python
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        encoding="utf-8",
        env=environment,
        start_new_session=True,  # Ctrl-C is for the tests; they end it once they are done with it
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    """End a server by closing its standard input; by force where it does not heed that."""
    try:
        process.communicate(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _address(process: "subprocess.Popen[str]", complaints: IO[bytes]) -> str:
    """Return where a server is, once it is there."""
    watchdog = Timer(_PATIENCE_SECONDS, process.kill)
    watchdog.start()
    try:
        lines: Any = process.stdout
        for line in lines:
            if "Base URL" in line:
                return str(line.split()[-1])
    finally:
        watchdog.cancel()
    process.wait()
    complaints.seek(0)
    said = complaints.read().decode("utf-8", "replace").strip()
    raise NotStarted(f"The sandbox did not start: {said or f'it ended with {process.returncode}'}")
