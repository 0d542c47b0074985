"""How a contract says that something went wrong, when nothing has: for errors that are played."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from sandbox_server.api.contract import Contract, Operation, Place
from sandbox_server.asgi import RawHeaders, raw_headers

_PROBLEM = "application/problem+json"
_DETAIL = "The sandbox was told to answer so."
_STAMPED = "X-Request-Id"


class _Refusal(NamedTuple):
    """A documented answer above 399, and the contract's first example of it."""

    media_type: str
    headers: Mapping[str, str]
    retryable: bool
    example: Mapping[str, Any]


class Wording:
    """What the operations of a contract say when they refuse a call."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._refusals = {
            operation.operation_id: dict(self._documented(operation)) for operation in contract.operations()
        }
        self._anywhere = {
            status: refusal
            for of_operation in reversed(self._refusals.values())
            for status, refusal in of_operation.items()
            if refusal.media_type == _PROBLEM
        }

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of the contract."""
        return tuple(self._refusals)

    def statuses(self, operation: str | None = None) -> tuple[int, ...]:
        """Return the statuses above 399 that an operation documents, or any does."""
        return tuple(sorted(self._anywhere if operation is None else self._refusals[operation]))

    def problem(self, operation: str, status: int, code: str | None, request_id: str) -> tuple[RawHeaders, bytes]:
        """
        Return the headers and the body of a refusal as the operation documents it.

        Args:
            code: The problem's code; None for the usual one of the status.
            request_id: The call's.
        """
        refusal = self._refusals[operation].get(status) or self._anywhere.get(status) or _undocumented(status)
        media_type, content = refusal.media_type, refusal.example
        if media_type == _PROBLEM or code is not None:
            media_type = _PROBLEM
            content = _problem(status, code or refusal.example["code"], request_id, retryable=refusal.retryable)
        headers = {"Content-Type": media_type, **refusal.headers}
        return raw_headers(headers.items()), orjson.dumps(content)

    def _documented(self, operation: Operation) -> Iterator[tuple[int, _Refusal]]:
        for status, place in operation.responses.items():
            if status.isdigit() and int(status) >= 400:
                yield int(status), self._refusal(int(status), place)

    def _refusal(self, status: int, place: Place) -> _Refusal:
        ((media_type, content),) = place.node["content"].items()
        where = self._contract.below(place, "content", media_type)
        examples = [self._contract.below(where, "examples", name).node["value"] for name in content["examples"]]
        parts = content["schema"].get("allOf", ())
        members = {name: member for part in parts for name, member in part.get("properties", {}).items()}
        return _Refusal(
            media_type,
            dict(self._headers(place)),
            members.get("retryable", {}).get("example", _may_be_repeated(status)),
            examples[0],
        )

    def _headers(self, place: Place) -> Iterator[tuple[str, str]]:
        """Return what the answer must have beside its request id, as the contract's examples have it."""
        for name in place.node.get("headers", {}):
            header = self._contract.below(place, "headers", name).node
            if header.get("required") and name != _STAMPED:
                yield name, header["example"]


def _undocumented(status: int) -> _Refusal:
    return _Refusal(_PROBLEM, {}, _may_be_repeated(status), {"code": "ERROR"})


def _may_be_repeated(status: int) -> bool:
    return status == 429 or status >= 500


def _problem(status: int, code: str, request_id: str, *, retryable: bool) -> Mapping[str, Any]:
    words = code.lower().split("_")
    return {
        "type": f"urn:acorn:problem:{'-'.join(words)}",
        "title": " ".join(words).capitalize(),
        "status": status,
        "detail": _DETAIL,
        "code": code,
        "requestId": request_id,
        "retryable": retryable,
    }
