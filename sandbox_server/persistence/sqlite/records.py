"""A tenant's log as rows: each has a number that says which log it is of, and a seal over all rows of it so far."""

from collections.abc import Callable
from zlib import crc32

PLACES = 1 << 32
"""Records that one log may have; a record's number is its log's times this, and its place in it from 1."""


class SqliteLog:
    """
    One tenant's log: a row for each record.

    Args:
        number: The log's number.
        record: Writes a row: its number, content and seal.
    """

    def __init__(self, number: int, record: Callable[[tuple[int, bytes, int]], object]) -> None:
        self.number = number
        self.size = 0
        self._record = record
        self._next = number * PLACES + 1
        self._seal = 0

    def take(self) -> bool:
        """Have nobody wait: there is one process."""
        return False

    def end(self) -> None:
        """Have waited for nobody."""

    def append(self, record: bytes, _cause: str) -> None:
        """
        Keep what a transaction is about to change.

        Raises:
            Unavailable: It cannot be kept.
        """
        seal = crc32(record, self._seal)
        self._record((self._next, record, seal))
        self._went_on(record, seal)

    def follow(self, number: int, record: bytes, seal: int) -> bool:
        """Go on after a row that was written before; return whether it is the next one, and whole."""
        if number != self._next or seal != crc32(record, self._seal):
            return False
        self._went_on(record, seal)
        return True

    def _went_on(self, record: bytes, seal: int) -> None:
        self._next += 1
        self._seal = seal
        self.size += len(record)


def span(number: int) -> tuple[int, int]:
    """Return the numbers between which the records of a log lie."""
    return number * PLACES, number * PLACES + PLACES - 1
