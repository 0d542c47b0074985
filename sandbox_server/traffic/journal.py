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


class Verdict(StrEnum):
    """What became of a call: the first of these that is true of it."""

    UNMATCHED = "UNMATCHED"  # no such operation
    FAULT = "FAULT"  # a fault rule played
    ABANDONED = "ABANDONED"  # the client was gone before it was answered
    THROTTLED = "THROTTLED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    VIOLATION = "VIOLATION"  # against the contract
    REFUSED = "REFUSED"  # by a rule of the marketplace
    BUG = "BUG"  # the sandbox's own failure
    ANSWERED = "ANSWERED"


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
        before_fault: The body of the answer as it was before a fault rule changed it; empty where none did.
        changes: What the call changed.
        credential: The client id of the caller, or the one that an unknown caller claimed.
        fault: The id of the rule that played, and the name of its effect.
        operation: The operation's name in the contract; None where the path or the method is nobody's.
        path: As it was sent, secrets redacted.
        peer: The client's address and port.
        previous_hash: The hash of the entry before.
        received_at: Virtual time; `received_ns` is real time since the journal was opened. So are `sent_…`.
        status: 0 where nothing was answered.
        throttle: What the throttle decided: `admitted`, and what is `remaining` in the bucket.
    """

    before_fault: str = ""
    changes: tuple[Change, ...] = ()
    credential: str | None = None
    ending: Ending = Ending.ANSWERED
    fault: tuple[str, str] | None = None
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
    throttle: dict[str, Any] | None = None


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


def makes_up(effect: str | None) -> bool:
    """Whether a fault's effect puts another answer in the place of the marketplace's, which nobody is to blame for."""
    return effect in _MAKING_UP


_MAKING_UP = {"error", "fault"}


def content_of(entry: Entry) -> bytes:
    """Return an entry's bytes; equal entries have equal bytes. What the notes hold beside JSON becomes its text."""
    return _write(entry)


def digest(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal, and the empty string of nothing."""
    return sha256(content).hexdigest() if content else ""


def verdict_of(entry: Entry) -> Verdict:
    """Return what became of a call."""
    if entry.operation is None:
        return Verdict.UNMATCHED
    if entry.fault is not None:
        return Verdict.FAULT
    if entry.status in _VERDICTS:
        return _VERDICTS[entry.status]
    if entry.status >= 400:
        return Verdict.REFUSED if entry.status < 500 else Verdict.BUG
    return Verdict.ANSWERED


_VERDICTS = {
    0: Verdict.ABANDONED,
    400: Verdict.VIOLATION,
    401: Verdict.UNAUTHENTICATED,
    406: Verdict.VIOLATION,
    413: Verdict.VIOLATION,
    415: Verdict.VIOLATION,
    429: Verdict.THROTTLED,
}


class Flaw(NamedTuple):
    """
    Where a chain is broken.

    Args:
        number: Of the entry.
        reason: What does not fit about it.
    """

    number: int
    reason: str


def first_flaw(kept: Iterable[Kept], numbers: range, anchor: str, tip: str) -> Flaw | None:
    """
    Return the first entry that is not as it was written, or is gone; None when all are.

    Args:
        kept: The entries, from the oldest to the newest.
        numbers: The numbers that they should have.
        anchor: The hash of the entry before the oldest.
        tip: The hash of the newest.
    """
    previous, number = anchor, numbers.start - 1
    for one in kept:
        found = _link(one)
        if isinstance(found, str):
            return Flaw(number + 1, found)
        if found.number != number + 1:
            return Flaw(number + 1, _GONE)
        if found.previous_hash != previous:
            return Flaw(number, _REWRITTEN) if number in numbers else Flaw(number + 1, _ORPHANED)
        previous, number = one.hash, found.number
    if number != numbers.stop - 1:
        return Flaw(number + 1, _GONE)
    return None if previous == tip else Flaw(number, _REWRITTEN)


_GONE = "It is gone."
_ORPHANED = "The entry before it is not the one that it saw."
_REWRITTEN = "It was written anew: the next one saw another."


class _Digest(msgspec.Struct, frozen=True):
    digest: str = ""


class _Link(msgspec.Struct, frozen=True, rename="camel"):
    """What ties an entry to the one before, and to its bodies."""

    number: int
    previous_hash: str
    request: _Digest
    response: _Digest


def _link(kept: Kept) -> _Link | str:
    """Return what ties the entry to others, or what is wrong when its hash or the digest of a body does not fit."""
    if digest(kept.content) != kept.hash:
        return "Its content was changed."
    link = _read_link(kept.content)
    if link.request.digest != digest(kept.request):
        return "The request's body was changed."
    return link if link.response.digest == digest(kept.response) else "The response's body was changed."


_write = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
_read = msgspec.json.Decoder(Entry).decode
_read_link = msgspec.json.Decoder(_Link).decode
