"""
Bodies that are one list of plain rows, decoded into records that are held against the contract on the way.

That takes a quarter of the time of JSON, mappings and a validator one after the other. It is the short way alone:
whatever is not plainly good is left to the validator, which knows what is wrong with it.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any

import msgspec

from sandbox_server.api.contract import Contract, Place
from sandbox_server.api.schemas import Schemas, Validator

_MOST_KNOWN = 65_536
_LONGEST_KNOWN = 64
_SAYS_NOTHING = {"description", "example", "type"}


class Rows:
    """
    The rows of an operation's body.

    Args:
        schema: What the contract says of the body: an object whose only member is an array of objects, all members of
            which are required, integers or strings.

    Raises:
        ValueError: It says something else.
    """

    def __init__(self, contract: Contract, schema: Place, schemas: Schemas) -> None:
        member, array = _only_member(contract, schema)
        row = contract.below(array, "items")
        _hold_closed(row)
        _hold_keywords(array, {"items", "minItems", "maxItems"})
        fields: list[tuple[str, Any]] = []
        self._strings: list[tuple[Callable[[Any], str], _Known]] = []
        for name in row.node["properties"]:
            place = contract.below(row, "properties", name)
            if place.node.get("type") == "integer":
                fields.append((name, Annotated[int, _span(place)]))
            else:
                _hold_string(contract, place)
                fields.append((name, str))
                self._strings.append((attrgetter(name), _Known(schemas.of_request(place.pointer))))
        record = msgspec.defstruct("Row", fields, frozen=True, gc=False, forbid_unknown_fields=True)
        length = msgspec.Meta(min_length=array.node.get("minItems"), max_length=array.node.get("maxItems"))
        rows: Any = Annotated[list[record], length]  # type: ignore[valid-type]  # made here
        body = msgspec.defstruct("Body", [(member, rows)], forbid_unknown_fields=True)
        self._rows_of: Callable[[Any], list[Any]] = attrgetter(member)
        self._decode = msgspec.json.Decoder(body).decode
        self._body = body

    def read(self, raw: bytes) -> list[Any] | None:
        """Return the rows of a body that is good; None where it may not be."""
        try:
            rows = self._rows_of(self._decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        for value_of, known in self._strings:
            if not known.issuperset(map(value_of, rows)) and not known.learn(set(map(value_of, rows))):
                return None
        return rows

    def of(self, value: Any) -> list[Any]:
        """Return the rows of a body that was decoded and found good."""
        return self._rows_of(msgspec.convert(value, self._body))


class _Known(set[str]):
    """Strings that are what a schema describes: each one is put to the validator once, while there is room for it."""

    def __init__(self, validator: Validator) -> None:
        super().__init__()
        self._validator = validator

    def learn(self, values: set[str]) -> bool:
        """Whether all of them are what the schema describes."""
        new = values - self
        if not all(map(self._validator.is_valid, new)):
            return False
        if len(self) + len(new) > _MOST_KNOWN:
            self.clear()
        self.update(value for value in new if len(value) <= _LONGEST_KNOWN)
        return True


def _only_member(contract: Contract, schema: Place) -> tuple[str, Place]:
    _hold_closed(schema)
    (member,) = schema.node["properties"]
    return member, contract.below(schema, "properties", member)


def _hold_closed(place: Place) -> None:
    """Refuse an object that may have other members than those it has to have."""
    _hold_keywords(place, {"additionalProperties", "required", "properties"})
    node = place.node
    if node["additionalProperties"] is not False or set(node["required"]) != set(node["properties"]):
        raise ValueError(f"{place.pointer} is not what a plain row is")


def _hold_keywords(place: Place, known: set[str]) -> None:
    if strange := set(place.node) - known - _SAYS_NOTHING:
        raise ValueError(f"{place.pointer} says more than rows can be held against: {', '.join(sorted(strange))}")


def _hold_string(contract: Contract, place: Place) -> None:
    said = contract.below(place, "allOf", "0") if "allOf" in place.node else place
    if said.node.get("type") != "string":
        raise ValueError(f"{place.pointer} is not what a plain row is: neither an integer nor a string")


def _span(place: Place) -> msgspec.Meta:
    _hold_keywords(place, {"format", "minimum", "maximum"})
    return msgspec.Meta(ge=place.node.get("minimum"), le=place.node.get("maximum"))
