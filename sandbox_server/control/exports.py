"""The journal, carried away: as HAR 1.2 for a browser's network panel, and as JSON lines for programs."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox_server import __version__
from sandbox_server.api.judge import Judge
from sandbox_server.control.calls import call_in_full, milliseconds, target
from sandbox_server.control.wire import instant
from sandbox_server.services.search import rule_of
from sandbox_server.traffic.journal import Ending, Entry, Half, Kept, verdict_of

Wire = dict[str, Any]

_UNKNOWN = -1  # as the format has it
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
    creator = orjson.dumps({"name": "acorn-sandbox", "version": __version__})
    yield b'{"log":{"version":"1.2","creator":%b,"entries":[' % creator
    origin: tuple[datetime, int] | None = None
    for kept in entries:
        entry = kept.entry
        yield b"" if origin is None else b","
        origin = origin or (entry.received_at, entry.received_ns)
        started = origin[0] + timedelta(microseconds=(entry.received_ns - origin[1]) // 1000)
        yield orjson.dumps(_har_entry(entry, kept, started))
    yield b"]}}"


def _har_entry(entry: Entry, kept: Kept, started: datetime) -> Wire:
    took = milliseconds(entry.sent_ns - entry.received_ns)
    content: Wire = {
        "startedDateTime": instant(started),
        "time": took,
        "request": _request(entry, kept.request),
        "response": _response(entry, kept.response),
        "cache": {},
        "timings": {"blocked": _UNKNOWN, "dns": _UNKNOWN, "connect": _UNKNOWN, "send": 0, "wait": took, "receive": 0},
        "connection": entry.peer.rpartition(":")[2],
        "_number": entry.number,
        "_tenant": entry.tenant,
        "_requestId": entry.request_id,
        "_virtualTime": instant(entry.received_at),
        "_verdict": verdict_of(entry),
        "_operationId": entry.operation,
        "_fault": rule_of(entry.fault),
    }
    return content


def _request(entry: Entry, body: bytes) -> Wire:
    content: Wire = {
        "method": entry.method,
        "url": f"http://{_value(entry.request, 'host') or 'sandbox'}{target(entry)}",
        "httpVersion": f"HTTP/{entry.http_version}",
        "cookies": [],
        "headers": _headers(entry.request),
        "queryString": [
            {"name": name, "value": value} for name, value in parse_qsl(entry.query, keep_blank_values=True)
        ],
        "headersSize": _UNKNOWN,
        "bodySize": entry.request.size,
    }
    return {**content, "postData": _text(entry.request, body)} if body else content


def _response(entry: Entry, body: bytes) -> Wire:
    content: Wire = {
        "status": entry.status,
        "statusText": HTTPStatus(entry.status).phrase if entry.status in set(HTTPStatus) else "",
        "httpVersion": f"HTTP/{entry.http_version}",
        "cookies": [],
        "headers": _headers(entry.response),
        "content": {"size": entry.response.size, **_text(entry.response, body)},
        "redirectURL": _value(entry.response, "location"),
        "headersSize": _UNKNOWN,
        "bodySize": entry.response.size if entry.status else _UNKNOWN,
    }
    return {**content, "_error": _ERRORS[entry.ending]} if entry.ending in _ERRORS else content


def _text(half: Half, body: bytes) -> Wire:
    media_type = _value(half, "content-type")
    try:
        return {"mimeType": media_type, "text": body.decode()}
    except UnicodeDecodeError:
        return {"mimeType": media_type, "text": b64encode(body).decode(), "encoding": "base64"}


def _headers(half: Half) -> list[Wire]:
    return [{"name": name, "value": value} for name, value in half.fields()]


def _value(half: Half, name: str) -> str:
    return next((value for other, value in half.fields() if other == name), "")
