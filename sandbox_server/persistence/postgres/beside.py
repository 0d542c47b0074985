"""What a worker does beside its calls, in a thread and on a connection of its own: it makes sure, and it may lead."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sandbox_server.domain.errors import Unavailable
from sandbox_server.persistence.postgres.connection import Database
from sandbox_server.persistence.postgres.replica import Replica

_LEAD = 0x5EED0003
_SECONDS = 0.5
_FLUSH = "SELECT pg_logical_emit_message(true, 'sandbox', '')"
"""A transaction with nothing in it but its end, which waits for the disk, and so for all that ended before."""


class Beside:
    """
    A thread with a connection.

    Args:
        database: The connection.
        replica: What this worker has appended.
    """

    def __init__(self, database: Database, replica: Replica) -> None:
        self._database = database
        self._replica = replica
        self._thread = ThreadPoolExecutor(1, "beside")
        self._sure = 0
        self._making_sure: asyncio.Task[None] | None = None
        self._leading = 0

    @property
    def leads(self) -> bool:
        """Whether this is the one worker that does what only one may do."""
        return self._leading > 0

    async def make_sure(self) -> None:
        """
        Wait until everything that was appended by now outlives the database's server; one wait serves all who wait.

        Raises:
            Unavailable: Nobody can tell.
        """
        wanted = self._replica.appended
        while self._sure < wanted:
            if self._making_sure is None:
                self._making_sure = asyncio.create_task(self._flush())
            await asyncio.shield(self._making_sure)

    async def stand(self) -> None:
        """Take the lead when nobody has it, for as long as this runs."""
        loop = asyncio.get_running_loop()
        while True:
            self._leading = await loop.run_in_executor(self._thread, self._stand)
            await asyncio.sleep(_SECONDS)

    def close(self) -> None:
        """Let go of the lead and the connection."""
        self._thread.shutdown()
        self._leading = 0
        self._database.close()

    async def _flush(self) -> None:
        appended = self._replica.appended
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._wait_for_disk)
            self._sure = appended
        finally:
            self._making_sure = None

    def _wait_for_disk(self) -> None:
        with self._database.use() as connection:
            connection.execute(_FLUSH)

    def _stand(self) -> int:
        """Return the number of the connection that has the lead; 0 where another worker's has it."""
        try:
            with self._database.use() as connection:
                if self._leading == self._database.generation:
                    connection.execute("SELECT 1")
                    return self._leading
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LEAD,)).fetchone()
                return self._database.generation if row is not None and row[0] else 0
        except Unavailable:
            return 0
