"""
Cursors: a place in a list, opaque to clients, good only for the list and the filters it was given for.

18 bytes in base64url: position (6), digest of operation and filters (6), checksum keyed by the tenant's seed (6).
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from sandbox_server.api.operation import Call
from sandbox_server.api.refusals import invalid
from sandbox_server.domain.errors import CursorMismatch
from sandbox_server.services.ports import Query, Window

_CURSOR = re.compile(r"[A-Za-z0-9_-]{24}", re.ASCII)
_PART = 6  # bytes
_NOT_A_FILTER = ("limit", "cursor")


def page_query(call: Call, where: Mapping[str, str] | None = None) -> Query:
    """
    Return the query that a list operation's parameters ask for.

    Reads `limit`, `cursor`, `updatedAfter`, `updatedBefore`, `createdAfter` and `createdBefore`.

    Args:
        call: The call of the list operation.
        where: The parameters that filter, each with the name of its index: `{"storeId": "store"}`.

    Raises:
        InvalidRequest: The cursor is none of this tenant's.
        CursorMismatch: The cursor was given for another list or other filters.
    """
    asked = call.parameters
    after = decode(asked["cursor"], filters_of(call), call.tenant.seed) if "cursor" in asked else 0
    return Query(
        where={index: asked[name] for name, index in (where or {}).items() if name in asked},
        updated=Window(asked.get("updatedAfter"), asked.get("updatedBefore")),
        created=Window(asked.get("createdAfter"), asked.get("createdBefore")),
        after=after,
        limit=asked["limit"],
    )


def next_cursor(call: Call, position: int | None) -> dict[str, str]:
    """Return the member that leads to the next page, or no member when there is none; for `Listing(rest=…)`."""
    return {} if position is None else {"nextCursor": encode(position, filters_of(call), call.tenant.seed)}


def filters_of(call: Call) -> dict[str, Any]:
    """Return what a cursor is bound to: the operation and all that narrows its list."""
    filters = {name: value for name, value in call.parameters.items() if name not in _NOT_A_FILTER}
    return {"": call.operation_id, **filters}


def encode(position: int, filters: Mapping[str, Any], seed: int) -> str:
    """
    Return the cursor of a place in a list.

    Args:
        position: The place; 0 to 2**48 - 1.
        filters: What the list was narrowed by.
        seed: The tenant's.
    """
    place = position.to_bytes(_PART) + _digest(filters)
    return urlsafe_b64encode(place + _checksum(place, seed)).decode()


def decode(cursor: str, filters: Mapping[str, Any], seed: int) -> int:
    """
    Return the place that a cursor stands for.

    Raises:
        InvalidRequest: It is none of this tenant's cursors.
        CursorMismatch: It was given for another list or other filters.
    """
    raw = urlsafe_b64decode(cursor) if _CURSOR.fullmatch(cursor) else b""
    place, checksum = raw[: 2 * _PART], raw[2 * _PART :]
    if not raw or checksum != _checksum(place, seed):
        raise invalid("parameter", "cursor", "UNKNOWN_CURSOR", "It must be the nextCursor of an earlier page.")
    if place[_PART:] != _digest(filters):
        raise CursorMismatch
    return int.from_bytes(place[:_PART])


def _digest(filters: Mapping[str, Any]) -> bytes:
    return blake2b(
        repr(sorted((name, str(value)) for name, value in filters.items())).encode(), digest_size=_PART
    ).digest()


def _checksum(place: bytes, seed: int) -> bytes:
    return blake2b(place, digest_size=_PART, key=str(seed).encode()[:64], person=b"acorn-cursor").digest()
