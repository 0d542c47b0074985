"""Whole worlds in the database, in parts."""

from io import BytesIO

from sandbox_server.persistence import snapshot
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.postgres.connection import Connection, DatabaseError

_PART_BYTES = 8 * 1024 * 1024


def read(connection: Connection, number: int, database: str) -> MemoryPersistence:
    """
    Return a world.

    Args:
        database: What the database is called.

    Raises:
        DatabaseError: It is damaged, or another version's.
    """
    stream = BytesIO()
    part = 0
    while (row := connection.execute(_READ, (number, part), binary=True).fetchone()) is not None:
        stream.write(row[0])
        part += 1
    stream.seek(0)
    try:
        return snapshot.restore(stream, f"world {number} in the database {database}")
    except snapshot.SnapshotError as error:
        raise DatabaseError(f"{error}. Put back a copy of the database, or name another.") from error


def write(connection: Connection, world: MemoryPersistence) -> int:
    """Write a world; return its number."""
    stream = BytesIO()
    snapshot.dump(world, stream)
    content = stream.getbuffer()
    row = connection.execute("SELECT nextval('sandbox.base_numbers')").fetchone()
    assert row is not None, "a sequence has a next number"
    for part, start in enumerate(range(0, len(content), _PART_BYTES)):
        connection.execute(_WRITE, (row[0], part, bytes(content[start : start + _PART_BYTES])))
    return int(row[0])


_READ = "SELECT content FROM sandbox.bases WHERE number = %s AND part = %s"
_WRITE = "INSERT INTO sandbox.bases (number, part, content) VALUES (%s, %s, %s)"
