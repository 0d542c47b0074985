"""A world in parts, as rows of a table: written and read as a stream, never whole in memory."""

import io
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, BinaryIO, cast

from sandbox_server.persistence import snapshot
from sandbox_server.persistence.memory import MemoryPersistence

_PART = 4 * 1024 * 1024


def write(connection: sqlite3.Connection, world: MemoryPersistence) -> int:
    """Keep a world as it stands, once however often it comes; return its number. The caller has begun a transaction."""
    (number,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM bases").fetchone()
    stream = _Writer(connection, number)
    snapshot.dump(world, stream)
    stream.flush()
    digest = stream.digest.digest()
    same = connection.execute("SELECT number FROM bases WHERE digest = ?", (digest,)).fetchone()
    if same is not None:
        connection.execute("DELETE FROM parts WHERE base = ?", (number,))
        return int(same[0])
    connection.execute("INSERT INTO bases VALUES (?, ?, ?)", (number, digest, stream.size))
    return int(number)


def read(connection: sqlite3.Connection, number: int) -> MemoryPersistence:
    """
    Return a world that was kept.

    Raises:
        SnapshotError: It is damaged, or of another version; or it is gone.
    """
    measured = "SELECT size, (SELECT sum(length(content)) FROM parts WHERE base = number) FROM bases WHERE number = ?"
    size, found = connection.execute(measured, (number,)).fetchone() or (None, None)
    if size is None or size != found:
        raise snapshot.SnapshotError(f"World {number}", "is gone, or parts of it")
    parts = connection.execute("SELECT content FROM parts WHERE base = ? ORDER BY place", (number,))
    stream = cast(BinaryIO, _Reader(part for (part,) in parts))
    return snapshot.restore(stream, f"World {number}", size)


class _Writer(io.BytesIO):
    """A stream whose content becomes rows, part by part."""

    def __init__(self, connection: sqlite3.Connection, base: int) -> None:
        super().__init__()
        self.digest = blake2b(digest_size=16)
        self.size = 0
        self._connection = connection
        self._base = base
        self._place = 0

    def write(self, content: bytes, /) -> int:  # type: ignore[override]  # bytes alone are written here
        written = super().write(content)
        if self.tell() >= _PART:
            self.flush()
        return written

    def flush(self) -> None:
        part = self.getvalue()
        self.digest.update(part)
        self.size += len(part)
        self._connection.execute("INSERT INTO parts VALUES (?, ?, ?)", (self._base, self._place, part))
        self._place += 1
        self.seek(0)
        self.truncate()


class _Reader(io.RawIOBase):
    """A stream of what stands in rows."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._part = memoryview(b"")
        self._place = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer, unless the rows end."""
        wanted = memoryview(buffer)
        filled = 0
        while filled < len(wanted):
            self._part = self._part or memoryview(next(self._parts, b""))
            taken = self._part[: len(wanted) - filled]
            if not taken:
                break
            wanted[filled : filled + len(taken)] = taken
            self._part = self._part[len(taken) :]
            filled += len(taken)
        self._place += filled
        return filled
