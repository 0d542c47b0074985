"""The one time that all workers have, whichever host they are on: the database's."""

from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.persistence.postgres.connection import Database

_ASKED = 8
_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"


class Calendar:
    """
    Tells the database's time without asking for it: it was asked at the start, and the quickest answer counts.

    Args:
        database: Whose time it is.
    """

    def __init__(self, database: Database) -> None:
        self._offset = min(self._ask(database) for _ in range(_ASKED))[1]

    def at(self, monotonic: int) -> float:
        """Return what the database's clock shows at a monotonic time here, in seconds since 1970."""
        return monotonic / 1e9 + self._offset

    def here(self, seconds: float) -> int:
        """Return the monotonic time here at which the database's clock shows this."""
        return int((seconds - self._offset) * 1e9)

    @staticmethod
    def _ask(database: Database) -> tuple[int, float]:
        """Return how long an answer took, and how far ahead of us the database is."""
        asked = monotonic_ns()
        with database.use() as connection:
            row = connection.execute(_NOW).fetchone()
        answered = monotonic_ns()
        assert row is not None, "it is always some time"
        return answered - asked, row[0] - (asked + answered) / 2e9
