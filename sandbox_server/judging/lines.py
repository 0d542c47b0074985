"""The journal's lines, as `journal export` writes them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder

from sandbox_server.judging.recorded import Recorded, Unreadable, body_of, recorded
from sandbox_server.reporting.exchanges import Exchange, Fields

_ERRORS = {"UNANSWERED": "unanswered", "CUT_SHORT": "cut short"}


class _Header(Struct):
    name: str
    value: str


class _Message(Struct, rename="camel"):
    headers: list[_Header]
    body: str | None = None
    body_encoding: str | None = None


class _Call(Struct, rename="camel"):
    number: Annotated[int, Meta(ge=1, lt=2**53)]
    method: str
    path: str
    request: _Message
    response: _Message
    received_at: datetime
    status: Annotated[int, Meta(le=999)] = 0
    duration_ms: float = 0.0
    received_monotonic_ms: float | None = None
    outcome: str = ""
    effect: str | None = None
    body_before_fault: str | None = None


_read = Decoder(_Call).decode


def is_line(line: bytes) -> bool:
    """Whether this is a call of a journal."""
    try:
        _read(line)
    except MsgspecError:
        return False
    return True


def read_lines(content: bytes) -> Iterator[Recorded]:
    """
    Return the calls of a journal.

    Raises:
        Unreadable: A line is not a call.
    """
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                yield _recorded(_read(line))
            except MsgspecError as error:
                raise Unreadable(f"line {number} is not a call of a journal: {error}") from error


def _recorded(call: _Call) -> Recorded:
    request = _fields(call.request)
    host = next((value for name, value in request if name == "host"), "sandbox")
    exchange = Exchange(
        number=call.number,
        method=call.method,
        url=f"http://{host}{call.path}",
        request_headers=request,
        request_body=body_of(call.request.body, call.request.body_encoding),
        status=call.status,
        response_headers=_fields(call.response),
        response_body=body_of(call.response.body, call.response.body_encoding),
        started_at=call.received_at,
        took_ms=call.duration_ms,
        error=_ERRORS.get(call.outcome, ""),
    )
    began = None if call.received_monotonic_ms is None else call.received_monotonic_ms / 1000
    return recorded(exchange, before_fault=call.body_before_fault, effect=call.effect, began=began)


def _fields(message: _Message) -> Fields:
    return tuple((one.name, one.value) for one in message.headers)
