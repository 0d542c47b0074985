"""Bodies full of scripts: whatever text a contract lets somebody send, and whatever it does not."""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from sandbox_server.api.contract import Contract, Operation, Place

_JSON = ("content", "application/json", "schema")


class Hostile:
    """
    Makes bodies of a contract's operations, each text of which is a script with a number of its own.

    Args:
        known: What members are called that name something that is there, and what it is called.
    """

    def __init__(self, contract: Contract, known: Mapping[str, str]) -> None:
        self._contract = contract
        self._known = known
        self._numbers = count(1)
        self.sent: dict[int, str] = {}
        """What each number stands for, as in `createStore name`."""

    def operations(self) -> list[Operation]:
        """Return the operations that take JSON."""
        return [
            one for one in self._contract.operations() if one.body and "application/json" in one.body.node["content"]
        ]

    def path(self, operation: Operation) -> str:
        """Return a path of an operation, with the names of what is there."""
        return re.sub(r"\{(\w+)\}", lambda name: self._known.get(name[1], "S0001"), operation.path)

    def body(self, operation: Operation, *, allowed: bool) -> Any:
        """
        Return a body with scripts for its texts.

        Args:
            allowed: Only for those that the contract lets be anything; the others are as in its examples.
        """
        assert operation.body is not None
        schema = self._contract.below(operation.body, *_JSON)
        return self._value(schema, f"{operation.operation_id}", "", allowed)

    def _value(self, place: Place, where: str, name: str, allowed: bool) -> Any:
        schema = place.node
        for of in ("allOf", "oneOf"):
            if of in schema:
                parts = [self._contract.below(place, of, str(number)) for number in range(len(schema[of]))]
                made = [self._value(part, where, name, allowed) for part in parts]
                return {key: one[key] for one in made for key in one} if of == "allOf" and len(made) > 1 else made[0]
        if schema.get("type") == "object":
            members = schema.get("properties", {})
            return {
                member: self._value(
                    self._contract.below(place, "properties", member), f"{where} {member}", member, allowed
                )
                for member in members
            }
        if schema.get("type") == "array":
            return [self._value(self._contract.below(place, "items"), where, name, allowed)]
        if schema.get("type") == "string":
            return self._text(schema, where, name, allowed)
        return schema.get("example", schema.get("default", schema.get("minimum", 1)))

    def _text(self, schema: Mapping[str, Any], where: str, name: str, allowed: bool) -> str:
        if allowed and (name in self._known or "enum" in schema or "format" in schema):
            return self._known.get(name) or str(schema.get("example") or schema["enum"][0])
        number = next(self._numbers)
        longest, pattern = schema.get("maxLength", 100), schema.get("pattern", "")
        script = f"<script>{number}</script>" if longest > 22 else f"<i>{number}"
        if allowed and not (len(script) <= longest and re.search(pattern, script)):
            return str(schema.get("example", ""))
        self.sent[number] = where
        return script
