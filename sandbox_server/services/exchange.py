"""A call as it was seen on the wire, and the entry that the journal makes of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from sandbox_server.services.segments import Parts, Segment
from sandbox_server.traffic.journal import Change, Ending, Entry, Half
from sandbox_server.traffic.redaction import RawHeaders, Redactor

_NO_PARTS: Parts = ()


class Exchange(msgspec.Struct, gc=False):
    """
    A call, raw; what is not known of it stays as it is here.

    Args:
        path: As it was sent.
        received_at: Virtual time; `received_ns` is the kernel's monotonic time. So are `sent_…`.
        notes: What was decided on the way: `throttle`, `fault`, and the body of the answer `before_fault`.
    """

    method: str
    path: bytes
    request_id: str
    received_at: datetime
    received_ns: int
    sent_at: datetime
    sent_ns: int
    query: bytes = b""
    http_version: str = "1.1"
    peer: str = ""
    request_headers: RawHeaders = ()
    request_body: bytes = b""
    status: int = 0
    response_headers: RawHeaders = ()
    response_body: bytes = b""
    ending: Ending = Ending.UNANSWERED
    operation: str | None = None
    credential: str | None = None
    changes: Sequence[Change] = ()
    notes: Mapping[str, Any] = {}

    def keeps_to(self, operations: frozenset[str]) -> bool:
        """Whether it is a call of one of these that did what the contract says, nothing injected."""
        return self.operation in operations and 200 <= self.status < 300 and self.notes.get("fault") is None


class Writer:
    """
    Makes entries of calls, secrets left out.

    Args:
        tenant: Whose calls they are.
        opened_ns: The monotonic time from which theirs is counted.
        candid: Operations that have no member for a secret.
    """

    def __init__(self, tenant: str, opened_ns: int, candid: frozenset[str]) -> None:
        self._tenant = tenant
        self._opened_ns = opened_ns
        self._candid = candid

    def write(
        self, exchange: Exchange, segment: Segment, number: int, previous_hash: str
    ) -> tuple[Entry, tuple[Parts, Parts]]:
        """Return the entry of a call, and what its bodies are made of in the segment that keeps them."""
        redactor = Redactor(exchange.request_headers)
        is_candid = exchange.keeps_to(self._candid)
        request, request_parts = _request(exchange, segment, redactor, is_candid=is_candid)
        path = redactor.path(exchange.path)
        query = redactor.scrub(exchange.query).decode("latin-1") if is_candid else redactor.query(exchange.query)
        response, response_parts = _response(exchange, segment, redactor, is_candid=is_candid)
        entry = Entry(
            before_fault=_before_fault(exchange, redactor),
            changes=tuple(exchange.changes),
            credential=exchange.credential,
            ending=exchange.ending,
            fault=exchange.notes.get("fault"),
            http_version=exchange.http_version,
            method=exchange.method,
            number=number,
            operation=exchange.operation,
            path=path,
            peer=exchange.peer,
            previous_hash=previous_hash,
            query=query,
            received_at=exchange.received_at,
            received_ns=exchange.received_ns - self._opened_ns,
            request=request,
            request_id=exchange.request_id,
            response=response,
            sent_at=exchange.sent_at,
            sent_ns=exchange.sent_ns - self._opened_ns,
            status=exchange.status,
            tenant=self._tenant,
            throttle=exchange.notes.get("throttle"),
        )
        return entry, (request_parts, response_parts)


def _request(exchange: Exchange, segment: Segment, redactor: Redactor, *, is_candid: bool) -> tuple[Half, Parts]:
    headers, raw = redactor.request_headers, exchange.request_body
    if not raw:
        return Half(headers=headers), _NO_PARTS
    body = redactor.scrub(raw) if is_candid else redactor.body(raw, is_coded=_is_coded(headers))
    digest, parts = segment.keep(body)
    return Half(digest, headers, body != raw, len(raw)), parts


def _response(exchange: Exchange, segment: Segment, redactor: Redactor, *, is_candid: bool) -> tuple[Half, Parts]:
    headers, raw = redactor.headers(exchange.response_headers), exchange.response_body
    if not raw:
        return Half(headers=headers), _NO_PARTS
    body = raw if is_candid else redactor.body(raw, is_coded=_is_coded(headers))
    digest, parts = segment.keep(body, (exchange.path, exchange.query))
    return Half(digest, headers, body is not raw and body != raw, len(raw)), parts


def _before_fault(exchange: Exchange, redactor: Redactor) -> str:
    body = exchange.notes.get("before_fault", b"")
    return redactor.body(body, is_coded=False).decode("utf-8", "replace") if body else ""


def _is_coded(headers: str) -> bool:
    """Whether a body's bytes are not what they say (Content-Encoding)."""
    return "content-encoding: " in headers and "content-encoding: identity" not in headers.lower()
