"""
Exchanges in the HTTP Archive format, which opens in a browser's network panel.

Source: HTTP Archive 1.2, https://w3c.github.io/web-performance/specs/HAR/Overview.html
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from sandbox_server import __version__
from sandbox_server.reporting.exchanges import Exchange, Fields

Wire = dict[str, Any]

_UNKNOWN = -1  # as the format has it
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # the format demands an instant
_KNOWN = set(HTTPStatus)


def har(exchanges: Iterable[Exchange]) -> Iterator[bytes]:
    """Return a log of the exchanges, piece by piece."""
    creator = orjson.dumps({"name": "acorn-sandbox", "version": __version__})
    yield b'{"log":{"version":"1.2","creator":%b,"entries":[' % creator
    for number, exchange in enumerate(exchanges):
        yield (b"," if number else b"") + orjson.dumps(_entry(exchange))
    yield b"]}}"


def _entry(exchange: Exchange) -> Wire:
    took = exchange.took_ms
    started = (exchange.started_at or _NEVER).astimezone(UTC)
    return {
        "startedDateTime": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": took,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"blocked": _UNKNOWN, "dns": _UNKNOWN, "connect": _UNKNOWN, "send": 0, "wait": took, "receive": 0},
        "_number": exchange.number,
        **exchange.notes,
    }


def _request(exchange: Exchange) -> Wire:
    body = exchange.request_body
    query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    content: Wire = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": f"HTTP/{exchange.http_version}",
        "cookies": [],
        "headers": _headers(exchange.request_headers),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": _UNKNOWN,
        "bodySize": len(body) if exchange.request_size is None else exchange.request_size,
    }
    return {**content, "postData": _text(exchange.request_header("content-type"), body)} if body else content


def _response(exchange: Exchange) -> Wire:
    body = exchange.response_body
    size = len(body) if exchange.response_size is None else exchange.response_size
    content: Wire = {
        "status": exchange.status,
        "statusText": HTTPStatus(exchange.status).phrase if exchange.status in _KNOWN else "",
        "httpVersion": f"HTTP/{exchange.http_version}",
        "cookies": [],
        "headers": _headers(exchange.response_headers),
        "content": {"size": size, **_text(exchange.response_header("content-type"), body)},
        "redirectURL": exchange.response_header("location"),
        "headersSize": _UNKNOWN,
        "bodySize": size if exchange.status else _UNKNOWN,
    }
    return {**content, "_error": exchange.error} if exchange.error else content


def _text(media_type: str, body: bytes) -> Wire:
    try:
        return {"mimeType": media_type, "text": body.decode()}
    except UnicodeDecodeError:
        return {"mimeType": media_type, "text": b64encode(body).decode(), "encoding": "base64"}


def _headers(fields: Fields) -> list[Wire]:
    return [{"name": name, "value": value} for name, value in fields]
