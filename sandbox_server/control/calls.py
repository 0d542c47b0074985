"""The journal's entries, as the operator's interface has them."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

import msgspec

from sandbox_server.api.judge import Judge
from sandbox_server.api.refusals import Violation
from sandbox_server.control.wire import instant
from sandbox_server.persistence.tables import SPECS
from sandbox_server.services.journal import Verification
from sandbox_server.services.search import effect_of, rule_of
from sandbox_server.traffic.journal import Change, Ending, Entry, Half, Kept, verdict_of

Wire = dict[str, Any]

_UNPACK = {spec.name: spec.unpack for spec in SPECS}


def call(entry: Entry) -> Wire:
    """Return a call in short."""
    known = {"operationId": entry.operation, "clientId": entry.credential, "status": entry.status or None}
    content: Wire = {
        "number": entry.number,
        "requestId": entry.request_id,
        "receivedAt": instant(entry.received_at),
        "method": entry.method,
        "path": target(entry),
        **{name: value for name, value in known.items() if value is not None},
        "durationMs": milliseconds(entry.sent_ns - entry.received_ns),
        "verdict": verdict_of(entry),
        "replayed": ("idempotent-replayed", "true") in entry.response.fields(),
    }
    rule = rule_of(entry.fault)
    return content if rule is None else {**content, "fault": rule}


def call_in_full(kept: Kept, judge: Judge) -> Wire:
    """Return a call with everything that is known of it, and what the contract finds wrong in it."""
    entry = kept.entry
    content = {
        **call(entry),
        "tenant": entry.tenant,
        "sentAt": instant(entry.sent_at),
        "receivedMonotonicMs": milliseconds(entry.received_ns),
        "peer": entry.peer or "unknown",
        "request": message(entry.request, kept.request),
        "response": message(entry.response, kept.response),
        "requestErrors": [error(one) for one in judge.request_errors(kept)],
        "responseErrors": [error(one) for one in judge.response_errors(kept)],
        "changes": [_change(one) for one in entry.changes],
        "previousHash": entry.previous_hash,
        "hash": kept.hash,
    }
    key = next((value for name, value in entry.request.fields() if name == "idempotency-key"), None)
    rest = {
        "outcome": None if entry.ending is Ending.ANSWERED else entry.ending,
        "throttle": entry.throttle,
        "effect": effect_of(entry.fault),
        "bodyBeforeFault": entry.before_fault,
        "idempotencyKey": key,
    }
    return {**content, **{name: value for name, value in rest.items() if value}}


def unmatched(kept: Kept, judge: Judge) -> Wire:
    """Return a call that found no operation, and why."""
    entry, found = kept.entry, judge.explain(kept)
    content: Wire = {
        "number": entry.number,
        "method": entry.method,
        "path": target(entry),
        "explanation": found.text,
        "differences": list(found.differences),
        "remedy": found.remedy,
    }
    if found.nearest is None:
        return content
    operation_id, method, path, _ = found.nearest
    return {**content, "nearest": {"operationId": operation_id, "method": method, "path": path}}


def verification(found: Verification) -> Wire:
    """Return what became of the chain."""
    content: Wire = {
        "whole": found.flaw is None,
        "entries": found.entries,
        "first": found.first,
        "head": found.head,
    }
    if found.flaw is None:
        return content
    return {**content, "brokenAt": found.flaw.number, "reason": found.flaw.reason}


def target(entry: Entry) -> str:
    """Return path and query as they were sent."""
    return f"{entry.path}?{entry.query}" if entry.query else entry.path


def message(half: Half, body: bytes) -> Wire:
    """Return a request or an answer."""
    headers = [{"name": name, "value": value} for name, value in half.fields()]
    return {"headers": headers, "bodyBytes": half.size, **_body(body)}


def error(violation: Violation) -> Wire:
    """Return something that the contract finds wrong."""
    return {violation.where: violation.at, "code": violation.code, "message": violation.message}


def milliseconds(nanoseconds: int) -> float:
    """Return a span of real time; what came before the journal was opened came with it."""
    return max(0, nanoseconds // 1000) / 1000


def _body(body: bytes) -> Wire:
    if not body:
        return {}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body": b64encode(body).decode(), "bodyEncoding": "base64"}


def _change(change: Change) -> Wire:
    """Return the members that a change changed, as they were and as they are."""
    table, key, before, after = change
    was, is_ = _members(table, before), _members(table, after)
    differing = [name for name in {**(was or {}), **(is_ or {})} if (was or {}).get(name) != (is_ or {}).get(name)]
    content: Wire = {"table": table, "key": key}
    for side, members in (("before", was), ("after", is_)):
        if members is not None:
            content[side] = {_camel(name): _readable(members[name]) for name in differing if name in members}
    return content


def _members(table: str, packed: bytes | None) -> Mapping[str, Any] | None:
    return None if packed is None else msgspec.structs.asdict(_UNPACK[table](packed))


def _readable(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {_camel(name): _readable(member) for name, member in msgspec.structs.asdict(value).items()}
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return _readable_all(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def _readable_all(values: Iterable[Any]) -> list[Any]:
    return [_readable(value) for value in values]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
