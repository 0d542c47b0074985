"""Holds each exchange against the contract, with another library than the one that the server itself uses."""

from typing import Any

import httpx
from openapi_schema_validator import OAS30ReadValidator

from sandbox_server.api.contract import Contract
from sandbox_server.judging.checker import Checker
from sandbox_server.judging.recorded import Recorded
from sandbox_server.judging.routes import Match, Routes
from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.findings import Side
from sandbox_server.resources import contract_path

PROBLEM = "application/problem+json"
RETRYABLE = {"IDEMPOTENCY_IN_PROGRESS", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"}
CREDENTIALS = {"authorization", "x-api-key"}


class Document:
    """A contract that exchanges are held against."""

    def __init__(self, name: str) -> None:
        self.contract = Contract(contract_path(name).read_bytes())
        document = self.contract.document
        self._routes = Routes(self.contract)
        self._checker = Checker(self.contract, allows_unknown=True)
        self._any_problem = OAS30ReadValidator({"$ref": "#/components/schemas/Problem", **document})
        self._outside = {int(status) for status in document["x-answers-outside-operations"]}

    def hold(self, response: httpx.Response) -> None:
        """Fail where an answer is not what the contract documents, or a request was accepted that it does not allow."""
        call = _recorded(response)
        match = self._routes.find(call.exchange)
        found = self._found_outside(response) if match is None else self._found(call, match)
        assert not found, f"{response.request.method} {response.url} -> {response.status_code}: {found}"

    def documented(self, operation_id: str) -> set[int]:
        """Return the statuses that the contract documents for an operation."""
        return {int(s) for o in self.contract.operations() if o.operation_id == operation_id for s in o.responses}

    def _found(self, call: Recorded, match: Match) -> list[object]:
        """Return what is wrong with an answer, and with a request that was accepted."""
        found = [*self._checker.check(call, match)]
        if call.exchange.status >= 300:
            return [one for one in found if one.side is Side.RESPONSE]
        sent = {name for name, _ in call.exchange.request_headers}
        is_stranger = {} not in (match.operation.security or [{}]) and not CREDENTIALS & sent
        return [*found, "a stranger was let in"] if is_stranger else [*found]

    def _found_outside(self, response: httpx.Response) -> list[str]:
        """Return what is wrong with an answer to a path or method that the contract does not have."""
        if response.status_code not in self._outside:
            return ["the contract has no such path or method, and yet it was answered"]
        if response.headers["content-type"] != PROBLEM:
            return [f"a problem in {response.headers['content-type']}"]
        return [str(error) for error in self._any_problem.iter_errors(response.json())]


def _recorded(response: httpx.Response) -> Recorded:
    request = response.request
    exchange = Exchange(
        number=1,
        method=request.method,
        url=str(request.url),
        request_headers=tuple(request.headers.multi_items()),
        request_body=request.content,
        status=response.status_code,
        response_headers=tuple(response.headers.multi_items()),
    )
    return Recorded(exchange=exchange, answer=response.content)


def problem(response: httpx.Response, status: int, code: str) -> Any:
    """Return the body of a problem that is what was expected."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), response.text
    assert response.headers["content-type"] == PROBLEM
    assert body["status"] == status
    assert body["requestId"] == response.headers["x-request-id"]
    assert body["retryable"] is (code in RETRYABLE)
    return body


def faults(response: httpx.Response, status: int = 422, code: str = "UNPROCESSABLE") -> list[tuple[str, str]]:
    """Return the place and the code of each fault in a problem that is what was expected."""
    errors = problem(response, status, code)["errors"]
    return [(error.get("pointer", error.get("parameter", error.get("header"))), error["code"]) for error in errors]


MARKETPLACE = Document("marketplace.yaml")
CONTRACT = MARKETPLACE.contract
hold = MARKETPLACE.hold
documented = MARKETPLACE.documented
