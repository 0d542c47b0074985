"""Calls and findings for the tests of reports."""

from dataclasses import replace
from typing import Any

from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.findings import Coverage, Finding, Report, Side

CALL = Exchange(
    number=7,
    method="PUT",
    url="http://127.0.0.1:8080/v1/inventory?store=S0001",
    request_headers=(
        ("host", "127.0.0.1:8080"),
        ("authorization", "Bearer tok_0123456789"),
        ("content-type", "application/json"),
    ),
    request_body='{"note": "it\'s Zoë"}'.encode(),
    status=200,
    response_headers=(("content-type", "application/json"), ("x-request-id", "req_1")),
    response_body=b'{"accepted": "one"}',
    took_ms=1.5,
)


def a_finding(number: int = 7, where: str = "/items/0/status", **facts: Any) -> Finding:
    """Return something wrong in an answer."""
    told: dict[str, Any] = {
        "check": "schema.enum",
        "message": "It is none of the values.",
        "operation": "reportInventory",
        **facts,
    }
    shown = replace(CALL, number=number)
    return Finding(
        where=where, number=number, exchanges=(shown,), expected='"ACCEPTED" or "REJECTED"', seen='"<b>"', **told
    )


def a_report(*findings: Finding) -> Report:
    """Return a report with coverage."""
    return Report(
        title="Judgement",
        subject="traffic.har",
        calls=9,
        findings=findings,
        facts={"contract": "marketplace.yaml"},
        coverage=(
            Coverage(
                operation="reportInventory",
                calls=9,
                valid=8,
                seen={"200": 8, "418": 1},
                documented=("200", "400", "500"),
                excused={"500": "it would be a bug"},
            ),
            Coverage(operation="listOrders", documented=("200",)),
        ),
        keywords={"enum": 3, "type": 0},
    )


OF_THE_RUN = Finding(check="never-reached", message="No call reached it.", operation="listOrders", side=Side.RUN)
