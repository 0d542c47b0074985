"""
A whole world in one file.

The file begins with a magic word and the number of this form; then come frames, each with its length and a digest of
its content and of every frame before it; an empty one ends the file. Frames hold MessagePack, and columns of numbers in
it are raw bytes, little-endian. The same world gives the same bytes.
"""

import contextlib
import os
import struct
import sys
import tempfile
from array import array
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from sandbox_server.persistence.columns import Columns
from sandbox_server.persistence.instants import Instants
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.movements import Movements, Numbers

FORM = 5
"""The number of this form; another one is another file."""

_MAGIC = b"ACORN WORLD\n"
_HEAD = struct.Struct("<12sI")
_FRAME = struct.Struct("<Q16s")
_ROWS_AT_ONCE = 1 << 15
_FOREIGN = sys.byteorder == "big"  # columns are kept little-endian

T = TypeVar("T")


class SnapshotError(Exception):
    """A file that is no snapshot, is damaged, or has another form."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")


class _World(msgspec.Struct, array_like=True):
    seed: int
    currency: str
    time_zone: str
    tables: list[str]
    deadlines: list[tuple[datetime, int, str]]


class _Index(msgspec.Struct, array_like=True):
    """An index: its values, how many positions each has, and all positions in a row."""

    values: list[str]
    counts: bytes
    positions: bytes


class _Table(msgspec.Struct, array_like=True):
    size: int
    first: int
    created: bytes
    updated: bytes
    indexes: dict[str, _Index]


class _Rows(msgspec.Struct, array_like=True):
    keys: list[str | None]
    rows: list[bytes | None]


class _Ledger(msgspec.Struct, array_like=True):
    leaves: list[bytes]
    open_leaf: bytes
    since: bytes
    indexes: dict[str, _Index]


def save(world: MemoryPersistence, path: Path) -> None:
    """
    Write a world to a file, which is there whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            dump(world, stream)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def load(path: Path) -> MemoryPersistence:
    """
    Return the world that a file holds.

    Raises:
        SnapshotError: The file is no snapshot, is damaged or cut off, or has another form.
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        return restore(stream, str(path))


def restore(stream: BinaryIO, name: str, size: int | None = None) -> MemoryPersistence:
    """
    Return the world that a stream holds.

    Args:
        name: What people call it.
        size: Its bytes; None measures it, which not every stream lets one do.

    Raises:
        SnapshotError: It holds no snapshot, is damaged or cut off, or has another form.
    """
    try:
        return _read(_frames(stream, _size(stream) if size is None else size))
    except _Damage as damage:
        raise SnapshotError(name, str(damage)) from None
    except (msgspec.MsgspecError, StopIteration, KeyError, ValueError, IndexError) as error:
        raise SnapshotError(name, f"is damaged: {error!r}") from error


def dump(world: MemoryPersistence, stream: BinaryIO) -> None:
    """Write a world to a stream."""
    stream.write(_HEAD.pack(_MAGIC, FORM))
    before = b""
    for content in _contents(world):
        before = _digest(before, content)
        stream.write(_FRAME.pack(len(content), before))
        stream.write(content)
    stream.write(_FRAME.pack(0, _digest(before, b"")))


class _Damage(Exception):
    """What is wrong with the bytes of a file."""


def _contents(world: MemoryPersistence) -> Iterator[bytes]:
    pack = msgspec.msgpack.Encoder().encode
    yield pack(_World(world.seed, world.currency, world.time_zone, list(world.columns), world.deadlines))
    for columns in world.columns.values():
        yield pack(_table(columns))
        for start in range(0, len(columns.rows), _ROWS_AT_ONCE):
            stop = start + _ROWS_AT_ONCE
            yield pack(_Rows(columns.keys[start:stop], columns.rows[start:stop]))
    movements = world.movements
    yield pack(
        _Ledger(
            movements.leaves,
            movements.open_leaf(),
            _bytes(movements.since),
            {name: _index(index) for name, index in movements.indexes.items()},
        )
    )


def _table(columns: Columns[Any]) -> _Table:
    return _Table(
        len(columns.rows),
        columns.first,
        _bytes(columns.created),
        _bytes(columns.updated.at),
        {name: _index(index) for name, index in columns.indexes.items()},
    )


def _index(index: Mapping[str, "array[int]"]) -> _Index:
    counts = array("i", map(len, index.values()))
    return _Index(list(index), _bytes(counts), b"".join(map(_bytes, index.values())))


def _read(frames: Iterator[bytes]) -> MemoryPersistence:
    head = msgspec.msgpack.decode(next(frames), type=_World)
    world = MemoryPersistence(head.seed, head.currency, head.time_zone)
    world.deadlines = head.deadlines
    if head.tables != list(world.columns):
        raise _Damage("has other tables than this version")
    for columns in world.columns.values():
        _fill(columns, msgspec.msgpack.decode(next(frames), type=_Table), frames)
    _fill_ledger(world.movements, msgspec.msgpack.decode(next(frames), type=_Ledger))
    if next(frames, None) is not None:
        raise _Damage("is damaged: it does not end where it should")
    return world


def _fill(columns: Columns[Any], table: _Table, frames: Iterator[bytes]) -> None:
    decoder = msgspec.msgpack.Decoder(_Rows)
    columns.keys, columns.rows = [], []
    while len(columns.rows) < table.size:
        part = decoder.decode(next(frames))
        columns.keys += part.keys
        columns.rows += part.rows
    columns.positions = {key: position for position, key in enumerate(columns.keys) if key is not None}
    columns.first = table.first
    columns.created = _array("q", table.created)
    columns.updated = Instants(_array("q", table.updated))
    columns.indexes = {name: dict(_entries("q", table.indexes[name])) for name in columns.indexes}


def _fill_ledger(movements: Movements, ledger: _Ledger) -> None:
    movements.leaves, movements.since = ledger.leaves, _array("q", ledger.since)
    movements.reopen(ledger.open_leaf)
    movements.indexes = {name: Numbers(_entries("i", ledger.indexes[name])) for name in movements.indexes}


def _entries(typecode: str, index: _Index) -> Iterator[tuple[str, "array[int]"]]:
    positions = _array(typecode, index.positions)
    start = 0
    for value, count in zip(index.values, _array("i", index.counts), strict=True):
        stop = start + count
        yield value, positions[start:stop]
        start = stop


def _size(stream: BinaryIO) -> int:
    here = stream.tell()
    end = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    return end


def _frames(stream: BinaryIO, end: int) -> Iterator[bytes]:
    magic, form = _HEAD.unpack(_exactly(stream, _HEAD.size, end))
    if magic != _MAGIC:
        raise _Damage("is no snapshot of a world")
    if form != FORM:
        raise _Damage(f"is a snapshot of form {form}; this version reads form {FORM}")
    before = b""
    while True:
        size, digest = _FRAME.unpack(_exactly(stream, _FRAME.size, end))
        content = _exactly(stream, size, end)
        before = _digest(before, content)
        if before != digest:
            raise _Damage("is damaged: a digest does not fit")
        if not size:
            return
        yield content


def _exactly(stream: BinaryIO, size: int, end: int) -> bytes:
    # A damaged length may be any number, and must not be believed before there is that much.
    if size > end - stream.tell():
        raise _Damage("is cut off")
    return stream.read(size)


def _digest(before: bytes, content: bytes) -> bytes:
    return blake2b(content, digest_size=16, salt=before).digest()


def _bytes(column: "array[int]") -> bytes:
    if _FOREIGN:
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _array(typecode: str, content: bytes) -> "array[int]":
    column = array(typecode, content)
    if _FOREIGN:
        column.byteswap()
    return column
