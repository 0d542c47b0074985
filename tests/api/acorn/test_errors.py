"""Refusals in the contract's words."""

import pytest

from sandbox_server.api.acorn.errors import INTERNAL, KINDS, Problems, TokenProblems
from sandbox_server.api.refusals import InvalidRequest, MethodNotAllowed, NoSuchPath, Violation
from sandbox_server.domain.errors import (
    AccountSuspended,
    DomainError,
    Fault,
    GrantRefused,
    NotFound,
    TokenExpired,
    TokenRevoked,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)
from tests.api.acorn.conformance import CONTRACT

STATUSES = {
    "INVALID_REQUEST": 400,
    "CURSOR_MISMATCH": 400,
    "UNAUTHENTICATED": 401,
    "TOKEN_EXPIRED": 401,
    "TOKEN_REVOKED": 401,
    "SCOPE_MISSING": 403,
    "STORE_NOT_YOURS": 403,
    "ACCOUNT_SUSPENDED": 403,
    "NDA_MISSING": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "ILLEGAL_TRANSITION": 409,
    "INSUFFICIENT_STOCK": 409,
    "DUPLICATE": 409,
    "IDEMPOTENCY_IN_PROGRESS": 409,
    "STALE_VERSION": 412,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "UNPROCESSABLE": 422,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}


def test_every_code_has_the_status_of_the_contract() -> None:
    assert {kind.code: kind.status for kind in [*KINDS.values(), INTERNAL]} == STATUSES


def test_every_code_of_the_contract_is_one_of_a_refusal_s() -> None:
    assert set(CONTRACT.place("#/components/schemas/ProblemCode").node["enum"]) == set(STATUSES)


def test_only_what_may_go_better_the_next_time_is_retryable() -> None:
    retryable = {kind.code for kind in [*KINDS.values(), INTERNAL] if kind.retryable}
    assert retryable == {"IDEMPOTENCY_IN_PROGRESS", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"}


def test_a_client_is_told_when_to_come_again_where_nothing_can_be_kept() -> None:
    reply = Problems().problem(Unavailable("The disk is full."), "req_1")
    assert (reply.status, reply.headers) == (503, {"Retry-After": "2"})


def test_a_refusal_becomes_a_problem() -> None:
    reply = Problems().problem(NotFound("order", "ord_x"), "req_1")
    assert (reply.status, reply.media_type, reply.headers) == (404, "application/problem+json", {})
    assert reply.content == {
        "type": "urn:acorn:problem:not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "There is no order 'ord_x'.",
        "code": "NOT_FOUND",
        "requestId": "req_1",
        "retryable": False,
    }


def test_faults_of_the_domain_are_pointed_at_in_the_body() -> None:
    reply = Problems().problem(Unprocessable("No.", [Fault("/a/0", "WHY", "So.")]), "req_1")
    assert isinstance(reply.content, dict)
    assert reply.content["errors"] == [{"pointer": "/a/0", "code": "WHY", "message": "So."}]


def test_violations_of_the_contract_say_where_they_are() -> None:
    found = [
        Violation("pointer", "/a", "TYPE", "A."),
        Violation("parameter", "limit", "TYPE", "B."),
        Violation("header", "If-Match", "PATTERN", "C."),
    ]
    reply = Problems().problem(InvalidRequest(found), "req_1")
    assert isinstance(reply.content, dict)
    assert reply.content["detail"] == "/a: A."
    assert [next(iter(error)) for error in reply.content["errors"]] == ["pointer", "parameter", "header"]


@pytest.mark.parametrize(
    ("error", "challenge"),
    [
        (Unauthenticated("Who?"), 'Bearer realm="acorn"'),
        (TokenExpired(), 'Bearer realm="acorn", error="invalid_token"'),
        (TokenRevoked(), 'Bearer realm="acorn", error="invalid_token"'),
        (AccountSuspended("x"), None),
    ],
)
def test_who_is_not_known_is_told_how_to_become_it(error: Exception, challenge: str | None) -> None:
    assert Problems().problem(error, "req_1").headers.get("WWW-Authenticate") == challenge


class NewRefusal(DomainError):
    """A refusal that nobody gave a status."""


@pytest.mark.parametrize("error", [ValueError("the secret"), NewRefusal("the secret"), KeyError("the secret")])
@pytest.mark.parametrize("dialect", [Problems(), TokenProblems()])
def test_a_bug_is_answered_without_its_words(error: Exception, dialect: Problems | TokenProblems) -> None:
    reply = dialect.problem(error, "req_1")
    assert reply.status == 500
    assert isinstance(reply.content, dict)
    assert "the secret" not in str(reply.content)
    assert "errors" not in reply.content


def test_a_refused_grant_speaks_oauth() -> None:
    reply = TokenProblems().problem(GrantRefused("invalid_scope", "No."), "req_1")
    assert (reply.status, reply.media_type) == (400, "application/json")
    assert reply.content == {"error": "invalid_scope", "error_description": "No."}
    assert reply.headers == {"Cache-Control": "no-store", "Pragma": "no-cache"}


def test_an_unknown_client_is_challenged() -> None:
    reply = TokenProblems().problem(GrantRefused("invalid_client", "Who?"), "req_1")
    assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, 'Basic realm="acorn"')


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        (["ENUM"], "unsupported_grant_type"),
        (["ENUM", "MIN_LENGTH"], "invalid_request"),
        (["TYPE"], "invalid_request"),
        (["REQUIRED"], "invalid_request"),
    ],
)
def test_a_grant_type_that_is_none_of_ours_has_a_word_of_its_own(codes: list[str], word: str) -> None:
    found = [Violation("pointer", "/grant_type", code, "No.") for code in codes]
    content = TokenProblems().problem(InvalidRequest(found), "req_1").content
    assert isinstance(content, dict)
    assert content["error"] == word


def test_an_error_description_keeps_to_the_characters_of_oauth() -> None:
    content = TokenProblems().problem(GrantRefused("invalid_request", 'a"b\\c\nd é ~'), "req_1").content
    assert isinstance(content, dict)
    assert content["error_description"] == "a'b'c'd ' ~"


@pytest.mark.parametrize("error", [NoSuchPath("/x"), MethodNotAllowed("GET", "/x", ["POST"]), AccountSuspended("x")])
def test_what_oauth_has_no_word_for_is_a_problem(error: Exception) -> None:
    assert TokenProblems().problem(error, "req_1") == Problems().problem(error, "req_1")
