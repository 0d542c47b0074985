"""Holds each exchange against the contract, with another library than the one that the server itself uses."""

import json
from collections.abc import Iterable
from typing import Any

import httpx
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from openapi_schema_validator import OAS30ReadValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

from sandbox_server.api.contract import Contract
from sandbox_server.resources import contract_path

PROBLEM = "application/problem+json"
# openapi-core knows bearer tokens, and not the OAuth that gives them out.
_BEARER = {"oauth": {"type": "http", "scheme": "bearer"}}
_BYTES = ("application/pdf", "image/png", "application/octet-stream")
_LINES = {"application/x-ndjson": bytes.decode, "text/csv": bytes.decode}
RETRYABLE = {"IDEMPOTENCY_IN_PROGRESS", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"}


class Request:
    """A request, as openapi-core reads one."""

    def __init__(self, request: httpx.Request) -> None:
        self.host_url = str(request.url.copy_with(path="/", query=None)).rstrip("/")
        self.path = request.url.path
        self.method = request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "")
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.url.params.multi_items()), header=Headers(request.headers.multi_items())
        )


class Response:
    """An answer, as openapi-core reads one."""

    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.data = response.content
        self.content_type = response.headers.get("content-type", "")
        self.headers = Headers(response.headers.multi_items())


class Document:
    """A contract that exchanges are held against."""

    def __init__(self, name: str) -> None:
        self.contract = Contract(contract_path(name).read_bytes())
        document = self.contract.document
        schemes = {"securitySchemes": document["components"]["securitySchemes"] | _BEARER}
        self._openapi = OpenAPI.from_dict(
            document | {"components": document["components"] | schemes},
            config=Config(
                # tests/contracts holds the document itself against OpenAPI
                spec_validator_cls=None,
                extra_media_type_deserializers={PROBLEM: json.loads} | _LINES | dict.fromkeys(_BYTES, bytes),
            ),
        )
        self._any_problem = OAS30ReadValidator({"$ref": "#/components/schemas/Problem", **document})
        self._outside = {int(status) for status in document["x-answers-outside-operations"]}

    def hold(self, response: httpx.Response) -> None:
        """Fail where an answer is not what the contract documents, or a request was accepted that it does not allow."""
        try:
            found = explained(self._openapi.iter_response_errors(Request(response.request), Response(response)))
        except PathError:
            found = self._found_outside(response)
        assert not found, f"{response.request.method} {response.url} -> {response.status_code}: {found}"
        if response.is_success:
            wrong = explained(self._openapi.iter_request_errors(Request(response.request)))
            assert not wrong, f"{response.request.method} {response.url} was accepted: {wrong}"

    def documented(self, operation_id: str) -> set[int]:
        """Return the statuses that the contract documents for an operation."""
        return {int(s) for o in self.contract.operations() if o.operation_id == operation_id for s in o.responses}

    def _found_outside(self, response: httpx.Response) -> list[str]:
        """Return what is wrong with an answer to a path or method that the contract does not have."""
        if response.status_code not in self._outside:
            return ["the contract has no such path or method, and yet it was answered"]
        if response.headers["content-type"] != PROBLEM:
            return [f"a problem in {response.headers['content-type']}"]
        return [str(error) for error in self._any_problem.iter_errors(response.json())]


def explained(errors: Iterable[Exception]) -> list[str]:
    """Return what openapi-core found, with the reasons that it hides; a path that is not there is an error to raise."""
    found = list(errors)
    for error in found:
        if isinstance(error, PathError):
            raise error
    return [f"{error!r}: {_reasons(error)}" for error in found]


def _reasons(error: BaseException | None) -> list[str]:
    """Return the messages of the error's own errors and causes."""
    if error is None:
        return []
    own = [str(one) for one in getattr(error, "schema_errors", ())]
    return [str(error), *own, *_reasons(error.__cause__)]


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
