"""A PostgreSQL of the tests' own: started from installed programs on a free port, and gone with the tests."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

PASSWORD = "not-secret"
_ROOT = 0
_ATTEMPTS = 5
_PATIENCE_SECONDS = 60
_FLAGS = (
    *("-c", "listen_addresses=127.0.0.1"),
    *("-c", "unix_socket_directories="),
    *("-c", "fsync=off"),  # the tests end processes, not machines
    *("-c", "shared_buffers=32MB"),
    *("-c", "max_connections=50"),
)


class PostgreSQL:
    """
    A server of databases.

    Args:
        programs: The folder of `initdb` and `postgres`.
        home: An empty folder that it may fill.
        flags: More of the server's own.
    """

    def __init__(self, programs: Path, home: Path, flags: tuple[str, ...] = ()) -> None:
        self._programs = programs
        self._flags = (*_FLAGS, *flags)
        self._data = home / "data"
        self._log = home / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        self.port = 0
        password = home / "password"
        password.write_text(PASSWORD)
        # It refuses to run as root, and so lives as the user that its package brings.
        self._user = _unprivileged()
        if self._user is not None:
            for path in (home, password):
                shutil.chown(path, self._user)
        settings = (
            "--username=sandbox",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-sync",
        )
        self._run("initdb", *settings, "--locale=C", "--pgdata", str(self._data))

    def start(self) -> None:
        """Start, on the port that it had before; wait until it takes connections."""
        for _ in range(_ATTEMPTS):
            self.port = self.port or _free_port()
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    [self._programs / "postgres", "-D", self._data, "-p", str(self.port), *self._flags],
                    stdout=log,
                    stderr=log,
                    user=self._user,
                    cwd=self._data.parent,
                )
            if self._is_ready(self._process):
                return
            self.port = 0  # somebody else took it in between
        raise AssertionError(self._log.read_text())

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT breaks off all connections, SIGQUIT does not tidy up."""
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait(_PATIENCE_SECONDS)
            self._process = None

    def new_database(self) -> str:
        """Return the URL of a database with nothing in it."""
        self._made += 1
        name = f"sandbox_{self._made}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def url(self, database: str, password: str = PASSWORD) -> str:
        """Return the URL of a database."""
        return f"postgresql://sandbox:{password}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), *words]
        subprocess.run(command, check=True, capture_output=True, user=self._user, cwd=self._data.parent)

    def _is_ready(self, process: "subprocess.Popen[bytes]") -> bool:
        """Wait until it takes connections, or has ended."""
        while process.poll() is None:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=_PATIENCE_SECONDS).close()
            except psycopg.OperationalError:
                continue
            return True
        return False


@contextmanager
def postgresql(*flags: str) -> Iterator[PostgreSQL]:
    """Run a server until the block ends; where none is installed the test is skipped, and fails in CI."""
    programs = _programs()
    if programs is None:
        missing = "PostgreSQL is not installed; on Debian: apt-get install postgresql"
        assert not os.environ.get("CI"), missing
        pytest.skip(missing)
    # Not below the folder of pytest, which another user may not enter.
    with tempfile.TemporaryDirectory(prefix="sandbox-postgresql-", ignore_cleanup_errors=True) as home:
        server = PostgreSQL(programs, Path(home), flags)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _programs() -> Path | None:
    """Return the folder of the newest PostgreSQL that is installed."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda path: int(path.parent.name), default=None)


def _unprivileged() -> str | None:
    if os.geteuid() != _ROOT:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
