"""Validators of a contract's schemas, and what they find in the words of this project."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any, Protocol
from urllib.parse import quote

import jsonschema_rs

from sandbox_server.api.contract import Contract, Node
from sandbox_server.api.formats import is_instant
from sandbox_server.api.refusals import MOST_VIOLATIONS, Violation, Where, shown

_CONTRACT = "urn:contract"
# Items of all arrays in a value that are judged, and how many more when nothing is found among those. An error costs up
# to 50 µs, all of them are found before the first is given, and a megabyte may hold half a million.
_JUDGED_ITEMS = (100, 1000)
_LONGEST_NAME = 64  # of a member, as far as another one is sought that was meant
_FORMATS = {"date-time": is_instant}
# What a schema may say of a format without promising a check: OpenAPI's own, which narrow a type.
_UNCHECKED = {"int32", "int64", "float", "double", "password", "binary", "byte"}

TEXT = r"^[^\x00]*[^\s\x00-\x1F\x7F-\x9F\uFEFF][^\x00]*$"
"""The pattern of what people write in requests: something that is to be seen, without NUL."""


class Validator(Protocol):
    """A compiled schema."""

    def is_valid(self, instance: Any) -> bool:
        """Whether a decoded JSON value is what the schema describes."""
        ...

    def iter_errors(self, instance: Any) -> Iterable[jsonschema_rs.ValidationError]:
        """Return everything that is wrong with it; all of it is found before the first one is given."""
        ...

    def validate(self, instance: Any) -> None:
        """Raise the first thing that is wrong with it."""
        ...

    def members(self, schema: Sequence[str | int]) -> Collection[str]:
        """Return the members that a schema names."""
        ...


class _Compiled:
    """A validator, and the document that its schema is part of."""

    __slots__ = ("_document", "is_valid", "iter_errors", "validate")

    def __init__(self, compiled: jsonschema_rs.Draft4Validator, document: Node) -> None:
        self.is_valid = compiled.is_valid
        self.iter_errors = compiled.iter_errors
        self.validate = compiled.validate
        self._document = document

    def members(self, schema: Sequence[str | int]) -> Collection[str]:
        """Return the members that a schema names."""
        node: Any = self._document
        for word in schema:
            node = node[word]
        members: Collection[str] = node.get("properties", ())
        return members


class Schemas:
    """
    The validators of one contract, each compiled once.

    Raises:
        ValueError: A schema names a format that nothing would check.
    """

    def __init__(self, contract: Contract) -> None:
        _refuse_unknown_formats(contract.document)
        self._document = contract.document
        self._registry = jsonschema_rs.Registry([(_CONTRACT, contract.document)], draft=jsonschema_rs.Draft4)
        self._compiled: dict[tuple[str, bool], Validator] = {}

    def of_request(self, pointer: str) -> Validator:
        """Return the validator for what clients send: instants are held against the calendar, too."""
        return self._validator(pointer, strict=True)

    def of_answer(self, pointer: str) -> Validator:
        """Return the validator for what the server sends."""
        return self._validator(pointer, strict=False)

    def _validator(self, pointer: str, *, strict: bool) -> Validator:
        key = (pointer, strict)
        if key not in self._compiled:
            # Draft 4 is the JSON Schema that OpenAPI 3.0 extends: 1.0 is no integer, exclusiveMinimum is a boolean.
            compiled = jsonschema_rs.Draft4Validator(
                {"$ref": f"{_CONTRACT}#{quote(pointer.removeprefix('#'), safe='/~')}"},
                registry=self._registry,
                validate_formats=True,
                formats=_FORMATS if strict else None,
            )
            self._compiled[key] = _Compiled(compiled, self._document)
        return self._compiled[key]


def violations(validator: Validator, value: Any, where: Where, at: str = "") -> list[Violation]:
    """
    Return what is wrong with a value, the first 20 things at the most.

    Args:
        where: What kind of place `at` is.
        at: The value's own place; for a body, the pointer to it.
    """
    found = (violation for error in _errors(validator, value) for violation in _explained(validator, error, where, at))
    return list(islice(found, MOST_VIOLATIONS))


def _errors(validator: Validator, value: Any) -> list[jsonschema_rs.ValidationError]:
    for items in _JUDGED_ITEMS:
        if errors := list(validator.iter_errors(_cut(value, [items]))):
            return errors
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def _cut(value: Any, left: list[int]) -> Any:
    """Return the value with its arrays cut where they hold more items together than are left; one item always stays."""
    if isinstance(value, dict):
        return {name: _cut(child, left) for name, child in value.items()}
    if not isinstance(value, list):
        return value
    kept: list[Any] = []
    for child in value:
        if left[0] <= 0 and kept:
            break
        left[0] -= 1
        kept.append(_cut(child, left))
    return kept


def _explained(
    validator: Validator, error: jsonschema_rs.ValidationError, where: Where, at: str
) -> Iterable[Violation]:
    keyword, facts = error.kind.name, error.kind.as_dict()
    place = at + "".join(map(_step, error.instance_path))
    if keyword == "additionalProperties":
        for name in facts["unexpected"]:
            hint = _hint(name, validator.members(error.schema_path[:-1]))
            yield Violation(where, place + _step(name), "UNKNOWN_MEMBER", f"The contract has no such member.{hint}")
    elif keyword == "required":
        yield Violation(where, place + _step(facts["property"]), "REQUIRED", "This member is required.")
    else:
        yield Violation(where, place, _code(keyword), _MESSAGES.get(keyword, _breaks)(facts))


def _hint(name: str, known: Collection[str]) -> str:
    nearest = get_close_matches(name[:_LONGEST_NAME], known, n=1)
    return f" Was {nearest[0]} meant?" if nearest else ""


def _step(word: str | int) -> str:
    return "/" + shown(str(word)).replace("~", "~0").replace("/", "~1")


def _code(keyword: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", keyword).upper()


def _breaks(_facts: dict[str, Any]) -> str:
    return "It is not what the contract describes."


_ARTICLES = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
_FORMAT_WORDS = {"date-time": "an instant of RFC 3339, such as 2026-11-27T15:00:00.000Z", "email": "an e-mail address"}
_PATTERN_WORDS = {TEXT: "say something beside blanks, and hold no NUL."}
# What is wrong, and never what was sent: that may be a secret, or a megabyte.
_MESSAGES: dict[str, Callable[[dict[str, Any]], str]] = {
    "type": lambda facts: f"It must be {' or '.join(_ARTICLES[name] for name in facts['types'])}.",
    "enum": lambda facts: f"It must be one of {', '.join(map(str, facts['options']))}.",
    "format": lambda facts: f"It must be {_FORMAT_WORDS.get(facts['format'], 'a ' + facts['format'])}.",
    "pattern": lambda facts: f"It must {_PATTERN_WORDS.get(facts['pattern'], 'match ' + facts['pattern'])}",
    "minimum": lambda facts: f"It must be {facts['limit']} or more.",
    "maximum": lambda facts: f"It must be {facts['limit']} or less.",
    "exclusiveMinimum": lambda facts: f"It must be more than {facts['limit']}.",
    "exclusiveMaximum": lambda facts: f"It must be less than {facts['limit']}.",
    "multipleOf": lambda facts: f"It must be a multiple of {facts['multiple_of']}.",
    "minLength": lambda facts: f"It must have {facts['limit']} characters or more.",
    "maxLength": lambda facts: f"It must have {facts['limit']} characters or fewer.",
    "minItems": lambda facts: f"It must have {facts['limit']} items or more.",
    "maxItems": lambda facts: f"It must have {facts['limit']} items or fewer.",
    "uniqueItems": lambda _: "No item may be there twice.",
    "minProperties": lambda facts: f"It must have {facts['limit']} members or more.",
    "maxProperties": lambda facts: f"It must have {facts['limit']} members or fewer.",
}


def _refuse_unknown_formats(document: Node) -> None:
    unknown = sorted(_formats(document) - _checked() - _UNCHECKED)
    if unknown:
        raise ValueError(f"the contract uses formats that nothing checks: {', '.join(unknown)}")


def _checked() -> set[str]:
    return {"date-time", "email", "hostname", "ipv4", "ipv6", "uri"}  # Source: JSON Schema Draft 4, 7.3


_TYPES = ("string", "number", "integer")


def _formats(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_formats, node))
    if not isinstance(node, dict):
        return set()
    # In an example, these may be members of any meaning.
    own = {node["format"]} if isinstance(node.get("format"), str) and node.get("type") in _TYPES else set()
    return own.union(*map(_formats, node.values()))
