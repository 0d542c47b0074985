"""openapi-core's validators of schemas, made once for each schema; and a count of what they look at."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, cast

from jsonschema.protocols import Validator
from jsonschema.validators import extend
from jsonschema_path import SchemaPath
from openapi_core.validation.schemas.datatypes import FormatValidatorsDict
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from openapi_core.validation.schemas.validators import SchemaValidator

Keyword = Callable[[Any, Any, Any, Any], Iterator[Exception] | None]


class KeptValidators(SchemaValidatorsFactory):
    """
    Makes each validator once: openapi-core copies the formats and makes one anew for every value.

    Args:
        validators: jsonschema's class for requests, or for answers.
        keywords: Counts how often each keyword was held against a value.
    """

    def __init__(self, validators: type[Validator], keywords: Counter[str]) -> None:
        own = cast(dict[str, Keyword], validators.VALIDATORS)
        counting = {name: _counting(name, check, keywords) for name, check in own.items() if name in COUNTED}
        super().__init__(extend(validators, counting))
        self._kept: dict[str, SchemaValidator] = {}

    def create(
        self,
        spec: SchemaPath,
        schema: SchemaPath,
        format_validators: FormatValidatorsDict | None = None,
        extra_format_validators: FormatValidatorsDict | None = None,
        forbid_unspecified_additional_properties: bool = False,  # noqa: ARG002 - Closed says it in the schemas
        enforce_properties_required: bool = False,  # noqa: ARG002 - nothing asks for it
    ) -> SchemaValidator:
        """Return the validator of a schema; how it is to be made is the same every time."""
        place = str(schema)
        if place not in self._kept:
            self._kept[place] = super().create(spec, schema, format_validators, extra_format_validators)
        return self._kept[place]


COUNTED = frozenset(
    {
        "additionalProperties",
        "allOf",
        "anyOf",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "oneOf",
        "pattern",
        "properties",
        "required",
        "type",
        "uniqueItems",
    }
)
"""The keywords that say something of a value."""


def _counting(name: str, check: Keyword, keywords: Counter[str]) -> Keyword:
    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Exception] | None:
        keywords[name] += 1
        return check(validator, value, instance, schema)

    return counted
