"""Headers that every answer has."""

import re
from collections.abc import Iterator

from sandbox_server.conformance.checks.view import View
from sandbox_server.reporting.findings import Finding

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_POLICY = re.compile(r'"(?P<name>[^"]+)";q=(?P<quota>\d+);w=(?P<window>\d+)')
_STATE = re.compile(r'"(?P<name>[^"]+)";r=(?P<left>\d+);t=(?P<seconds>\d+)')
_TOO_MANY = 429
_AMAZON = "x-amzn-RateLimit-Limit"


def request_id(view: View) -> Iterator[Finding]:
    """
    Every answer has the request's id: the caller's where that is a sane one, else one that the server made.

    Source: contract, parameter `X-Request-Id`.
    """
    given = view.exchange.request_header("x-request-id")
    answered = view.exchange.response_header("x-request-id")
    where = "header X-Request-Id"
    if not _SANE.fullmatch(answered):
        yield view.finding("request_id", "The answer has no request id.", where=where, seen=answered or "nothing")
    elif _SANE.fullmatch(given) and answered != given:
        yield view.finding(
            "request_id", "The request's id is not given back.", where=where, expected=given, seen=answered
        )


def rate_limit_headers(view: View) -> Iterator[Finding]:
    """
    The two headers of a limit come together, speak of one bucket, and of no more calls than it holds.

    A 429 says when to come again.

    Source: contract, "Rate limits".
    """
    policy = view.exchange.response_header("ratelimit-policy")
    state = view.exchange.response_header("ratelimit")
    if view.exchange.status == _TOO_MANY and not view.exchange.response_header(_AMAZON):
        yield from _retry_after(view)
    if not policy and not state:
        return
    said, stands = _POLICY.fullmatch(policy), _STATE.fullmatch(state)
    if said is None or stands is None:
        yield view.finding(
            "rate_limit_headers",
            "RateLimit-Policy and RateLimit do not come together, or are not well-formed.",
            where="header RateLimit",
            expected='"name";q=60;w=60 and "name";r=19;t=1',
            seen=f"{policy or 'nothing'} and {state or 'nothing'}",
        )
    elif said["name"] != stands["name"] or (view.operation and said["name"] != view.named):
        yield view.finding(
            "rate_limit_headers",
            "The headers of the limit name another bucket.",
            where="header RateLimit",
            expected=view.named,
            seen=f"{said['name']} and {stands['name']}",
        )


def _retry_after(view: View) -> Iterator[Finding]:
    # A played fault may keep it to itself, but then there is no limit that was reached, and no header of one.
    if view.exchange.response_header("ratelimit") and not view.exchange.response_header("retry-after"):
        yield view.finding(
            "rate_limit_headers", "A 429 does not say when to come again.", where="header Retry-After", seen="nothing"
        )
