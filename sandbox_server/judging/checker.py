"""
One recorded call, held against a contract by openapi-core.

The sandbox answers by another implementation of JSON Schema (api/schemas.py); this one is independent of it, so that
neither vouches for itself.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import orjson
from jsonschema_path import SchemaPath
from openapi_core import V30RequestValidator, V30ResponseValidator
from openapi_core.casting.schemas import oas30_read_schema_casters_factory, oas30_write_schema_casters_factory
from openapi_core.casting.schemas.factories import SchemaCastersFactory
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.datatypes import PathOperationServer
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.validation.request.exceptions import RequestBodyValidationError
from openapi_core.validation.response.exceptions import DataValidationError
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

from sandbox_server.api.closed import Closed
from sandbox_server.api.contract import METHODS, Contract, Place
from sandbox_server.judging.explaining import explain
from sandbox_server.judging.inlining import inlined
from sandbox_server.judging.recorded import Recorded
from sandbox_server.judging.routes import Match
from sandbox_server.judging.schemas import KeptValidators
from sandbox_server.reporting.exchanges import Fields
from sandbox_server.reporting.findings import Finding, Side

_JSON = ("/json", "+json")
_THEIRS = ("/x-www-form-urlencoded", "/form-data", "/xml", "+xml")


class Checker:
    """
    Holds calls against a contract.

    Args:
        contract: The contract.
        allows_unknown: Whether an answer may have members that the contract does not describe, as clients must allow.
    """

    def __init__(self, contract: Contract, *, allows_unknown: bool = False) -> None:
        self.keywords: Counter[str] = Counter()
        self._contract = contract
        readers = _readers(contract)
        writing = KeptValidators(OAS30WriteValidator, self.keywords)
        self._requests = V30RequestValidator(
            _spec(contract),
            path_finder_cls=_Finder,
            schema_casters_factory=SchemaCastersFactory(writing, oas30_write_schema_casters_factory.types_caster),
            schema_validators_factory=writing,
            extra_media_type_deserializers=readers,
        )
        reading = KeptValidators(OAS30ReadValidator, self.keywords)
        self._responses = V30ResponseValidator(
            _spec(contract if allows_unknown else Closed(contract)),
            path_finder_cls=_Finder,
            schema_casters_factory=SchemaCastersFactory(reading, oas30_read_schema_casters_factory.types_caster),
            schema_validators_factory=reading,
            extra_media_type_deserializers=readers,
        )

    def check(self, call: Recorded, match: Match) -> Iterator[Finding]:
        """Return what is wrong in a call that went to an operation."""
        request = _Request(call, match, self._contract.base_path)
        yield from _parameters(self._contract, request, match)
        for error in self._requests.iter_errors(request):
            if call.request_known or not isinstance(error, RequestBodyValidationError):
                yield from explain(error)
        if call.request_known and request.body and match.operation.body is None:
            yield Finding(check="body", side=Side.REQUEST, message="The contract has no body here.")
        if call.is_answered:
            yield from self._of_answer(request, _Response(call), match)

    def _of_answer(self, request: "_Request", response: "_Response", match: Match) -> Iterator[Finding]:
        for error in self._responses.iter_errors(request, response):
            if response.data is not None or not isinstance(error, DataValidationError):
                yield from explain(error)
        place = match.operation.responses.get(str(response.status_code))
        if response.data and place is not None and "content" not in place.node:
            yield Finding(check="body", message="The contract has no body here.")


class _Request:
    """What openapi-core asks of a request."""

    def __init__(self, call: Recorded, match: Match, base_path: str) -> None:
        exchange = call.exchange
        url = urlsplit(exchange.url)
        self.host_url = f"{url.scheme}://{url.netloc}"
        self.path = url.path
        self.path_pattern = match.operation.path.removeprefix(base_path)
        self.method = exchange.method.lower()
        self.content_type = _media_type(exchange.request_header("content-type"))
        self.body = exchange.request_body or None
        self.query = parse_qsl(url.query, keep_blank_values=True)
        self.parameters = RequestParameters(
            query=cast(Any, ImmutableMultiDict(self.query)),
            header=_headers(exchange.request_headers),
            path=dict(match.values),
        )


class _Response:
    """What openapi-core asks of an answer."""

    def __init__(self, call: Recorded) -> None:
        exchange = call.exchange
        self.status_code = exchange.status
        self.headers = _headers(exchange.response_headers)
        self.content_type = _media_type(exchange.response_header("content-type"))
        self.data = call.answer


class _Finder(APICallPathFinder):
    """Finds what was found already: the contract's path and method, whatever server was recorded."""

    def __init__(self, spec: SchemaPath, base_url: str | None = None) -> None:
        super().__init__(spec, base_url)
        self._found = {
            (method, path): PathOperationServer(item, item / method, None, SimpleNamespace(variables={}), None)
            for path, item in (spec / "paths").str_items()
            for method in METHODS
            if method in item
        }

    def find(self, method: str, name: str) -> PathOperationServer:
        """Return the operation at a path of the contract."""
        return self._found[method, urlsplit(name).path]


def _spec(contract: Contract) -> SchemaPath:
    """Return the document without its demand for credentials: that is the server's business, and answered with 401."""
    document = inlined(contract.document)
    document.pop("security", None)
    for item in document["paths"].values():
        for method in METHODS:
            item.get(method, {}).pop("security", None)
    return SchemaPath.from_dict(document)


def _readers(contract: Contract) -> dict[str, Callable[[bytes], Any]]:
    """Return what reads bodies: JSON as JSON, forms and XML as openapi-core does, and all else as text."""
    places = [place for one in contract.operations() for place in (one.body, *one.responses.values()) if place]
    names = {name for place in places for name in place.node.get("content", {})}
    own = {name: orjson.loads if name.endswith(_JSON) else _text for name in names if not name.endswith(_THEIRS)}
    return cast(dict[str, Callable[[bytes], Any]], own)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _parameters(contract: Contract, request: _Request, match: Match) -> Iterator[Finding]:
    """Return what is wrong with a query besides its values: what nobody described, and what is there twice."""
    known = {place.node["name"]: place for place in match.operation.parameters if place.node["in"] == "query"}
    for name, count in Counter(name for name, _ in request.query).items():
        if name not in known:
            expected = ", ".join(sorted(known))
            yield _wrong_in_query(name, "The contract has no such parameter.", expected)
        elif count > 1 and not _is_list(contract, known[name]):
            yield _wrong_in_query(name, "It is there more than once.", "")


def _is_list(contract: Contract, parameter: Place) -> bool:
    return "schema" in parameter.node and contract.below(parameter, "schema").node.get("type") == "array"


def _wrong_in_query(name: str, message: str, expected: str) -> Finding:
    return Finding(check="parameter", side=Side.REQUEST, where=f"query {name}", message=message, expected=expected)


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


def _headers(fields: Fields) -> Headers:
    return Headers([(name, value.replace("\r", " ").replace("\n", " ")) for name, value in fields])
