"""A call and its answer, as reports keep them: readable, and without secrets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sandbox_server.traffic.redaction import Redactor

Fields = tuple[tuple[str, str], ...]
"""Names and values of headers, in the order of the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    A call and its answer.

    Args:
        number: Its place in the recording or in the run, from 1.
        url: As it was sent, with the query.
        status: 0 where nothing was answered.
        started_at: None where nobody looked at the clock.
        took_ms: Real time from the call to the end of its answer.
        error: Why the answer is not whole, in a browser's words; empty where it is.
        request_size: Bytes of the body on the wire, where they are others than those that are kept.
        response_size: The same of the answer's.
        notes: What else is known of it, under the names that it has in HAR (`_requestId`).
    """

    number: int
    method: str
    url: str
    request_headers: Fields = ()
    request_body: bytes = b""
    status: int = 0
    response_headers: Fields = ()
    response_body: bytes = b""
    http_version: str = "1.1"
    started_at: datetime | None = None
    took_ms: float = 0.0
    error: str = ""
    request_size: int | None = None
    response_size: int | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The URL's path as it was sent, without the query."""
        return urlsplit(self.url).path

    def request_header(self, name: str) -> str:
        """Return a header of the request; empty where there is none. Names have no case."""
        return _value(self.request_headers, name)

    def response_header(self, name: str) -> str:
        """Return a header of the answer; empty where there is none. Names have no case."""
        return _value(self.response_headers, name)


def without_secrets(exchange: Exchange) -> Exchange:
    """Return an exchange with its secrets redacted, as the journal keeps calls."""
    redactor = Redactor(_lines(exchange.request_headers))
    body = redactor.body(exchange.request_body)
    answer = redactor.body(exchange.response_body)
    url = urlsplit(exchange.url)
    path = redactor.path(url.path.encode("utf-8", "replace"))
    query = redactor.query(url.query.encode("utf-8", "replace"))
    netloc = url.netloc.rpartition("@")[2]
    return replace(
        exchange,
        url=urlunsplit((url.scheme, netloc, path, query, "")),
        request_headers=_fields(redactor.request_headers),
        request_body=body,
        response_headers=_fields(redactor.headers(_lines(exchange.response_headers))),
        response_body=answer,
    )


def _lines(fields: Fields) -> Iterable[tuple[bytes, bytes]]:
    for name, value in fields:
        flat = value.replace("\r", " ").replace("\n", " ")
        yield name.lower().encode("latin-1", "replace"), flat.encode("latin-1", "replace")


def _fields(text: str) -> Fields:
    parts = (line.partition(": ") for line in text.split("\n") if line)
    return tuple((name, value) for name, _, value in parts)


def _value(fields: Fields, name: str) -> str:
    return next((value for other, value in fields if other.lower() == name.lower()), "")
