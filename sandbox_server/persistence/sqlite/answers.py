"""What operators were answered under their idempotency keys, in the database of the tenants."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sandbox_server.persistence.answers import MOST, KeptAnswer, pack, unpack


class LastingAnswers:
    """
    Answers in a database that this process has to itself.

    Args:
        read: Returns the rows of a query.
        write: Executes a statement.
        most: How many are kept.
    """

    def __init__(self, read: Callable[..., Sequence[Any]], write: Callable[..., None], most: int = MOST) -> None:
        self._read = read
        self._write = write
        self._most = most

    def claim(self, _key: str) -> AbstractContextManager[bool]:
        """Have it: there is no other process."""
        return nullcontext(True)

    def recall(self, key: str) -> KeptAnswer | None:
        """Return what was answered; None when nothing was, or it was long ago."""
        rows = self._read("SELECT content FROM answers WHERE key = ?", (key,))
        return unpack(rows[0][0]) if rows else None

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """
        Keep what is answered.

        Raises:
            Unavailable: It cannot be kept.
        """
        self._write("INSERT INTO answers (key, content) VALUES (?, ?)", (key, pack(answer)))
        self._write("DELETE FROM answers WHERE number <= (SELECT max(number) FROM answers) - ?", (self._most,))
