"""Request bodies: read within bounds, decoded, and held against the contract."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox_server.api.contract import Contract, Operation
from sandbox_server.api.refusals import BodyTooLarge, ClientGone, InvalidRequest, UnsupportedMediaType, invalid
from sandbox_server.api.rows import Rows
from sandbox_server.api.schemas import Schemas, Validator, violations
from sandbox_server.asgi import Receive

LIMIT = 1024 * 1024  # bytes of a body, where the contract does not say `x-max-bytes`
DEPTH = 32  # arrays and objects within one another
_FIELDS = 100  # of a form
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_BYTES = "application/octet-stream"
_CHARSETS = {"utf-8", "utf8", "us-ascii"}


class Body:
    """The body of one operation, compiled."""

    def __init__(self, contract: Contract, operation: Operation, schemas: Schemas, *, in_rows: bool = False) -> None:
        place = operation.body
        content = place.node["content"] if place else {}
        if unreadable := set(content) - {_JSON, _FORM, _BYTES}:
            raise ValueError(f"{operation.operation_id}: the edge cannot read {', '.join(sorted(unreadable))}")
        self._required = bool(place and place.node.get("required", False))
        self._limit: int = place.node.get("x-max-bytes", LIMIT) if place else LIMIT
        self._validators: dict[str, Validator] = {
            media_type: schemas.of_request(contract.below(place, "content", media_type, "schema").pointer)
            for media_type in content
            if place
        }
        self._rows: Rows | None = None
        if in_rows:
            assert place is not None, "rows stand in a body"
            self._rows = Rows(contract, contract.below(place, "content", _JSON, "schema"), schemas)

    def is_absent(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether nothing was sent and nothing is taken, so that there is nothing to read."""
        return not self._validators and _says_nothing(headers)

    async def read(self, headers: Mapping[bytes, bytes], receive: Receive) -> tuple[str, bytes]:
        """
        Return the body's media type and its bytes; the type is empty where there is no body.

        Raises:
            UnsupportedMediaType: It is of another type, character set or coding, or does not say of which.
            BodyTooLarge: It is longer than the edge reads; the rest was not read.
            InvalidRequest: There is a body where the operation takes none, or none where it takes one.
            ClientGone: The client hung up before the end.
        """
        media_type = self._media_type(headers)
        return self._typed(media_type, await read_bounded(headers, receive, self._limit))

    def read_kept(self, headers: Mapping[bytes, bytes], raw: bytes) -> Any:
        """
        Return what a body says that was received in full.

        Raises:
            UnsupportedMediaType: It is of another type, character set or coding, or does not say of which.
            BodyTooLarge: It is longer than the operation takes.
            InvalidRequest: It is missing, malformed, or not what the schema describes.
        """
        media_type = self._media_type(headers)
        if len(raw) > self._limit:
            raise BodyTooLarge(self._limit)
        return self.decode(*self._typed(media_type, raw))

    def decode(self, media_type: str, raw: bytes) -> Any:
        """
        Return what the bytes say, or its rows; None where there are none, themselves where they are no text.

        Raises:
            InvalidRequest: They are malformed, or not what the schema describes.
        """
        if not media_type:
            return None
        if media_type == _BYTES:
            return raw
        if self._rows is not None and b"\\" not in raw and (rows := self._rows.read(raw)) is not None:
            return rows
        value = decode_json(raw) if media_type == _JSON else decode_form(raw)
        validator = self._validators[media_type]
        if not validator.is_valid(value):
            raise InvalidRequest(violations(validator, value, "pointer"))
        if b"\\u0000" in raw or b"%00" in raw:
            _refuse_nul(value, "")
        return value if self._rows is None else self._rows.of(value)

    def _typed(self, media_type: str, raw: bytes) -> tuple[str, bytes]:
        if raw and not self._validators:
            raise invalid("pointer", "", "UNEXPECTED_BODY", "The operation takes no body.")
        if raw and not media_type:
            raise UnsupportedMediaType("", self._validators)
        if not raw and self._required:
            raise invalid("pointer", "", "REQUIRED", "The operation needs a body.")
        return (media_type, raw) if raw else ("", b"")

    def _media_type(self, headers: Mapping[bytes, bytes]) -> str:
        if b"content-type" not in headers or not self._validators:
            return ""
        raw = headers[b"content-type"]
        if raw == b"application/json" and _JSON in self._validators and b"content-encoding" not in headers:
            return _JSON
        offered = raw.decode("latin-1")
        media_type, *parameters = (word.strip().lower() for word in offered.split(";"))
        coding = headers.get(b"content-encoding", b"identity").decode("latin-1")
        if media_type not in self._validators or not all(map(_is_utf8, parameters)):
            raise UnsupportedMediaType(offered, self._validators)
        if coding.lower() != "identity":
            raise UnsupportedMediaType(f"{media_type} in {coding}", self._validators)
        return media_type


