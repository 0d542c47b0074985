"""Calls that probes make, each of which is held against the contract as it comes back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import schemathesis
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation

from sandbox_server.conformance import checks
from sandbox_server.conformance.document import Document, Operation
from sandbox_server.conformance.failures import finding_of
from sandbox_server.conformance.record import Record, exchange_of
from sandbox_server.reporting.exchanges import Exchange

_JSON = "application/json"
_TOO_MANY = 429
_MOST_WAITS = 5
_LONGEST_WAIT_SECONDS = 120
Headers = Mapping[str, str]
Path = Mapping[str, str]
Described = Mapping[str, APIOperation[Any, Any, Any, Any]]
"""Operations as Schemathesis reads them, by their ids."""
NOWHERE: Path = {}
"""The parameters of a path that has none."""
NOBODY: Headers = {}
"""Shows no credential."""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came back.

    Args:
        operation_id: Of the operation that was called; empty where that was none.
    """

    exchange: Exchange
    operation_id: str = ""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.exchange.status

    @property
    def succeeded(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300

    @property
    def body(self) -> bytes:
        """The bytes that came."""
        return self.exchange.response_body

    @property
    def json(self) -> Any:
        """What it says; an empty object where that is no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}

    @property
    def code(self) -> str:
        """The code of a problem; empty where there is none."""
        said = self.json
        return str(said.get("code", "")) if isinstance(said, dict) else ""

    def header(self, name: str) -> str:
        """Return a header; empty where there is none."""
        return self.exchange.response_header(name)


class Caller:
    """
    Makes calls with one credential.

    Args:
        described: The contract's operations, as Schemathesis reads them.
        credential: The headers that show who is calling.
        http: What carries the calls.

    A call that is over its limit is made again when the server says so, unless `is_patient` is taken away.
    """

    is_patient = True
    pause: Callable[[float], object] = Event().wait

    def __init__(
        self,
        described: Described,
        document: Document,
        base_url: str,
        credential: Headers,
        record: Record,
        http: httpx.Client,
    ) -> None:
        self._described = described
        self.document = document
        self.base_url = base_url
        self.credential = credential
        self.record = record
        self._http = http

    def with_credential(self, credential: Headers) -> "Caller":
        """Return a caller with another credential; what it does goes into the same record."""
        other = Caller(self._described, self.document, self.base_url, credential, self.record, self._http)
        other.is_patient, other.pause = self.is_patient, self.pause
        return other

    def call(
        self,
        operation_id: str,
        /,
        *,
        path: Path = NOWHERE,
        body: Any = None,
        content: bytes | None = None,
        headers: Headers | None = None,
        query: Mapping[str, Any] | None = None,
        fit: bool = True,
    ) -> Answer:
        """
        Call an operation, hold the answer against the contract, and return it.

        Args:
            path: The path's parameters.
            body: Sent as JSON; None sends nothing.
            content: Sent as it is, instead.
            fit: Whether the call is meant to be as the contract wants it.
        """
        operation = self.document.operations[operation_id]
        own = {"Content-Type": _JSON} if body is not None or content is not None else {}
        sent = orjson.dumps(body) if body is not None else content
        url = self.base_url + operation.path.format(**{name: quote(value, safe="") for name, value in path.items()})
        given = {name: value for name, value in (query or {}).items() if value is not None}
        headers = {**self.credential, **own, **(headers or {})}
        for _ in range(_MOST_WAITS if self.is_patient else 0):
            response = self._http.request(operation.method, url, content=sent, headers=headers, params=given)
            answer = self._judged(operation, response, path, fit=fit)
            wait = answer.header("Retry-After")
            if answer.status != _TOO_MANY or not wait.isdecimal() or int(wait) > _LONGEST_WAIT_SECONDS:
                return answer
            self.pause(int(wait))
        response = self._http.request(operation.method, url, content=sent, headers=headers, params=given)
        return self._judged(operation, response, path, fit=fit)

    def pages(
        self, operation_id: str, /, query: Mapping[str, Any], most: int = 1000, path: Path = NOWHERE
    ) -> Iterator[Answer]:
        """Walk a list, page by page."""
        asked = dict(query)
        for _ in range(most):
            answer = self.call(operation_id, query=asked, path=path)
            yield answer
            if "nextCursor" not in answer.json:
                return
            asked["cursor"] = answer.json["nextCursor"]

    def key(self) -> Headers:
        """Return a new idempotency key as a header."""
        return {"Idempotency-Key": f"conformance-{self.record.unique()}"}

    def send(self, method: str, path: str, headers: Headers | None = None) -> Answer:
        """Make a call that is none of the contract's; only what holds for every answer is asked of what comes."""
        response = self._http.request(method, self.base_url + path, headers={**self.credential, **(headers or {})})
        exchange = self.record.keep(None, exchange_of(_taken(response)), fit=False)
        self.record.complain(checks.complaints(self.document, None, exchange))
        return Answer(exchange)

    def _judged(self, operation: Operation, response: httpx.Response, path: Path, *, fit: bool) -> Answer:
        answer = _taken(response)
        exchange = self.record.keep(operation, exchange_of(answer), fit=fit)
        case = self._described[operation.operation_id].Case(path_parameters=dict(path))
        try:
            case.validate_response(answer, checks=checks.of_the_contract())
        except FailureGroup as group:
            self.record.complain(finding_of(one, operation, (exchange,)) for one in group.exceptions)
        self.record.complain(checks.complaints(self.document, operation, exchange))
        return Answer(exchange, operation.operation_id)


def _taken(response: httpx.Response) -> schemathesis.Response:
    """Return an answer as Schemathesis takes it; it would say the query of the call twice."""
    taken = schemathesis.Response.from_any(response)
    taken.request.url = str(response.request.url)
    return taken
