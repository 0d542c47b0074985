"""
The journal's segments: a few hundred entries kept together, so that what they have in common is kept once.

An open segment takes entries; a closed one is compressed some time later.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from threading import Lock
from typing import Protocol

import msgspec

from sandbox_server.traffic.journal import Kept, digest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORM = 2  # of a segment, packed
ENTRIES = 256  # of a segment
BYTES = 4 * 1024 * 1024  # of a segment, before it is compressed
_LEVEL = 1
_WHOLE = 4096  # bytes of a body that is not worth cutting
_HEAD = 64  # bytes in which a list begins, and in which its first row has its first member's name

Parts = tuple[int, ...]
"""
What a body is made of: nothing where it is empty; else the place of its only chunk, or those of the chunk that stands
between its rows and of the rows.
"""


class Gone(LookupError):
    """A segment was let go."""


class Shelf(Protocol):
    """Where closed segments stand that memory has no room for."""

    def content(self, first: int) -> bytes:
        """
        Return what a segment was packed to, by the number of its first entry.

        Raises:
            Gone: It was let go.
        """
        ...

    def words(self, first: int) -> str:
        """Return the words of a segment."""
        ...


class _Content(msgspec.Struct, array_like=True):
    """What a segment holds: for each entry its content, its hash and its two bodies; and the bodies' chunks."""

    lines: list[bytes]
    hashes: list[str]
    bodies: list[tuple[Parts, Parts]]
    chunks: list[bytes]