async def read_bounded(headers: Mapping[bytes, bytes], receive: Receive, limit: int = LIMIT) -> bytes:
    """
    Return the request's body, which may have `limit` bytes.

    Raises:
        BodyTooLarge: It is longer than the limit, by its Content-Length or by what came.
        ClientGone: The client hung up before the end.
    """
    if _says_nothing(headers):
        return b""
    length = headers.get(b"content-length")
    if length is not None and (not length.isdigit() or int(length[:20]) > limit):
        raise BodyTooLarge(limit)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise BodyTooLarge(limit)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def decode_json(raw: bytes) -> Any:
    """
    Return the value of a JSON text.

    Raises:
        InvalidRequest: It is not UTF-8, not JSON, or nested too deeply.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise invalid("pointer", "", "MALFORMED", f"The body is not JSON in UTF-8: {_reason(error)}.") from None
    # Whatever is nested more deeply has more brackets than that; most bodies are told from their bytes alone.
    if raw.count(b"{") + raw.count(b"[") > DEPTH and _is_deeper(value, DEPTH):
        raise invalid("pointer", "", "TOO_DEEP", f"Arrays and objects may be nested {DEPTH} deep at the most.")
    return value


def decode_form(raw: bytes) -> dict[str, str]:
    """
    Return the fields of a form.

    Raises:
        InvalidRequest: It is not percent-encoded UTF-8, has too many fields, or one of them twice.
    """
    try:
        fields = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_FIELDS
        )
    except ValueError:
        raise invalid("pointer", "", "MALFORMED", "The body is not a form of at most 100 fields in UTF-8.") from None
    form = dict(fields)
    if len(form) != len(fields):
        twice = next(name for number, (name, _) in enumerate(fields) if name in dict(fields[:number]))
        raise invalid("pointer", f"/{twice}", "REPEATED", "A field may be sent once.")
    return form


def _says_nothing(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the request has no body (RFC 9112, 6.3)."""
    return b"content-length" not in headers and b"transfer-encoding" not in headers


def _is_utf8(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name != "charset" or value.strip('"') in _CHARSETS


def _reason(error: orjson.JSONDecodeError) -> str:
    return f"{error.msg.partition(': line')[0]} at line {error.lineno}, column {error.colno}"


def _is_deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for node in level if isinstance(node, dict | list) for child in _children(node)]
    return any(isinstance(node, dict | list) for node in level)


def _children(node: dict[str, Any] | list[Any]) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node


def _refuse_nul(value: Any, at: str) -> None:
    if isinstance(value, str) and "\x00" in value:
        raise invalid("pointer", at, "NUL", "NUL is not a character that the sandbox takes.")
    if isinstance(value, dict | list):
        for name, child in value.items() if isinstance(value, dict) else enumerate(value):
            _refuse_nul(name, at)
            _refuse_nul(child, f"{at}/{name}")
