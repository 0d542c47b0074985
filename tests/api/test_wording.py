"""Errors in a contract's words, though nothing has gone wrong."""

import re

import httpx
import orjson
import pytest

from sandbox_server.api.wording import Wording
from tests.api.acorn.conformance import CONTRACT, MARKETPLACE

WORDING = Wording(CONTRACT)
OPERATIONS = {operation.operation_id: operation for operation in CONTRACT.operations()}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_an_operation_documents_is_said_as_it_documents_it(operation: str) -> None:
    known = OPERATIONS[operation]
    url = f"http://localhost{re.sub('{[^}]*}', 'X1', known.path)}"
    assert set(WORDING.statuses(operation)) == {status for status in MARKETPLACE.documented(operation) if status >= 400}
    for status in WORDING.statuses(operation):
        headers, body = WORDING.problem(operation, status, None, "r-1")
        request = httpx.Request(known.method, url)
        MARKETPLACE.hold(
            httpx.Response(status, headers=[*headers, (b"x-request-id", b"r-1")], content=body, request=request)
        )


def test_operations_are_those_of_the_contract() -> None:
    assert list(WORDING.operations) == list(OPERATIONS)


def test_what_any_operation_documents_is_known() -> None:
    assert {400, 401, 409, 412, 429, 503} <= set(WORDING.statuses())
    assert 418 not in WORDING.statuses()


@pytest.mark.parametrize(
    ("operation", "status", "code", "said"),
    [
        ("listStores", 412, None, ("STALE_VERSION", "Stale version", False)),
        ("listStores", 418, "TEA_POT", ("TEA_POT", "Tea pot", False)),
        ("listStores", 599, None, ("ERROR", "Error", True)),
        ("createToken", 400, "BROKEN", ("BROKEN", "Broken", False)),
    ],
)
def test_what_an_operation_does_not_document_is_a_problem_all_the_same(
    operation: str, status: int, code: str | None, said: tuple[str, str, bool]
) -> None:
    headers, body = WORDING.problem(operation, status, code, "r-1")
    problem = orjson.loads(body)
    assert (b"content-type", b"application/problem+json") in headers
    assert (problem["code"], problem["title"], problem["retryable"]) == said
    assert (problem["status"], problem["requestId"]) == (status, "r-1")
