"""The journal, carried away: as HAR 1.2 for a browser's network panel, and as JSON lines for programs."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import orjson

from sandbox_server.api.judge import Judge
from sandbox_server.control.calls import call_in_full, milliseconds, target
from sandbox_server.control.wire import instant
from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.har import har as archive
from sandbox_server.services.search import effect_of, rule_of
from sandbox_server.traffic.journal import Ending, Entry, Kept, verdict_of

_ERRORS = {Ending.UNANSWERED: "net::ERR_EMPTY_RESPONSE", Ending.CUT_SHORT: "net::ERR_CONTENT_LENGTH_MISMATCH"}


def ndjson(entries: Iterable[Kept], judge: Judge) -> Iterator[bytes]:
    """
    Return a line for each entry: the call in full, and `content`, the text that its hash is of.

    Whoever has the lines can verify them: the SHA-256 of each content is the line's hash, and the next one's
    previous one.
    """
    for kept in entries:
        yield orjson.dumps({**call_in_full(kept, judge), "content": kept.content.decode()}) + b"\n"


def har(entries: Iterable[Kept]) -> Iterator[bytes]:
    """
    Return a log in the HTTP Archive format, piece by piece.

    A call's time is the first one's virtual time and the real time that passed between the two: virtual time may stand
    still, or leap. Its own virtual time is told beside, like all members whose names begin with `_`.

    Source: HTTP Archive 1.2, https://w3c.github.io/web-performance/specs/HAR/Overview.html
    """
    return archive(_exchanges(entries))


def _exchanges(entries: Iterable[Kept]) -> Iterator[Exchange]:
    origin: tuple[datetime, int] | None = None
    for kept in entries:
        entry = kept.entry
        origin = origin or (entry.received_at, entry.received_ns)
        started = origin[0] + timedelta(microseconds=(entry.received_ns - origin[1]) // 1000)
        yield _exchange(entry, kept, started)


def _exchange(entry: Entry, kept: Kept, started: datetime) -> Exchange:
    notes = {
        "connection": entry.peer.rpartition(":")[2],
        "_tenant": entry.tenant,
        "_requestId": entry.request_id,
        "_virtualTime": instant(entry.received_at),
        "_verdict": verdict_of(entry),
        "_operationId": entry.operation,
        "_fault": rule_of(entry.fault),
        "_effect": effect_of(entry.fault),
    }
    if entry.before_fault:
        notes["_bodyBeforeFault"] = entry.before_fault
    return Exchange(
        number=entry.number,
        method=entry.method,
        url=f"http://{_host(entry) or 'sandbox'}{target(entry)}",
        request_headers=tuple(entry.request.fields()),
        request_body=kept.request,
        status=entry.status,
        response_headers=tuple(entry.response.fields()),
        response_body=kept.response,
        http_version=entry.http_version,
        started_at=started,
        took_ms=milliseconds(entry.sent_ns - entry.received_ns),
        error=_ERRORS.get(entry.ending, ""),
        request_size=entry.request.size,
        response_size=entry.response.size,
        notes=notes,
    )


def _host(entry: Entry) -> str:
    return next((value for name, value in entry.request.fields() if name == "host"), "")
