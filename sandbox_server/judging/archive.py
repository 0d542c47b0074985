"""
HTTP Archives: what browsers, mitmproxy and the sandbox itself record.

Source: HTTP Archive 1.2, https://w3c.github.io/web-performance/specs/HAR/Overview.html
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from msgspec import Meta, Struct, field
from msgspec.json import Decoder

from sandbox_server.judging.recorded import Recorded, body_of, recorded
from sandbox_server.reporting.exchanges import Exchange, Fields


class _Pair(Struct):
    name: str
    value: str | None = None


class _Post(Struct, rename="camel"):
    mime_type: str = ""
    text: str | None = None
    params: list[_Pair] | None = None
    encoding: str | None = None


class _Request(Struct, rename="camel"):
    method: str
    url: str
    headers: list[_Pair]
    http_version: str = ""
    post_data: _Post | None = None
    body_size: int | None = None


class _Content(Struct):
    text: str | None = None
    encoding: str | None = None
    size: int | None = None


class _Response(Struct, rename="camel"):
    status: Annotated[int, Meta(le=999)]
    headers: list[_Pair]
    content: _Content
    error: str | None = field(name="_error", default=None)
    body_size: int | None = None


class _Entry(Struct):
    request: _Request
    response: _Response
    started: str = field(name="startedDateTime", default="")
    time: float | None = None
    number: Annotated[int, Meta(ge=1, lt=2**53)] | None = field(name="_number", default=None)
    before_fault: str | None = field(name="_bodyBeforeFault", default=None)
    effect: str | None = field(name="_effect", default=None)


class _Log(Struct):
    entries: list[_Entry]


class _Archive(Struct):
    log: _Log


_read = Decoder(_Archive).decode


def read_archive(content: bytes) -> Iterator[Recorded]:
    """
    Return the calls of a HAR.

    Raises:
        msgspec.MsgspecError: It is none.
        Unreadable: A body cannot be read.
    """
    for place, entry in enumerate(_read(content).log.entries, 1):
        yield _recorded(entry, entry.number or place)


def _recorded(entry: _Entry, number: int) -> Recorded:
    request, response = entry.request, entry.response
    body, is_known = _request_body(request)
    answer = body_of(response.content.text, response.content.encoding)
    exchange = Exchange(
        number=number,
        method=request.method.upper(),
        url=request.url,
        request_headers=_fields(request.headers),
        request_body=body,
        status=max(0, response.status),
        response_headers=_fields(response.headers),
        response_body=answer,
        http_version=request.http_version.lower().removeprefix("http/") or "1.1",
        started_at=_instant(entry.started),
        took_ms=max(0.0, entry.time or 0.0),
        error=response.error or "",
    )
    return recorded(
        exchange,
        request_known=is_known,
        response_known=bool(answer) or not (response.content.size or 0) > 0,
        before_fault=entry.before_fault,
        effect=entry.effect,
        began=exchange.started_at.timestamp() if exchange.started_at else None,
    )


def _request_body(request: _Request) -> tuple[bytes, bool]:
    """Return the body that was sent, and whether it was kept; browsers give a form by its fields alone."""
    post = request.post_data
    if post is not None and post.text is None and post.params:
        return urlencode([(one.name, one.value or "") for one in post.params]).encode(), True
    body = body_of(post.text, post.encoding) if post else b""
    return body, bool(body) or not (request.body_size or 0) > 0


def _fields(headers: list[_Pair]) -> Fields:
    """Return the headers without HTTP/2's own, which browsers list among them."""
    return tuple((one.name, one.value or "") for one in headers if not one.name.startswith(":"))


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
