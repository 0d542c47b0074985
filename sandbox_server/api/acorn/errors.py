"""Refusals in the contract's words; the only place that knows which status a refusal has."""

from sandbox_server.api import refusals
from sandbox_server.api.dialect import COMMON, INTERNAL, Kind, Kinds, ProblemDetails
from sandbox_server.api.operation import Reply
from sandbox_server.api.refusals import InvalidRequest
from sandbox_server.domain import errors
from sandbox_server.domain.errors import GrantRefused

__all__ = ["INTERNAL", "KINDS", "Problems", "TokenProblems"]

_UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749, 5.1

KINDS: Kinds = {
    **COMMON,
    refusals.RateLimited: Kind(429, "RATE_LIMITED", "Too many calls of this operation", retryable=True),
    errors.StoreNotYours: Kind(403, "STORE_NOT_YOURS", "The credential is bound to other stores"),
    errors.NdaMissing: Kind(403, "NDA_MISSING", "The agreement not to disclose is not signed"),
    errors.StaleVersion: Kind(412, "STALE_VERSION", "It has changed since you read it"),
}


class Problems(ProblemDetails):
    """The dialect of all operations: problem+json (RFC 9457)."""

    def __init__(self) -> None:
        super().__init__(KINDS, "acorn")


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
