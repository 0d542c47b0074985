"""What operators were answered under their idempotency keys, by whichever worker."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from zlib import crc32

from sandbox_server.domain.errors import Unavailable
from sandbox_server.persistence.answers import MOST, KeptAnswer, pack, unpack
from sandbox_server.persistence.postgres.connection import Database

_LOCKS = 0x5EED0006


class SharedAnswers:
    """
    Answers in a database.

    Args:
        database: The connection that claims keys: they are free when that is lost.
        most: How many are kept.
    """

    def __init__(self, database: Database, most: int = MOST) -> None:
        self._database = database
        self._most = most

    @contextmanager
    def claim(self, key: str) -> Iterator[bool]:
        """Have no other worker answer under a key in the block; give whether none does already."""
        lock = (_LOCKS, crc32(key.encode()) - (1 << 31))
        with self._database.use() as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", lock).fetchone()
        is_ours = row is not None and bool(row[0])
        try:
            yield is_ours
        finally:
            if is_ours:
                with suppress(Unavailable), self._database.use() as connection:
                    connection.execute("SELECT pg_advisory_unlock(%s, %s)", lock)

    def recall(self, key: str) -> KeptAnswer | None:
        """Return what was answered; None when nothing was, or it was long ago."""
        with self._database.use() as connection:
            row = connection.execute(_RECALL, (key,), binary=True).fetchone()
        return None if row is None else unpack(row[0])

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """
        Keep what is answered; within a turn, with what is kept in it or not at all.

        Raises:
            Unavailable: It cannot be kept.
        """
        with self._database.use() as connection:
            connection.execute(_KEEP, {"key": key, "kept": pack(answer), "most": self._most})


_RECALL = "SELECT kept FROM sandbox.answers WHERE key = %s"
_KEEP = """
    WITH kept AS (INSERT INTO sandbox.answers (key, kept) VALUES (%(key)s, %(kept)s) RETURNING number)
    DELETE FROM sandbox.answers USING kept WHERE answers.number <= kept.number - %(most)s
"""
