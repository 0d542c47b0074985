"""
Refusals: what a rule of the marketplace says no with. Each carries its facts; only the edge knows status codes.

DomainError
├── NotFound
├── IllegalTransition
├── InsufficientStock
├── Duplicate
├── StaleVersion
├── Unprocessable
├── CursorMismatch
├── IdempotencyKeyReused
├── IdempotencyInProgress
├── Unauthenticated
│   ├── TokenExpired
│   └── TokenRevoked
├── Forbidden
│   ├── AccountSuspended
│   ├── ScopeMissing
│   ├── StoreNotYours
│   └── NdaMissing
├── GrantRefused
└── Unavailable
    └── Interrupted
"""

from collections.abc import Iterable
from typing import NamedTuple


class Fault(NamedTuple):
    """
    One thing wrong with what was asked.

    Args:
        pointer: JSON pointer into the request's body.
        code: A word in capitals that programs can tell apart.
        message: What is wrong and what would be right.
    """

    pointer: str
    code: str
    message: str


class DomainError(Exception):
    """A refusal; nothing was changed."""

    def __init__(self, detail: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


class NotFound(DomainError):
    """There is no such thing, or it is not the caller's."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"There is no {kind} {key!r}.")


class IllegalTransition(DomainError):
    """
    The life cycle has no way from this state to that one.

    Args:
        wanted: The other state, or what cannot be done in this one, as in "tested".
        faults: What has led to this state, where that can be mended.
    """

    def __init__(self, kind: str, key: str, state: str, wanted: str, faults: Iterable[Fault] = ()) -> None:
        become = "become" if wanted.isupper() else "be"
        super().__init__(f"{kind.capitalize()} {key} is {state}; it cannot {become} {wanted}.", faults)


class InsufficientStock(DomainError):
    """A store has less than is asked of it."""

    def __init__(self, store_id: str, sku: str, *, requested: int, available: int) -> None:
        super().__init__(f"Store {store_id} has {available} of {sku}; {requested} were asked for.")


class Duplicate(DomainError):
    """A thing that there can be only one of is there already."""


class StaleVersion(DomainError):
    """The thing has changed since the caller read it."""

    def __init__(self, kind: str, key: str, current: int) -> None:
        super().__init__(f'{kind.capitalize()} {key} has changed since; its ETag is now "{current}". Read it again.')


class Unprocessable(DomainError):
    """Well-formed, and yet it cannot be done; the faults say where and why."""


class CursorMismatch(DomainError):
    """The cursor belongs to a list with other filters."""

    def __init__(self) -> None:
        super().__init__(
            "The cursor was given for other filters. Send the same filters again, or leave the cursor out."
        )


class IdempotencyKeyReused(DomainError):
    """The idempotency key stands for another request."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency key {key!r} was used for another request. A new intent needs a new key.")


class IdempotencyInProgress(DomainError):
    """The first request with this idempotency key has not been answered yet."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The first request with idempotency key {key!r} is still running. Repeat it a little later.")


class Unauthenticated(DomainError):
    """Nobody the marketplace knows is calling."""


class TokenExpired(Unauthenticated):
    """The access token's time is over."""

    def __init__(self) -> None:
        super().__init__("The access token has expired. Get a new one from POST /v1/oauth/token.")


class TokenRevoked(Unauthenticated):
    """The access token was revoked."""

    def __init__(self) -> None:
        super().__init__("The access token was revoked. Get a new one from POST /v1/oauth/token.")


class Forbidden(DomainError):
    """The caller is known and may not do this."""


class AccountSuspended(Forbidden):
    """The caller's account is suspended."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"The account of {client_id} is suspended.")


class ScopeMissing(Forbidden):
    """The caller's token or key does not carry the scope that the operation asks for."""

    def __init__(self, scopes: Iterable[str]) -> None:
        super().__init__(f"This needs the scope {' '.join(scopes)}, which the credential was not granted.")


class StoreNotYours(Forbidden):
    """The caller's credential is bound to other stores."""

    def __init__(self, store_id: str | None) -> None:
        whom = f"store {store_id}" if store_id is not None else "all stores"
        super().__init__(f"The credential may not act for {whom}.")


class NdaMissing(Forbidden):
    """
    The company has not signed the agreement not to disclose.

    Args:
        faults: What keeps it from signing, or that it has to.
    """

    def __init__(self, application_id: str, faults: Iterable[Fault]) -> None:
        super().__init__(f"Application {application_id} has no signed agreement.", faults)


class GrantRefused(DomainError):
    """
    The token endpoint says no.

    Args:
        error: The code of RFC 6749, 5.2: `invalid_client`, `invalid_grant`, `invalid_scope`, …
    """

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error


class Unavailable(DomainError):
    """What the call would change cannot be kept now; the detail says why, and what its operator can do."""


class Interrupted(Unavailable):
    """Others were in the way of a transaction, and nothing of it has been done: it may be made anew at once."""