class Segment:
    """
    Entries without a gap.

    Args:
        first: The number of its first entry.
        anchor: The hash of the entry before.
    """

    def __init__(self, first: int, anchor: str) -> None:
        self.first = first
        self.anchor = anchor
        self.count = 0
        self.since: datetime | None = None
        self.until: datetime | None = None
        self.shelf: Shelf | None = None
        self.shelved_bytes = 0
        self.shelved_at: datetime | None = None
        self._words: set[str] = set()
        self._all_words = ""
        self._weight = 0
        self._content: _Content | None = _Content([], [], [], [])
        self._packed = b""
        self._places: dict[bytes, int] = {}
        self._latest: dict[object, tuple[bytes, str, Parts]] = {}

    @property
    def last(self) -> int:
        """The number of its last entry."""
        return self.first + self.count - 1

    @property
    def size(self) -> int:
        """How many bytes it takes, about."""
        return self._weight if self._content is not None else len(self._packed)

    @property
    def is_full(self) -> bool:
        """Whether it is time to close it."""
        return self.count >= ENTRIES or self._weight >= BYTES

    def may_hold(self, word: str) -> bool:
        """Whether one of its entries was added with this word."""
        return word in self._words or f" {word} " in self.all_words

    @property
    def all_words(self) -> str:
        """The words that its entries were added with, when it is closed."""
        if self._content is None and not self._packed and self.shelf is not None:
            return self.shelf.words(self.first)
        return self._all_words

    def keep(self, body: bytes, question: object = None) -> tuple[str, Parts]:
        """
        Keep a body, or find that it is kept; return its digest, and what it is made of.

        Args:
            body: One byte or more.
            question: Bodies of equal questions are likely to be equal.
        """
        latest = self._latest.get(question)
        if latest is not None and latest[0] == body:
            return latest[1], latest[2]
        kept = digest(body), self._cut(body)
        if question is not None:
            self._latest[question] = body, *kept
        return kept

    def add(self, kept: tuple[bytes, str], bodies: tuple[Parts, Parts], at: datetime, words: Iterable[str]) -> None:
        """
        Add an entry whose bodies are kept here.

        Args:
            kept: Its content, and the hash of that.
            bodies: What the request's and the answer's are made of.
            at: Its virtual time.
            words: What it can be found by.
        """
        content = self._content
        assert content is not None, "a closed segment takes nothing"
        content.lines.append(kept[0])
        content.hashes.append(kept[1])
        content.bodies.append(bodies)
        self.count += 1
        self._weight += len(kept[0])
        self._words.update(words)
        self.since, self.until = self.since or at, at

    def close(self) -> None:
        """Take no more entries."""
        self._all_words, self._words = f" {' '.join(self._words)} ", set()
        self._places, self._latest = {}, {}

    def squeeze(self) -> None:
        """Compress the entries of a closed segment."""
        self._packed, self._content = self.packed(), None

    def packed(self) -> bytes:
        """Return the entries of a closed segment, compressed."""
        if self._content is not None and not self._packed:
            self._packed = _pack(self._content)
        return self._packed

    def so_far(self) -> "Segment":
        """Return a closed segment with the entries that an open one has by now."""
        content = self._content
        assert content is not None, "an open segment has its content"
        twin = Segment(self.first, self.anchor)
        twin.count, twin.since, twin.until = self.count, self.since, self.until
        twin._all_words = f" {' '.join(self._words)} "
        twin._content = _Content(*(list(getattr(content, name)) for name in _Content.__struct_fields__))
        return twin

    def be_on(self, shelf: Shelf, since: datetime, size: int) -> None:
        """Be on a shelf, too, since an instant of the machine's, where it takes so many bytes."""
        self.shelved_at, self.shelved_bytes, self.shelf = since, size, shelf

    def leave(self) -> None:
        """Be on the shelf alone, and no longer in memory."""
        self._content, self._packed, self._all_words = None, b"", ""

    def kept(self, *, newest_first: bool = False) -> Iterator[Kept]:
        """
        Return its entries, from the oldest to the newest or the other way round; bodies are put together as they come.

        Raises:
            Gone: It was let go.
        """
        content = self._content or _unpack(self._packed or self._fetched())
        chunks = content.chunks
        packed = [*zip(content.lines, content.hashes, content.bodies, strict=True)]
        for line, hash_, (request, response) in reversed(packed) if newest_first else packed:
            yield Kept(line, hash_, _joined(chunks, request), _joined(chunks, response))

    def _fetched(self) -> bytes:
        assert self.shelf is not None, "what is not in memory is on a shelf"
        return self.shelf.content(self.first)

    def _cut(self, body: bytes) -> Parts:
        """Keep the chunks of a body: a long list is cut into its rows, which other lists have, too."""
        separator = _separator(body) if len(body) > _WHOLE else b""
        if not separator:
            return (self._place(body),)
        return (self._place(separator), *map(self._place, body.split(separator)))

    def _place(self, chunk: bytes) -> int:
        place = self._places.get(chunk)
        if place is None:
            assert self._content is not None, "a closed segment takes nothing"
            place = self._places[chunk] = len(self._content.chunks)
            self._content.chunks.append(chunk)
            self._weight += len(chunk)
        return place


def _separator(body: bytes) -> bytes:
    """Return what stands between the rows of a JSON list, `},{"orderId":` for one; nothing when it is no such list."""
    start = body.find(b"[{", 0, _HEAD)
    stop = body.find(b":", start, start + _HEAD) if start >= 0 else -1
    return b"}," + body[start + 1 : stop + 1] if stop >= 0 else b""


def _joined(chunks: list[bytes], parts: Parts) -> bytes:
    if len(parts) < 2:
        return chunks[parts[0]] if parts else b""
    return chunks[parts[0]].join([chunks[part] for part in parts[1:]])


class _Press:
    """Packs contents in memory that it keeps: to have new memory for each costs as much as the work."""

    def __init__(self) -> None:
        self._encoded = bytearray()
        self._encode = msgspec.msgpack.Encoder().encode_into
        self._compressor = zstd.ZstdCompressor(_LEVEL)
        self._lock = Lock()  # sandboxes of one process may each have a thread of their own

    def __call__(self, content: _Content) -> bytes:
        """Return a content encoded and compressed."""
        with self._lock:
            self._encode(content, self._encoded)
            return self._compressor.compress(self._encoded, zstd.ZstdCompressor.FLUSH_FRAME)


def _unpack(packed: bytes) -> _Content:
    return _decode(zstd.decompress(packed))


_pack = _Press()
_decode = msgspec.msgpack.Decoder(_Content).decode
