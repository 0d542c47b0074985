"""What the journal can be asked for."""

import re
from datetime import datetime

import msgspec

from sandbox_server.services.segments import Segment
from sandbox_server.traffic.journal import Entry, Kept, Verdict, verdict_of

_LIST = b'"items":['
_LIST_WITHIN = 64  # bytes of an answer that is a list
_CHANGES = b'"changes":['


class Filters(msgspec.Struct, frozen=True):
    """
    Which entries are wanted; None wants any.

    Args:
        status: 0 where nothing was answered.
        store: A store that the request, a change, or an answer that is no list names.
        order: The same of an order.
        fault: The id of the rule that played.
        received_after: Virtual time, included; `received_before` is excluded.
    """

    operation: str | None = None
    method: str | None = None
    status: int | None = None
    request_id: str | None = None
    credential: str | None = None
    store: str | None = None
    order: str | None = None
    fault: str | None = None
    verdict: Verdict | None = None
    received_after: datetime | None = None
    received_before: datetime | None = None

    def may_be_in(self, segment: Segment) -> bool:
        """Whether a segment can hold an entry that is wanted."""
        if self.received_after is not None and (segment.until is None or segment.until < self.received_after):
            return False
        if self.received_before is not None and (segment.since is None or segment.since >= self.received_before):
            return False
        words = (self.operation, self.request_id, self.credential, self.fault)
        return all(segment.may_hold(word) for word in words if word is not None)

    def take(self, kept: Kept) -> bool:
        """Whether an entry is wanted; those that cannot be are told without making them readable."""
        if self == EVERYTHING:
            return True
        names = [name for name in (self.store, self.order) if name is not None]
        if not all(_may_name(kept, name) for name in names):
            return False
        entry = kept.entry
        return (
            self._take_facts(entry)
            and self._take_time(entry)
            and all(_names(kept, entry, name) for name in names)
            and self.verdict in {None, verdict_of(entry)}
        )

    def _take_facts(self, entry: Entry) -> bool:
        wanted = (
            (self.operation, entry.operation),
            (self.method, entry.method),
            (self.request_id, entry.request_id),
            (self.credential, entry.credential),
            (self.fault, rule_of(entry.fault)),
            (self.status, entry.status),
        )
        return all(want is None or want == fact for want, fact in wanted)

    def _take_time(self, entry: Entry) -> bool:
        after, before = self.received_after, self.received_before
        return (after is None or entry.received_at >= after) and (before is None or entry.received_at < before)


EVERYTHING = Filters()
"""What takes every entry."""


def words_of(entry: Entry) -> tuple[str, ...]:
    """Return what an entry can be found by in its segment."""
    words = (entry.request_id, entry.operation or "", entry.credential or "")
    return words if entry.fault is None else (*words, entry.fault[0])


def rule_of(fault: tuple[str, str] | None) -> str | None:
    """Return the id of the rule that played."""
    return fault[0] if fault else None


def effect_of(fault: tuple[str, str] | None) -> str | None:
    """Return what it did."""
    return fault[1] if fault else None


def _may_name(kept: Kept, name: str) -> bool:
    """Whether a name may stand where `_names` looks for it."""
    if _CHANGES in kept.content or msgspec.json.encode(name)[1:-1] in kept.content:
        return True
    word = name.encode()
    return word in kept.request or (not _is_list(kept) and word in kept.response)


def _names(kept: Kept, entry: Entry, name: str) -> bool:
    """Whether a name stands in an entry as a word, where it says what the call was about."""
    word = name.encode()
    # Changes hold the names of stores and orders as text, and packed.
    places = [f"{entry.path}?{entry.query}".encode(), kept.request]
    places += [part for _, key, *packed in entry.changes for part in (key.encode(), *packed) if part is not None]
    if not _is_list(kept):
        places.append(kept.response)
    whole = re.compile(rb"(?<![\w-])" + re.escape(word) + rb"(?![\w-])")
    return any(word in place and whole.search(place) for place in places)


def _is_list(kept: Kept) -> bool:
    return _LIST in kept.response[:_LIST_WITHIN]
