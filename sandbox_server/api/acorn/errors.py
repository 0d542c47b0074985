"""Refusals in the contract's words; the only place that knows which status a refusal has."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sandbox_server.api import refusals
from sandbox_server.api.operation import Reply
from sandbox_server.api.refusals import InvalidRequest, Refusal
from sandbox_server.domain import errors
from sandbox_server.domain.errors import DomainError, GrantRefused

_REALM = 'Bearer realm="acorn"'
_UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749, 5.1


class Kind(NamedTuple):
    """One kind of problem: its status, its code, its title, and whether the same request may succeed later."""

    status: int
    code: str
    title: str
    retryable: bool = False


INTERNAL = Kind(500, "INTERNAL", "The sandbox itself failed", retryable=True)
KINDS: Mapping[type[Exception], Kind] = {
    refusals.InvalidRequest: Kind(400, "INVALID_REQUEST", "The request is not what the contract asks for"),
    errors.CursorMismatch: Kind(400, "CURSOR_MISMATCH", "The cursor belongs to other filters"),
    errors.Unauthenticated: Kind(401, "UNAUTHENTICATED", "Nobody known is calling"),
    errors.TokenExpired: Kind(401, "TOKEN_EXPIRED", "The access token has expired"),
    errors.TokenRevoked: Kind(401, "TOKEN_REVOKED", "The access token was revoked"),
    errors.AccountSuspended: Kind(403, "ACCOUNT_SUSPENDED", "The account is suspended"),
    errors.ScopeMissing: Kind(403, "SCOPE_MISSING", "The credential lacks a scope"),
    errors.StoreNotYours: Kind(403, "STORE_NOT_YOURS", "The credential is bound to other stores"),
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
    errors.StaleVersion: Kind(412, "STALE_VERSION", "It has changed since you read it"),
    refusals.BodyTooLarge: Kind(413, "BODY_TOO_LARGE", "The body is too large"),
    refusals.UnsupportedMediaType: Kind(415, "UNSUPPORTED_MEDIA_TYPE", "The body has a form that is not taken"),
    errors.IdempotencyKeyReused: Kind(422, "IDEMPOTENCY_KEY_REUSED", "The key stands for another request"),
    errors.Unprocessable: Kind(422, "UNPROCESSABLE", "It is well-formed, and yet it cannot be done"),
}


class Problems:
    """The dialect of all operations: problem+json (RFC 9457)."""

    def problem(self, error: Exception, request_id: str) -> Reply:
        """Return the answer to a refusal, or to a bug, of which the client learns nothing but that there is one."""
        kind = KINDS.get(type(error), INTERNAL)
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
        return Reply(kind.status, content, _headers(kind), media_type="application/problem+json")


class TokenProblems:
    """The dialect of the token and revocation endpoints: RFC 6749, 5.2, where that has a word for it."""

    def __init__(self) -> None:
        self._problems = Problems()

    def problem(self, error: Exception, request_id: str) -> Reply:
        """Return the answer to a refused grant, or a problem where OAuth has no word for it."""
        if isinstance(error, GrantRefused):
            return _oauth_error(error.error, error.detail)
        if isinstance(error, InvalidRequest):
            return _oauth_error(_token_word(error), error.detail)
        return self._problems.problem(error, request_id)


_OURS = "This is the sandbox's fault, not yours. Its log has the request id; please report it."


def _headers(kind: Kind) -> Mapping[str, str]:
    if kind.status != 401:
        return {}
    expired = kind.code != "UNAUTHENTICATED"
    return {"WWW-Authenticate": f'{_REALM}, error="invalid_token"' if expired else _REALM}


def _errors(error: Exception) -> Sequence[Mapping[str, str]]:
    if isinstance(error, InvalidRequest):
        return [{found.where: found.at, "code": found.code, "message": found.message} for found in error.violations]
    faults = error.faults if isinstance(error, DomainError) else ()
    return [{"pointer": fault.pointer, "code": fault.code, "message": fault.message} for fault in faults]


def _oauth_error(word: str, detail: str) -> Reply:
    content = {"error": word, "error_description": _printable(detail)}
    if word != "invalid_client":
        return Reply(400, content, _UNSTORED)
    return Reply(401, content, {**_UNSTORED, "WWW-Authenticate": 'Basic realm="acorn"'})


def _token_word(error: InvalidRequest) -> str:
    """Return `unsupported_grant_type` where the grant type is named and none of ours."""
    kinds = {found.code for found in error.violations if found.at == "/grant_type"}
    return "unsupported_grant_type" if kinds == {"ENUM"} else "invalid_request"


def _printable(text: str) -> str:
    """Return the text in the characters that RFC 6749, 5.2 lets an error description have."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "'" for c in text)
