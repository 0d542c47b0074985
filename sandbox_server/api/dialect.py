"""Problems (RFC 9457), as every contract here says no."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sandbox_server.api import refusals
from sandbox_server.api.operation import Reply
from sandbox_server.api.refusals import InvalidRequest, Refusal
from sandbox_server.domain import errors
from sandbox_server.domain.errors import DomainError


class Kind(NamedTuple):
    """One kind of problem: its status, its code, its title, and whether the same request may succeed later."""

    status: int
    code: str
    title: str
    retryable: bool = False


Kinds = Mapping[type[Exception], Kind]
INTERNAL = Kind(500, "INTERNAL", "The sandbox itself failed", retryable=True)
_UNAVAILABLE = Kind(503, "UNAVAILABLE", "The sandbox cannot serve now", retryable=True)
COMMON: Kinds = {
    refusals.InvalidRequest: Kind(400, "INVALID_REQUEST", "The request is not what the contract asks for"),
    errors.CursorMismatch: Kind(400, "CURSOR_MISMATCH", "The cursor belongs to other filters"),
    errors.Unauthenticated: Kind(401, "UNAUTHENTICATED", "Nobody known is calling"),
    errors.TokenExpired: Kind(401, "TOKEN_EXPIRED", "The access token has expired"),
    errors.TokenRevoked: Kind(401, "TOKEN_REVOKED", "The access token was revoked"),
    errors.AccountSuspended: Kind(403, "ACCOUNT_SUSPENDED", "The account is suspended"),
    errors.ScopeMissing: Kind(403, "SCOPE_MISSING", "The credential lacks a scope"),
    errors.NotFound: Kind(404, "NOT_FOUND", "There is no such thing"),
    refusals.NoSuchPath: Kind(404, "NOT_FOUND", "There is nothing at this path"),
    refusals.MethodNotAllowed: Kind(405, "METHOD_NOT_ALLOWED", "The path does not take this method"),
    refusals.NotAcceptable: Kind(406, "NOT_ACCEPTABLE", "The answer has no form that you accept"),
    errors.IllegalTransition: Kind(409, "ILLEGAL_TRANSITION", "Its life cycle has no such step"),
    errors.InsufficientStock: Kind(409, "INSUFFICIENT_STOCK", "The store has not enough"),
    errors.Duplicate: Kind(409, "DUPLICATE", "There is one already"),
    errors.IdempotencyInProgress: Kind(
        409, "IDEMPOTENCY_IN_PROGRESS", "The first request with this key is still running", retryable=True
    ),
    refusals.BodyTooLarge: Kind(413, "BODY_TOO_LARGE", "The body is too large"),
    refusals.UnsupportedMediaType: Kind(415, "UNSUPPORTED_MEDIA_TYPE", "The body has a form that is not taken"),
    errors.IdempotencyKeyReused: Kind(422, "IDEMPOTENCY_KEY_REUSED", "The key stands for another request"),
    errors.Unprocessable: Kind(422, "UNPROCESSABLE", "It is well-formed, and yet it cannot be done"),
    errors.Unavailable: _UNAVAILABLE,
    errors.Interrupted: _UNAVAILABLE,
}
"""What every contract may have to say."""
_RETRY_SECONDS = "2"
_OURS = "This is the sandbox's fault, not yours. Its log has the request id; please report it."


class ProblemDetails:
    """
    A dialect that says everything as a problem.

    Args:
        kinds: Which kind of problem each refusal is; whatever is not among them is a bug.
        realm: What a 401 names in `WWW-Authenticate`.
    """

    def __init__(self, kinds: Kinds, realm: str) -> None:
        self._kinds = kinds
        self._challenge = f'Bearer realm="{realm}"'

    def problem(self, error: Exception, request_id: str) -> Reply:
        """Return the answer to a refusal, or to a bug, of which the client learns nothing but that there is one."""
        kind = self._kinds.get(type(error), INTERNAL)
        detail = error.detail if isinstance(error, DomainError | Refusal) and kind is not INTERNAL else _OURS
        content: dict[str, Any] = {
            "type": f"urn:acorn:problem:{kind.code.lower().replace('_', '-')}",
            "title": kind.title,
            "status": kind.status,
            "detail": detail,
            "code": kind.code,
            "requestId": request_id,
            "retryable": kind.retryable,
        }
        if found := _errors(error):
            content["errors"] = found
        return Reply(kind.status, content, self._headers(kind), media_type="application/problem+json")

    def _headers(self, kind: Kind) -> Mapping[str, str]:
        if kind.status == 503:
            return {"Retry-After": _RETRY_SECONDS}
        if kind.status != 401:
            return {}
        expired = kind.code != "UNAUTHENTICATED"
        return {"WWW-Authenticate": f'{self._challenge}, error="invalid_token"' if expired else self._challenge}


def _errors(error: Exception) -> Sequence[Mapping[str, str]]:
    if isinstance(error, InvalidRequest):
        return [{found.where: found.at, "code": found.code, "message": found.message} for found in error.violations]
    faults = error.faults if isinstance(error, DomainError) else ()
    return [{"pointer": fault.pointer, "code": fault.code, "message": fault.message} for fault in faults]
