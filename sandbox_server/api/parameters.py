"""Path, query and header parameters: read, held against the contract, and given their types."""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote_to_bytes

from sandbox_server.api.contract import Contract, Node, Operation, Place
from sandbox_server.api.formats import read_instant
from sandbox_server.api.refusals import MOST_VIOLATIONS, InvalidRequest, Violation, Where, shown
from sandbox_server.api.schemas import Schemas, Validator, violations

# Taken by the transport, which makes one where the client's own is no good.
_NOT_JUDGED = {"x-request-id", "accept", "content-type", "authorization"}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
_NO_HEADERS: dict[str, str] = {}


class Parameter:
    """One parameter of an operation."""

    def __init__(self, place: Place, schema: Place, validator: Validator) -> None:
        self.name: str = place.node["name"]
        self.required: bool = place.node.get("required", False)
        self.default: Any = schema.node.get("default")
        self._where: Where = "header" if place.node["in"] == "header" else "parameter"
        self._read = _reader(schema.node, self.name)
        self._is_instant = schema.node.get("format") == "date-time"
        self._validator = validator

    def value(self, text: str) -> Any:
        """
        Return what the text stands for.

        Raises:
            InvalidRequest: It is empty, not of the type, or not what the schema describes.
        """
        try:
            value = self._read(text)
        except ValueError as error:
            raise InvalidRequest([self.wrong("EMPTY" if not text else "TYPE", str(error))]) from None
        if not self._validator.is_valid(value):
            raise InvalidRequest(violations(self._validator, value, self._where, self.name))
        return read_instant(text) if self._is_instant else value

    def wrong(self, code: str, message: str) -> Violation:
        """Return a violation of this parameter."""
        return Violation(self._where, self.name, code, message)


class Parameters:
    """The parameters of one operation, compiled."""

    def __init__(self, contract: Contract, operation: Operation, schemas: Schemas) -> None:
        by_kind: dict[str, dict[str, Parameter]] = {"path": {}, "query": {}, "header": {}}
        for place in operation.parameters:
            schema = contract.below(place, "schema")
            parameter = Parameter(place, schema, schemas.of_request(schema.pointer))
            by_kind[place.node["in"]][parameter.name] = parameter
        self._path = tuple(by_kind["path"].values())
        self._query = by_kind["query"]
        self._headers = [
            (name.lower().encode(), name.lower(), parameter)
            for name, parameter in by_kind["header"].items()
            if name.lower() not in _NOT_JUDGED
        ]
        self._defaults = {p.name: p.default for p in self._query.values() if p.default is not None}
        self._required = tuple(p for p in self._query.values() if p.required)

    def read(self, path: Mapping[str, str], query: bytes) -> dict[str, Any]:
        """
        Return the path and query parameters by name, typed, defaults filled in.

        Args:
            path: What stood in the path's places.
            query: The query as it was sent.

        Raises:
            InvalidRequest: A parameter is wrong, missing, sent twice or not in the contract.
        """
        if not path and not query and not self._required:
            return self._defaults
        found, wrong = self._defaults.copy(), list[Violation]()
        for parameter in self._path:
            _keep(found, wrong, parameter, path[parameter.name])
        if query or self._required:
            self._read_query(query, found, wrong)
        if wrong:
            raise InvalidRequest(wrong)
        return found

    def read_headers(self, headers: Mapping[bytes, bytes]) -> dict[str, str]:
        """
        Return the header parameters that were sent, by lower-case name.

        Raises:
            InvalidRequest: One is missing, or not what its schema describes.
        """
        if not self._headers:
            return _NO_HEADERS
        found, wrong = dict[str, str](), list[Violation]()
        for raw_name, name, parameter in self._headers:
            if raw_name in headers:
                _keep(found, wrong, parameter, headers[raw_name].decode("latin-1"), name)
            elif parameter.required:
                wrong.append(parameter.wrong("REQUIRED", "This header is required."))
        if wrong:
            raise InvalidRequest(wrong)
        return found

    def _read_query(self, query: bytes, found: dict[str, Any], wrong: list[Violation]) -> None:
        seen = set[str]()
        for piece in query.split(b"&"):
            if len(wrong) >= MOST_VIOLATIONS:
                return
            raw_name, _, raw_text = piece.partition(b"=")
            name, text = _decoded(raw_name), _decoded(raw_text)
            parameter = self._query.get(name) if name and text is not None else None
            if name is None or text is None or parameter is None:
                wrong.extend(self._strangers(piece, name))
            elif name in seen:
                wrong.append(parameter.wrong("REPEATED", "This parameter may be sent once."))
            else:
                seen.add(name)
                _keep(found, wrong, parameter, text)
        missing = [parameter for parameter in self._required if parameter.name not in seen]
        wrong.extend(parameter.wrong("REQUIRED", "This parameter is required.") for parameter in missing)

    def _strangers(self, piece: bytes, name: str | None) -> list[Violation]:
        """Return what is wrong with a piece of the query that is no parameter: nothing where it is empty (`a=1&`)."""
        if not piece:
            return []
        if name is None or name in self._query:
            return [Violation("parameter", shown(name or "?"), "MALFORMED", "Percent-encoded UTF-8 is expected.")]
        return [Violation("parameter", shown(name or "?"), "UNKNOWN_PARAMETER", _advice(name, self._query))]


def _keep(
    found: dict[str, Any], wrong: list[Violation], parameter: Parameter, text: str, name: str | None = None
) -> None:
    """Put the parameter's value where the found ones are, or its violations where the wrong ones are."""
    try:
        found[name or parameter.name] = parameter.value(text)
    except InvalidRequest as refusal:
        wrong.extend(refusal.violations)


def _advice(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    if not names:
        return "The operation takes no query parameters."
    nearest = get_close_matches(name[:64], names, n=1, cutoff=0.5)
    hint = f"Was {nearest[0]} meant? " if nearest else ""
    return f"The operation has no such parameter. {hint}It takes {', '.join(names)}."


def _decoded(raw: bytes) -> str | None:
    """Return the text of a name or value in a query, None when it is not percent-encoded UTF-8."""
    try:
        plain = b"%" not in raw and b"+" not in raw
        return raw.decode() if plain else unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return None


def _reader(schema: Node, name: str) -> Callable[[str], Any]:
    kind = schema.get("type")
    if kind not in _READERS:
        raise ValueError(f"the edge cannot read parameter {name}: its type is {kind!r}")
    return _READERS[kind]


def _string(text: str) -> str:
    if not text:
        raise ValueError("It must not be empty.")
    if "\x00" in text:
        raise ValueError("NUL is not a character that the sandbox takes.")
    return text


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(_string(text)) is None:
        raise ValueError("It must be an integer of at most 18 digits, 0 to 9.")
    return int(text)


def _number(text: str) -> float:
    if _NUMBER.fullmatch(_string(text)) is None:
        raise ValueError("It must be a decimal number such as 12.5.")
    return float(text)


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError("It must be true or false.")
    return _BOOLEANS[text]


_READERS: dict[Any, Callable[[str], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}
