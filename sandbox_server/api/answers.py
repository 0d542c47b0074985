"""Answers: rendered, held against the contract, and never sent when they break it."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
import orjson

from sandbox_server.api.contract import Contract, Operation, Place
from sandbox_server.api.operation import Listing, Rendered, Reply, Wire
from sandbox_server.api.schemas import Schemas, Validator, violations
from sandbox_server.asgi import RawHeaders, raw_headers

_JSON = "application/json"
_RENDERINGS = 8192  # kept per kind of entity: some 10 MB of orders


class ContractBroken(Exception):
    """An answer is not what the contract promises. It is not sent, and what led to it is undone."""


class Answer(msgspec.Struct, frozen=True):
    """An answer as it goes out; its headers have no Content-Length yet."""

    status: int
    headers: RawHeaders
    body: bytes
    pieces: Iterator[bytes] | None = None


class Fragments:
    """The renderings of packed entities, each rendered and validated once, for all operations of a contract."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._renderers: dict[tuple[Wire, str], Callable[[bytes], bytes]] = {}

    def renderer(self, wire: Wire, pointer: str) -> Callable[[bytes], bytes]:
        """
        Return the function from a packed entity to its JSON.

        Args:
            wire: What makes the wire form.
            pointer: Where the contract has the schema that the wire form must have.
        """
        key = (wire, pointer)
        if key not in self._renderers:
            self._renderers[key] = self._make(wire, self._schemas.of_answer(pointer))
        return self._renderers[key]

    def _make(self, wire: Wire, validator: Validator) -> Callable[[bytes], bytes]:
        @lru_cache(maxsize=_RENDERINGS)
        def render(packed: bytes) -> bytes:
            content = wire(packed)
            _hold(validator, content)
            return _dumped(content)

        return render


class Answers:
    """The documented answers of one operation, compiled."""

    def __init__(self, contract: Contract, operation: Operation, schemas: Schemas, fragments: Fragments) -> None:
        self._contract = contract
        self._operation = operation
        self._fragments = fragments
        self._schemas: dict[int, Place] = {}
        self._validators: dict[int, Validator] = {}
        self._media_types: dict[int, tuple[str, ...]] = {}
        self._rows: dict[tuple[int, str, Wire], Callable[[bytes], bytes]] = {}
        for status, place in operation.responses.items():
            if status.isdigit() and int(status) < 400:
                self._compile(int(status), place, schemas)
        offered = [media_type for media_types in self._media_types.values() for media_type in media_types]
        self.media_types = tuple(dict.fromkeys(offered)) or (_JSON,)

    def render(self, reply: Reply) -> Answer:
        """
        Return the answer that a reply makes.

        Raises:
            ContractBroken: The contract documents no such answer for the operation.
        """
        self._hold_status(reply)
        if isinstance(reply.raw, bytes):
            return raw_answer(reply, reply.raw)
        if reply.raw is not None:
            return msgspec.structs.replace(raw_answer(reply, b""), pieces=reply.raw)
        if reply.content is None:
            return Answer(reply.status, raw_headers(reply.headers.items()), b"")
        return raw_answer(reply, self._body(reply.status, reply.content))

    def _compile(self, status: int, place: Place, schemas: Schemas) -> None:
        content = place.node.get("content", {})
        self._media_types[status] = tuple(content)
        if _JSON in content:
            self._schemas[status] = self._contract.below(place, "content", _JSON, "schema")
            self._validators[status] = schemas.of_answer(self._schemas[status].pointer)

    def _hold_status(self, reply: Reply) -> None:
        documented = self._media_types.get(reply.status)
        bare = reply.raw is None and reply.content is None
        if documented is None or (bool(documented) if bare else reply.media_type not in documented):
            form = "no body" if bare else reply.media_type
            raise ContractBroken(f"{self._operation.operation_id} documents no {reply.status} with {form}")

    def _body(self, status: int, content: Listing | Rendered | Any) -> bytes:
        if isinstance(content, Listing):
            return self._listing(status, content)
        if isinstance(content, Rendered):
            return self._fragments.renderer(content.wire, self._schemas[status].pointer)(content.packed)
        _hold(self._validators[status], content)
        return _dumped(content)

    def _listing(self, status: int, listing: Listing) -> bytes:
        """Return the rows' renderings joined; what is around them is validated with no rows in it."""
        _hold(self._validators[status], {listing.member: [], **listing.rest})
        render = self._row_renderer(status, listing)
        rest = b"," + orjson.dumps(listing.rest)[1:] if listing.rest else b"}"
        return b'{"%b":[%b]%b' % (listing.member.encode(), b",".join(map(render, listing.rows)), rest)

    def _row_renderer(self, status: int, listing: Listing) -> Callable[[bytes], bytes]:
        key = (status, listing.member, listing.wire)
        if key not in self._rows:
            rows = self._contract.below(self._schemas[status], "properties", listing.member, "items")
            self._rows[key] = self._fragments.renderer(listing.wire, rows.pointer)
        return self._rows[key]


def _dumped(content: Any) -> bytes:
    """Return JSON that takes no more memory than it is long: orjson leaves kilobytes behind it, and it is kept."""
    return bytes(memoryview(orjson.dumps(content)))


def raw_answer(reply: Reply, body: bytes) -> Answer:
    """Return the answer with this body and the reply's status, media type and headers."""
    headers = [(b"content-type", reply.media_type.encode("ascii"))]
    return Answer(reply.status, headers + raw_headers(reply.headers.items()) if reply.headers else headers, body)


def unvalidated(reply: Reply) -> Answer:
    """Return the answer that a contract's dialect makes of an error; tests hold those against the contract."""
    return raw_answer(reply, reply.raw if isinstance(reply.raw, bytes) else orjson.dumps(reply.content))


def _hold(validator: Validator, content: Mapping[str, Any] | Any) -> None:
    if not validator.is_valid(content):
        found = violations(validator, content, "pointer")
        raise ContractBroken("; ".join(f"{violation.at or '/'}: {violation.message}" for violation in found))
