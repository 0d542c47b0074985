"""
Cursors: a place in a list, opaque to clients, good only for the list and the filters it was given for.

18 bytes in base64url: position (8), sum over operation and filters (4), checksum keyed by the tenant's seed (6).
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b
from struct import Struct
from zlib import crc32

from sandbox_server.api.operation import Call
from sandbox_server.api.refusals import invalid
from sandbox_server.domain.errors import CursorMismatch
from sandbox_server.services.ports import Query, Transaction, Window

_CURSOR = re.compile(r"[A-Za-z0-9_-]{24}", re.ASCII)
_PLACE = Struct(">QI")
_NOT_A_FILTER = ("limit", "cursor")


def page_query(call: Call, tx: Transaction, where: Mapping[str, str] | None = None) -> Query:
    """
    Return the query that a list operation's parameters ask for.

    Reads `limit`, `cursor`, `updatedAfter`, `updatedBefore`, `createdAfter` and `createdBefore`.

    Args:
        call: The call of the list operation.
        tx: Its transaction, for the tenant's seed.
        where: The parameters that filter, each with the name of its index: `{"storeId": "store"}`.

    Raises:
        InvalidRequest: The cursor is none of this tenant's.
        CursorMismatch: The cursor was given for another list or other filters.
    """
    asked = call.parameters
    after = decode(asked["cursor"], filters_of(call), tx.seed) if "cursor" in asked else 0
    return Query(
        where={index: asked[name] for name, index in (where or {}).items() if name in asked},
        updated=Window(asked.get("updatedAfter"), asked.get("updatedBefore")),
        created=Window(asked.get("createdAfter"), asked.get("createdBefore")),
        after=after,
        limit=asked["limit"],
    )


def next_cursor(call: Call, tx: Transaction, position: int | None) -> dict[str, str]:
    """Return the member that leads to the next page, or no member when there is none; for `Listing(rest=…)`."""
    return {} if position is None else {"nextCursor": encode(position, filters_of(call), tx.seed)}


def filters_of(call: Call) -> str:
    """Return what a cursor is bound to: the operation and all that narrows its list."""
    narrowing = sorted((name, value) for name, value in call.parameters.items() if name not in _NOT_A_FILTER)
    return f"{call.operation_id} {narrowing}"


def encode(position: int, filters: str, seed: int) -> str:
    """
    Return the cursor of a place in a list.

    Args:
        position: The place, 0 or more.
        filters: What the list was narrowed by.
        seed: The tenant's.
    """
    place = _PLACE.pack(position, crc32(filters.encode()))
    return urlsafe_b64encode(place + _checksum(place, seed)).decode()


def decode(cursor: str, filters: str, seed: int) -> int:
    """
    Return the place that a cursor stands for.

    Raises:
        InvalidRequest: It is none of this tenant's cursors.
        CursorMismatch: It was given for another list or other filters.
    """
    raw = urlsafe_b64decode(cursor) if _CURSOR.fullmatch(cursor) else bytes(_PLACE.size)
    place = raw[: _PLACE.size]
    if raw[_PLACE.size :] != _checksum(place, seed):
        raise invalid("parameter", "cursor", "UNKNOWN_CURSOR", "It must be the nextCursor of an earlier page.")
    position, narrowed = _PLACE.unpack(place)
    if narrowed != crc32(filters.encode()):
        raise CursorMismatch
    return int(position)


def _checksum(place: bytes, seed: int) -> bytes:
    return blake2b(place, digest_size=6, key=str(seed).encode()[:64], person=b"acorn-cursor").digest()
