"""A connection to the database that comes back by itself when it was lost."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sandbox_server.domain.errors import Interrupted, Unavailable
from sandbox_server.persistence.log import VaultError

Connection = psycopg.Connection[tuple[Any, ...]]
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
    "application_name": "acorn-sandbox",
}
_LIMITS = {
    # Whoever waits for another worker gives up before its client does.
    "lock_timeout": "2s",
    "statement_timeout": "10s",
    # A worker that hangs in the midst of a transaction loses it, and its locks.
    "idle_in_transaction_session_timeout": "5s",
}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
_PASSING = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
"""What has to do with the state of the server, and not with what it was asked."""
DEADLOCKS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
WAITS = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
"""Others had what was waited for, for too long."""
_HINTS = {
    "password": "Look at user and password in the URL.",
    "does not exist": "Make it first (createdb), or look at the name in the URL.",
    "permission denied": "The user must be allowed to create a schema in this database.",
}

logger = logging.getLogger("sandbox.database")


class DatabaseError(VaultError):
    """The database cannot be used, for a reason that waiting does not mend; the message says what to do."""


class Unreachable(DatabaseError):
    """The database cannot be connected to."""


class Database:
    """
    One connection, for one thread.

    Args:
        url: Where the database is: `postgresql://user:password@host:port/name`.
        settings: Settings of the server for this connection alone; those that the URL asks for win.
    """

    def __init__(self, url: str, **settings: str) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in {**_LIMITS, **settings}.items())
        try:
            self._given = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise DatabaseError(f"--database is no URL of a database: {_line(error)}. {_EXAMPLE}") from None
        asked = str(self._given.get("options") or "")
        self._conninfo = make_conninfo(url, **{**_PATIENCE, "options": f"{options} {asked}".strip()})
        self._connection: Connection | None = None
        self._returning: Thread | None = None
        self._returned: Connection | None = None
        self._closing = Event()
        self._before: Callable[[], None] = lambda: None
        self.generation = 0
        """How often it has been connected."""

    @property
    def name(self) -> str:
        """Where it is, without secrets."""
        given = self._given
        return f"{given.get('host', 'localhost')}:{given.get('port', 5432)}/{given.get('dbname', '')}"

    def open(self) -> None:
        """
        Connect.

        Raises:
            Unreachable: It cannot be reached, or lets nobody in.
        """
        try:
            self._take(self._connect())
        except psycopg.Error as error:
            said = _line(error)
            hint = next(
                (hint for word, hint in _HINTS.items() if word in said), "Is it running, and can it be reached?"
            )
            raise Unreachable(f"Cannot use the database {self.name}: {said}. {hint}") from None

    def call_itself(self, name: str) -> None:
        """Have this connection, and those that come after it, known to others under a name."""
        self._conninfo = make_conninfo(self._conninfo, application_name=name)
        with self.use() as connection:
            connection.execute("SELECT set_config('application_name', %s, false)", (name,))

    def before_use(self, act: Callable[[], None]) -> None:
        """Have something done each time before somebody uses the connection; not before it is merely lent."""
        self._before = act

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """
        Lend the connection to somebody who knows nothing of what it was lent for before.

        Raises:
            Interrupted: A deadlock was broken up; what was asked may be asked anew at once.
            Unavailable: It is lost, or the server cannot do now what it was asked.
        """
        self._before()
        with self.lend() as connection:
            yield connection

    @contextmanager
    def lend(self, undone: tuple[type[psycopg.Error], ...] = DEADLOCKS) -> Iterator[Connection]:
        """
        Lend the connection.

        Args:
            undone: Errors after which what was asked may be asked anew at once.

        Raises:
            Interrupted: One of these has happened.
            Unavailable: It is lost, or the server cannot do now what it was asked.
        """
        if self._connection is None:
            self._come_back()
        connection = self._connection
        if connection is None:
            raise Unavailable(f"The database {self.name} cannot be reached. It is tried again by itself.")
        try:
            yield connection
        except _PASSING as error:
            self._look_at(connection)
            kind = Interrupted if isinstance(error, undone) else Unavailable
            raise kind(f"The database {self.name} says: {_line(error)}. Try again.") from error
        except BaseException:
            self._look_at(connection)
            raise

    def close(self) -> None:
        """Let go of it."""
        self._closing.set()
        if self._returning is not None:
            self._returning.join()
        for connection in (self._connection, self._returned):
            if connection is not None:
                connection.close()
        self._connection = self._returned = None

    def _look_at(self, connection: Connection) -> None:
        """See whether the connection has outlived an error."""
        try:
            if not connection.closed:
                connection.rollback()
        except psycopg.Error:
            connection.close()
        if connection.closed and connection is self._connection:
            logger.warning("the database %s is lost", self.name)
            self._connection = None
            self._come_back()

    def _come_back(self) -> None:
        """Take the new connection, or have one made."""
        if self._returned is not None:
            self._take(self._returned)
            self._returned = self._returning = None
            logger.warning("the database %s is back", self.name)
        elif self._returning is None and not self._closing.is_set():
            self._returning = Thread(target=self._try_again, name="database", daemon=True)
            self._returning.start()

    def _try_again(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closing.wait(pause):
            try:
                self._returned = self._connect()
            except psycopg.Error:
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return

    def _connect(self) -> Connection:
        return psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=0)

    def _take(self, connection: Connection) -> None:
        self._connection = connection
        self.generation += 1


_EXAMPLE = "It looks like postgresql://user:password@127.0.0.1:5432/sandbox."


def _line(error: psycopg.Error) -> str:
    """Return what the server said, or the last words of whoever did not get that far, on one line."""
    said = error.diag.message_primary or str(error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(error).__name__
