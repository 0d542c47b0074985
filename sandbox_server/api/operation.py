"""What a contract's handlers are given, and what they give back."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from sandbox_server.kernel.clock import Clock
from sandbox_server.services.ports import Packed, Transaction
from sandbox_server.traffic.credentials import Caller

P = TypeVar("P")


class Tenant(Protocol):
    """A tenant, as far as the edge knows it."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def clock(self) -> Clock:
        """What its time runs by."""
        ...

    def power(self, kind: type[P]) -> P:
        """Return its power of this kind."""
        ...

    def now(self) -> datetime:
        """Return its virtual time."""
        ...

    def begin(self, cause: str) -> AbstractContextManager[Transaction]:
        """Open a transaction that commits when the block ends, and is undone when it ends with an exception."""
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that never changes anything."""
        ...


class Call(msgspec.Struct, frozen=True):
    """
    One request to an operation, held against the contract.

    Args:
        operation_id: The operation's name in the contract.
        tenant: Whose world is asked.
        caller: Who asks; None where the operation needs nobody to be known.
        parameters: Path and query parameters by their names in the contract. Defaults are filled in; a parameter
            that was not sent and has none is absent. Numbers and booleans are such, and a `date-time` is an aware
            datetime in UTC.
        body: The decoded JSON, or its rows as records, or a form's fields as strings; None where nothing was sent.
        headers: The contract's header parameters that were sent, by lower-case name.
        media_type: What the client accepts best of the operation's media types.
        request_id: The request's identifier, which is also the cause of what it does.
    """

    operation_id: str
    tenant: Tenant
    caller: Caller | None
    parameters: Mapping[str, Any]
    body: Any
    headers: Mapping[str, str]
    media_type: str
    request_id: str


Wire = Callable[[Packed], Mapping[str, Any]]
"""The wire form of a packed entity; it follows from the bytes alone."""


class Rendered(msgspec.Struct, frozen=True):
    """
    An answer that is the wire form of one packed entity, rendered and validated once for each distinct value.

    Args:
        packed: The entity.
        wire: A function at module level, so that its renderings are shared.
    """

    packed: Packed
    wire: Wire


class Listing(msgspec.Struct, frozen=True):
    """
    An answer that is a page of wire forms, each rendered and validated once for each distinct value.

    Args:
        rows: The packed entities.
        wire: A function at module level, so that its renderings are shared.
        rest: The answer's other members, as `pagination.next_cursor` returns them.
        member: The name of the answer's member that holds the rows.
    """

    rows: Sequence[Packed]
    wire: Wire
    rest: Mapping[str, Any] = {}
    member: str = "items"


class Reply(msgspec.Struct, frozen=True):
    """
    What an operation answers.

    Args:
        status: A status that the contract documents for the operation.
        content: What becomes JSON; None answers without a body, unless `raw` is given.
        headers: Headers beside the content's own.
        raw: A body that is no JSON, or one that is sent piece by piece while others are answered.
        media_type: The body's media type.
    """

    status: int = 200
    content: Listing | Rendered | Mapping[str, Any] | Sequence[Any] | None = None
    headers: Mapping[str, str] = {}
    raw: bytes | Iterator[bytes] | None = None
    media_type: str = "application/json"


Handler = Callable[[Call, Transaction], Reply]


class Standalone(NamedTuple):
    """
    A handler that opens its own transactions, because something else than the caller's credential picks the tenant.

    Its call's headers hold `authorization` as well, for it may authenticate its client itself. One that takes long may
    be awaited, so that others are answered meanwhile.
    """

    answer: Callable[[Call], Reply | Awaitable[Reply]]


class InRows(NamedTuple):
    """
    A handler whose call's body is a list of records, their fields named as the contract names them.

    For long bodies that are sent often, and are one list of plain rows. The operation takes no `Idempotency-Key`.
    """

    answer: Handler


AnyHandler = Handler | Standalone | InRows


class Dialect(Protocol):
    """How a contract says no."""

    def problem(self, error: Exception, request_id: str) -> Reply:
        """Return the answer to a refusal of the domain or of the edge, or to any other exception: a bug."""
        ...
