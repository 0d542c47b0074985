"""How a worker has the others tell of the calls that they have answered, and knows when all of them have."""

import logging
from asyncio import sleep
from collections.abc import Callable
from itertools import count

from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.persistence.postgres.connection import Database
from sandbox_server.persistence.postgres.entries import Entry, Kind
from sandbox_server.persistence.postgres.replica import Replica

_NAME = "acorn-sandbox worker"
"""What a connection is called by which a worker follows the log."""
_PAUSE_SECONDS = 0.01
_PATIENCE_NS = 10_000_000_000
"""How long a worker is waited for that is there and does not answer."""
_OTHERS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()
"""

logger = logging.getLogger("sandbox.workers")


class Asking:
    """
    Asks the other workers, and answers them.

    Args:
        database: The connection by which this worker follows the log, and the others know it.
        replica: Its part in the log.
    """

    def __init__(self, database: Database, replica: Replica) -> None:
        self._database = database
        self._replica = replica
        self._numbers = count()
        self._asked: list[str] = []
        self._told: dict[str, set[int]] = {}
        self._is_known = False

    async def all_have_told(self) -> None:
        """
        Wait until every other worker has told of the calls that it had answered before this began.

        Raises:
            Unavailable: They cannot be asked.
        """
        silent = self._others()
        if not silent:
            self._replica.catch_up()
            return
        question, until = f"{self._pid()}-{next(self._numbers)}", monotonic_ns() + _PATIENCE_NS
        told = self._told[question] = set()
        try:
            self._tell(Kind.ASKED, question)
            while silent and monotonic_ns() < until:
                await sleep(_PAUSE_SECONDS)
                self._replica.catch_up()
                silent = (silent - told) & self._others()
        finally:
            del self._told[question]
        if silent:
            logger.warning("the journal may lack calls: workers that are there and do not answer: %d", len(silent))

    def asked(self, question: str) -> None:
        """Know that another worker asks."""
        self._asked.append(question)

    def told(self, answer: str) -> None:
        """Know that another worker has told of its calls, and whom it answers."""
        question, pid = answer.split()
        self._told.get(question, set()).add(int(pid))

    def answer(self, tell_calls: Callable[[], None]) -> None:
        """
        Tell of this worker's calls, and answer whoever has asked by now; from the first time on it is asked.

        Raises:
            Unavailable: They cannot be told now; they wait on.
        """
        if not self._is_known:
            self._database.call_itself(_NAME)
            self._is_known = True
        questions = len(self._asked)
        tell_calls()
        for question in self._asked[:questions]:
            self._tell(Kind.TOLD, f"{question} {self._pid()}")
        del self._asked[:questions]

    def _tell(self, kind: Kind, text: str) -> None:
        with self._replica.turn(f"{_NAME} {self._pid()}"):  # a turn that nobody else ever takes
            self._replica.append(Entry("", kind, text.encode()))

    def _pid(self) -> int:
        with self._database.use() as connection:
            return connection.info.backend_pid

    def _others(self) -> set[int]:
        with self._database.use() as connection:
            return {pid for (pid,) in connection.execute(_OTHERS, (_NAME,)).fetchall()}
