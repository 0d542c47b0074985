"""How a client behaves over its calls: the certification's checks, as far as calls alone can show them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from sandbox_server.certification.check import EVERY
from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.evidence import Call, Evidence
from sandbox_server.certification.verdict import Judgement
from sandbox_server.certification.verdict import judge as judge_check
from sandbox_server.domain.certificates import CheckVerdict
from sandbox_server.judging.recorded import Recorded
from sandbox_server.judging.routes import Routes
from sandbox_server.reporting.findings import Finding, Side

BY_CALLS = (
    "auth.refreshes-on-expiry",
    "auth.secret-only-in-header",
    "auth.survives-revocation",
    "client.names-itself",
    "order.ack-once",
    "page.cursor-opaque",
    "page.reads-to-the-end",
    "page.tolerates-empty-page",
    "retry.html-is-not-empty",
    "retry.same-key",
)
"""Checks that need neither a scenario, nor what else went on, nor the world."""
BY_WAITS = ("retry.backs-off-429", "retry.exponential", "retry.honours-http-date", "retry.honours-retry-after")
"""Those that need the moments of calls besides."""
_NOBODY_KNOWS = datetime.min.replace(tzinfo=UTC)


def conduct(calls: Sequence[Recorded], routes: Routes) -> Iterator[Finding]:
    """
    Return what is wrong in how a client behaves.

    Args:
        calls: Of one client, in the order of the recording.
    """
    seen = {call.exchange.number: call for call in calls}
    evidence = Evidence("", "", tuple(_call(one, routes) for one in calls))
    checks = BY_CALLS + (BY_WAITS if all(one.began is not None for one in calls) else ())
    for name in checks:
        check = replace(CHECKS[name], scenarios=(EVERY,))
        yield from _findings(judge_check(check, [evidence], (), ()), evidence, seen)


def _findings(judgement: Judgement, evidence: Evidence, seen: dict[int, Recorded]) -> Iterator[Finding]:
    check = judgement.check
    if judgement.verdict is CheckVerdict.HARNESS_ERROR:
        yield Finding(check=check.id, message=judgement.reason, side=Side.RUN)
    operations = {call.number: call.operation or "" for call in evidence.calls}
    for one in judgement.breaches:
        first = next(iter(one.entries), None)
        yield Finding(
            check=check.id,
            message=one.breach,
            operation=operations.get(first, "") if first is not None else "",
            side=Side.REQUEST,
            expected=check.mend,
            exchanges=tuple(seen[number].exchange for number in one.entries),
            number=first,
        )


def _call(one: Recorded, routes: Routes) -> Call:
    exchange, match = one.exchange, routes.find(one.exchange)
    target = urlsplit(exchange.url)
    began = one.began or 0.0
    status = exchange.status if one.is_answered or not exchange.error else 0
    return Call(
        number=exchange.number,
        operation=match.operation.operation_id if match else None,
        method=exchange.method,
        path=target.path,
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        status=status,
        began=began,
        ended=began + exchange.took_ms / 1000,
        at=exchange.started_at or _NOBODY_KNOWS,
        headers={name.lower(): value for name, value in exchange.request_headers},
        text=exchange.request_body.decode("utf-8", "replace"),
        body=_json(exchange.request_body),
        answer_headers={name.lower(): value for name, value in exchange.response_headers},
        answer=_json(exchange.response_body),
        fault=None,
        effect=None,
        credential=None,
        replayed=False,
        verdict="",
        errors=(),
        changes=(),
        peer="",
    )


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
