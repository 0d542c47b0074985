"""
What must hold for every answer, beside what the contract's schemas say.

A check is a function of one call: pure, and asked of every call that a run makes, whoever made it. `REGISTRY` names
them; each is a check of Schemathesis's, too, under that name.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from schemathesis.checks import CheckFunction

from sandbox_server.conformance.checks import contents, headers, pages, problems
from sandbox_server.conformance.checks.view import View
from sandbox_server.conformance.document import Document, Operation
from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.findings import Finding

Check = Callable[[View], Iterator[Finding]]

REGISTRY: Mapping[str, Check] = {
    "problem_details": problems.problem_details,
    "request_id": headers.request_id,
    "rate_limit_headers": headers.rate_limit_headers,
    "no_secrets": contents.no_secrets,
    "money_format": contents.money_format,
    "money_adds_up": contents.money_adds_up,
    "time_format": contents.time_format,
    "available_stock": contents.available_stock,
    "legal_history": contents.legal_history,
    "page_size": pages.page_size,
    "page_filters": pages.page_filters,
    "page_items_once": pages.page_items_once,
}


def complaints(document: Document, operation: Operation | None, exchange: Exchange) -> Iterator[Finding]:
    """Ask every check about a call, and return what they find wrong."""
    view = View(document, operation, exchange)
    for check in REGISTRY.values():
        yield from check(view)


@cache
def of_the_contract() -> list[CheckFunction]:
    """Return Schemathesis's checks of an answer against its description."""
    from schemathesis.specs.openapi import checks as theirs  # noqa: PLC0415 - it registers them when it is loaded

    chosen: list[Any] = [
        theirs.status_code_conformance,
        theirs.content_type_conformance,
        theirs.response_headers_conformance,
        theirs.response_schema_conformance,
    ]
    return chosen
