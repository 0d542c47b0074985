"""Evidence made by hand: calls as a journal has them, and what checks make of them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox_server.certification.check import Check
from sandbox_server.certification.evidence import Call, Evidence

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
PROBLEM_FROM = 400


def minute(number: float) -> datetime:
    """Return a moment so many virtual minutes after noon."""
    return NOON + timedelta(minutes=number)


def text(moment: datetime) -> str:
    """Return a moment as the wire has it."""
    return moment.isoformat().replace("+00:00", "Z")


def call(
    operation: str | None,
    path: str = "/v1/orders",
    *,
    at: float = 0,
    status: int = 200,
    answer: Any = None,
    body: Any = None,
    began: float | None = None,
    took: float = 0.01,
    **members: Any,
) -> Call:
    """
    Return a call that went well, but for what is said of it; `seen` numbers it.

    Args:
        at: Virtual minutes after noon; `began` are real seconds, the same ones where left out.
        answer: Its code alone where it is text.
    """
    began = at * 60 if began is None else began
    given: dict[str, Any] = {
        "number": 0,
        "method": "GET" if body is None else "POST",
        "query": {},
        "headers": {"authorization": "Bearer [redacted]", "user-agent": "chain/1.0"},
        "text": "" if body is None else json.dumps(body),
        "answer_headers": {},
        "fault": None,
        "effect": None,
        "credential": "chain",
        "replayed": False,
        "verdict": "ANSWERED" if status < PROBLEM_FROM else "REFUSED",
        "errors": (),
        "changes": (),
        "peer": "127.0.0.1:50000",
    }
    return Call(
        operation=operation,
        path=path,
        status=status,
        began=began,
        ended=began + took,
        at=minute(at),
        body=body,
        answer={"code": answer} if isinstance(answer, str) else {} if answer is None else answer,
        **{**given, **members},
    )


def seen(*calls: Call, ends: float = 240, **members: Any) -> Evidence:
    """Return the evidence of calls, which are numbered from 1; `ends` is in virtual minutes after noon."""
    numbered = [_numbered(one, number) for number, one in enumerate(calls, 1)]
    return Evidence("a-day", "chain", tuple(numbered), ended_at=minute(ends), **members)


def placed(*orders: Mapping[str, Any], at: float = 0) -> dict[str, Any]:
    """Return the act of placing orders."""
    items = [
        {"status": "NEW", "placedAt": text(minute(at)), "storeIds": ["S0001"], "lines": [], **order} for order in orders
    ]
    return {"at": text(minute(at)), "act": "placeOrders", "asked": {}, "answer": {"items": items}}


def breaches(check: Check, evidence: Evidence) -> list[str]:
    """Return what a check finds wrong, in its words; "" for every occasion on which the client did right."""
    return [occasion.breach for occasion in check.occasions(evidence)]


def holds(check: Check, evidence: Evidence) -> bool:
    """Whether there was an occasion, and the client did right on all of them."""
    found: Sequence[str] = breaches(check, evidence)
    return bool(found) and not any(found)


def _numbered(one: Call, number: int) -> Call:
    members = {name: getattr(one, name) for name in Call.__dataclass_fields__}
    return Call(**{**members, "number": number})
