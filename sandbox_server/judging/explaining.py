"""What openapi-core finds wrong, in the words of reports."""

import json
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

from jsonschema.exceptions import ValidationError, best_match
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.validation.request.exceptions import (
    MissingRequestBodyError,
    ParameterValidationError,
    RequestBodyValidationError,
)
from openapi_core.validation.response.exceptions import HeaderValidationError, MissingData, MissingHeaderError
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue

from sandbox_server.reporting.findings import Finding, Side

_LONGEST = 200  # characters of a value that are shown
_PLACES = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}


def explain(error: Exception) -> Iterator[Finding]:
    """Return what an error of openapi-core says: a finding for each thing that is wrong."""
    cause = error.__cause__
    place, side = _place_of(error)
    if isinstance(error, ResponseNotFound):
        known = ", ".join(sorted(error.availableresponses))
        yield Finding(
            check="status",
            side=side,
            message="The contract does not have this status here.",
            expected=known,
            seen=error.http_status,
        )
    elif isinstance(cause, InvalidSchemaValue):
        for one in cause.schema_errors:
            assert isinstance(one, ValidationError)
            yield from _of_schema(one, side, place)
    elif isinstance(cause, MediaTypeNotFound):
        yield Finding(
            check="media-type",
            side=side,
            where="header Content-Type",
            message="The contract does not have this media type here.",
            expected=" or ".join(cause.availableMimetypes),
            seen=cause.mimetype or "none",
        )
    else:
        check, message = _plainly(error)
        yield Finding(check=check, side=side, where=place, message=message)


def _place_of(error: Exception) -> tuple[str, Side]:
    """Return the place of a parameter or header, the empty string for a body; and whose fault it is."""
    if isinstance(error, ParameterValidationError):
        return f"{error.location} {error.name}", Side.REQUEST
    if isinstance(error, RequestBodyValidationError):
        return "", Side.REQUEST
    return (f"header {error.name}" if isinstance(error, HeaderValidationError) else ""), Side.RESPONSE


def _plainly(error: Exception) -> tuple[str, str]:
    if isinstance(error, MissingHeaderError):
        return "header", "This header is required."
    if isinstance(error, MissingData | MissingRequestBodyError):
        return "body", "There must be a body."
    if isinstance(error, ParameterValidationError):
        wrong = "This parameter is required." if "Missing" in type(error).__name__ else "It cannot be read."
        return "parameter", wrong
    if isinstance(error, HeaderValidationError):
        return "header", "It cannot be read."
    return "body", "It cannot be read as what its media type says."


def _of_schema(error: ValidationError, side: Side, place: str) -> Iterator[Finding]:
    deepest = best_match([error])
    assert deepest is not None
    keyword, at = str(deepest.validator), "".join(_step(word) for word in deepest.absolute_path)
    spot = f"{place} {at}".strip() if place else at
    if keyword == "additionalProperties" and isinstance(deepest.instance, dict):
        known = list(deepest.schema.get("properties", {}))
        for name in sorted(set(deepest.instance) - set(known)):
            hint = get_close_matches(name, known, n=1)
            message = "The contract has no such member." + (f" Was {hint[0]} meant?" if hint else "")
            yield _finding(keyword, side, spot + _step(name), message, "", deepest.instance[name])
    elif keyword == "required":
        name = next(name for name in deepest.validator_value if deepest.message.startswith(repr(name)))
        yield _finding(keyword, side, spot + _step(name), "This member is required.", "", None)
    else:
        expected = _EXPECTED.get(keyword, _as_it_is)(deepest.validator_value)
        message = f"It must be {expected}." if keyword in _EXPECTED else _MESSAGES.get(keyword, _BREAKS)
        yield _finding(keyword, side, spot, message, expected, deepest.instance)


def _finding(keyword: str, side: Side, where: str, message: str, expected: str, seen: object) -> Finding:
    shown = "" if keyword == "required" else _json(seen)
    return Finding(check=f"schema.{keyword}", side=side, where=where, message=message, expected=expected, seen=shown)


def _step(word: str | int) -> str:
    return "/" + str(word).replace("~", "~0").replace("/", "~1")


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_ARTICLES = {"integer": "an integer", "array": "an array", "object": "an object"}
_FORMATS = {"date-time": "an instant of RFC 3339", "email": "an e-mail address", "uri": "an absolute URI"}
_BREAKS = "It is not what the contract describes."


def _as_it_is(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


_EXPECTED: dict[str, Callable[[Any], str]] = {
    "type": lambda name: _ARTICLES.get(name, f"a {name}"),
    "enum": lambda values: "one of " + ", ".join(map(_as_it_is, values)),
    "format": lambda name: _FORMATS.get(name, f"a {name}"),
    "minimum": lambda limit: f"{limit} or more",
    "maximum": lambda limit: f"{limit} or less",
    "multipleOf": lambda step: f"a multiple of {step}",
    "minLength": lambda limit: f"{limit} characters long or longer",
    "maxLength": lambda limit: f"{limit} characters long or shorter",
    "minItems": lambda limit: f"{limit} items or more",
    "maxItems": lambda limit: f"{limit} items or fewer",
}
_MESSAGES = {
    "pattern": "It does not match the pattern.",
    "uniqueItems": "An item is there twice.",
    "oneOf": "It is none, or several, of the forms.",
    "anyOf": "It is none of the forms.",
    "not": "It is what it must not be.",
}
