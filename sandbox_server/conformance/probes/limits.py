"""Rate limits: what is told of them, and what happens at their end."""

import re
from typing import Any

from sandbox_server.conformance.document import Operation
from sandbox_server.conformance.probes.refusals import by_example
from sandbox_server.conformance.stage import Stage

_LEFT = re.compile(r";r=(\d+)")
_QUOTA = re.compile(r";q=(\d+);w=(\d+)")
_CALLS = 3


def rate_limits(stage: Stage) -> None:
    """
    Use up a bucket of each operation, and come again when it says so.

    Source: contract, "Rate limits".
    """
    with stage.sibling() as own:
        _set(own, {"profile": "default"})
        _counts_down(own)
    with stage.sibling() as own:
        tight = [{"operationId": name, "perMinute": 1, "burst": 1} for name in own.document.operations]
        credential = own.api.credential
        own.api.is_patient = False
        _set(own, {"profile": "default", "operations": tight})
        for operation in own.document.operations.values():
            _run_out(own, operation)
        own.operator.advance("PT61S")
        again = own.api.call("listStores", headers=credential)
        own.hold(again.status == 200, "A limit does not let in who waited.", again, expected=200, seen=again.status)


def _set(stage: Stage, throttles: dict[str, Any]) -> None:
    stage.operator.operate("PUT", "/throttles", throttles)


def _counts_down(stage: Stage) -> None:
    """Each call leaves one less, of what the contract grants; `GET /rate-limits` says the same."""
    operation = stage.document.operations["listStores"]
    grant = stage.document.limits["listStores"]
    calls = [stage.api.call(operation.operation_id, query={"limit": 1}) for _ in range(_CALLS)]
    left = [_number(_LEFT, call.header("RateLimit")) for call in calls]
    right = [grant["burst"] - number for number in range(1, _CALLS + 1)]
    stage.hold(
        left == right,
        "A bucket is not one call emptier after each.",
        *calls,
        where="header RateLimit",
        expected=right,
        seen=left,
    )
    policy = _QUOTA.search(calls[0].header("RateLimit-Policy"))
    rate = int(policy[1]) * 60 / int(policy[2]) if policy else None
    stage.hold(
        rate == grant["perMinute"],
        "The limit is another than the contract grants.",
        calls[0],
        where="header RateLimit-Policy",
        expected=grant["perMinute"],
        seen=rate,
    )
    told = stage.api.call("getRateLimits")
    own: dict[str, Any] = next((one for one in told.json["operations"] if one["operationId"] == "listStores"), {})
    stage.hold(
        own.get("remaining") == right[-1],
        "GET /rate-limits tells of another bucket than the headers.",
        calls[-1],
        told,
        expected=right[-1],
        seen=own.get("remaining"),
    )


def _run_out(stage: Stage, operation: Operation) -> None:
    first, second = by_example(stage, operation), by_example(stage, operation)
    limited = (second.status, second.code) == (429, "RATE_LIMITED")
    stage.hold(
        limited,
        "A call beyond the limit is answered.",
        first,
        second,
        expected="429 RATE_LIMITED",
        seen=f"{second.status} {second.code}".strip(),
    )
    wait = second.header("Retry-After")
    stage.hold(
        not limited or (wait.isdecimal() and 0 < int(wait) <= 60),
        "A 429 does not say when to come again.",
        second,
        where="header Retry-After",
        expected="1 to 60",
        seen=wait or "nothing",
    )


def _number(form: re.Pattern[str], text: str) -> int | None:
    found = form.search(text)
    return int(found[1]) if found else None
