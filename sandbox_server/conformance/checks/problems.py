"""Problems are problems (RFC 9457), and name the call that they are about."""

from collections.abc import Iterator

from sandbox_server.conformance.checks.view import NOTHING, View
from sandbox_server.reporting.findings import Finding

_PROBLEM = "application/problem+json"
_OAUTH = ("/oauth/token", "/oauth/revoke")
_OF_OAUTH = {400, 401}
"""RFC 6749 has its own form for these."""
_RETRYABLE_CODES = {"IDEMPOTENCY_IN_PROGRESS", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"}


def problem_details(view: View) -> Iterator[Finding]:
    """
    Every 4xx and 5xx is a problem with a status, a known code, whether to retry, and the request's id.

    Source: contract, "Errors".
    """
    status = view.exchange.status
    if status < 400 or (status in _OF_OAUTH and view.operation and view.operation.path in _OAUTH):
        return
    media_type = view.exchange.response_header("content-type").partition(";")[0].strip()
    if media_type != _PROBLEM or not isinstance(view.said, dict) or view.said is NOTHING:
        yield view.finding(
            "problem_details", f"A {status} is no problem document.", expected=_PROBLEM, seen=media_type or "nothing"
        )
        return
    problem, code = view.said, view.said.get("code")
    known = view.document.raw.get("components", {}).get("schemas", {}).get("ProblemCode", {}).get("enum", [])
    wanted = {
        "status": status,
        "requestId": view.exchange.response_header("x-request-id"),
        "retryable": code in _RETRYABLE_CODES,
    }
    if known and code not in known:
        yield view.finding("problem_details", "The code is not in the contract.", where="/code", seen=code)
    for member, expected in wanted.items():
        if problem.get(member) != expected:
            yield view.finding(
                "problem_details",
                f"The problem's {member} is not what the answer shows.",
                where=f"/{member}",
                expected=repr(expected),
                seen=repr(problem.get(member)),
            )
