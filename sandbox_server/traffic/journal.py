"""
Entries of the journal: what one says of a call, and how each one seals all that came before it.

An entry's content is its JSON with members in order and no blanks. Its hash is the SHA-256 of that, and the content
names the hash of the entry before, so that whoever knows the last hash can tell whether anything was altered since.
Bodies stand outside of the content, which names their digests: a long one is kept once for all entries that have it.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

NOTHING_BEFORE = "0" * 64
"""What the first entry names as the hash of the one before."""

Change = tuple[str, str, bytes | None, bytes | None]
"""A table, a key in it, and the packed entity before and after; None where there was, or is, none."""


class Ending(StrEnum):
    """How a call ended, seen from the server."""

    ANSWERED = "ANSWERED"
    CUT_SHORT = "CUT_SHORT"  # the answer was begun and not finished
    UNANSWERED = "UNANSWERED"


class Half(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    A request or an answer without its body.

    Args:
        digest: SHA-256 of the body as it is kept, in hexadecimal; empty where there was none.
        headers: A line `name: value` for each, in the order of the wire, secrets redacted.
        redacted: Whether the body that is kept is another than the one on the wire, for its secrets' sake.
        size: Bytes of the body on the wire.
    """

    digest: str = ""
    headers: str = ""
    redacted: bool = False
    size: int = 0

    def fields(self) -> list[tuple[str, str]]:
        """Return the names and values of the headers."""
        return [(name, value) for name, _, value in (line.partition(": ") for line in self.headers.splitlines())]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, rename="camel"):
    """
    One call, in full but for its bodies. The members stand in the order of their names on the wire.

    Args:
        changes: What the call changed.
        credential: The client id of the caller, or the one that an unknown caller claimed.
        fault: What was injected, and by which rule.
        operation: The operation's name in the contract; None where the path or the method is nobody's.
        path: As it was sent, secrets redacted.
        peer: The client's address and port.
        previous_hash: The hash of the entry before.
        received_at: Virtual time; `received_ns` is real time since the journal was opened. So are `sent_…`.
        status: 0 where nothing was answered.
        throttle: What the throttle decided.
    """

    changes: tuple[Change, ...] = ()
    credential: str | None = None
    ending: Ending = Ending.ANSWERED
    fault: Any = None
    http_version: str
    method: str
    number: int
    operation: str | None = None
    path: str
    peer: str = ""
    previous_hash: str
    query: str = ""
    received_at: datetime
    received_ns: int
    request: Half
    request_id: str
    response: Half
    sent_at: datetime
    sent_ns: int
    status: int = 0
    tenant: str
    throttle: Any = None


class Kept(NamedTuple):
    """
    An entry as the journal keeps it.

    Args:
        content: The entry's bytes.
        hash: Of the content.
        request: The request's body.
        response: The answer's body.
    """

    content: bytes
    hash: str
    request: bytes
    response: bytes

    @property
    def entry(self) -> Entry:
        """The entry, made readable."""
        return _read(self.content)


def content_of(entry: Entry) -> bytes:
    """Return an entry's bytes; equal entries have equal bytes. What the notes hold beside JSON becomes its text."""
    return _write(entry)


def digest(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal, and the empty string of nothing."""
    return sha256(content).hexdigest() if content else ""


def first_altered(kept: Iterable[Kept], anchor: str, tip: str) -> int | None:
    """
    Return the number of the first entry that is not as it was written, or is gone; None when all are.

    Args:
        kept: Entries without a gap, from the oldest to the newest.
        anchor: The hash of the entry before the oldest.
        tip: The hash of the newest.
    """
    previous, number = anchor, 0
    for one in kept:
        link = _genuine(one)
        if link is None or (number and link.number != number + 1):
            return number + 1 if number else _number(one)
        if link.previous_hash != previous:
            return number or link.number  # the one before was altered and given a new hash, or is gone
        previous, number = one.hash, link.number
    return None if previous == tip else number


class _Digest(msgspec.Struct):
    digest: str = ""


class _Link(msgspec.Struct, rename="camel"):
    """What ties an entry to the one before, and to its bodies."""

    number: int
    previous_hash: str
    request: _Digest
    response: _Digest


def _genuine(kept: Kept) -> _Link | None:
    """Return what ties the entry when its hash, and the digests of its bodies, are what they should be."""
    if digest(kept.content) != kept.hash:
        return None
    link = _read_link(kept.content)
    whole = (link.request.digest, link.response.digest) == (digest(kept.request), digest(kept.response))
    return link if whole else None


def _number(kept: Kept) -> int:
    """Return an altered entry's number as far as it can still be read, 0 when it cannot."""
    try:
        return _read_link(kept.content).number
    except msgspec.DecodeError:
        return 0


_write = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
_read = msgspec.json.Decoder(Entry).decode
_read_link = msgspec.json.Decoder(_Link).decode
