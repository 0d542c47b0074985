"""Contracts, looked through: where secrets can be, and what they say when they are taken at their word."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from sandbox_server.api.contract import Contract, Node, Place
from sandbox_server.traffic.redaction import is_secret

_NO_SCHEMAS = {"example", "examples", "default", "enum"}


class Closed(Contract):
    """A contract whose objects have the members that it describes, and no others."""

    def __init__(self, contract: Contract) -> None:
        self.source = contract.source
        self.base_path = contract.base_path
        self.document = deepcopy(contract.document)
        components = self.document.get("components", {})
        schemas = components.get("schemas", {})
        extended = set(_extended(contract.document, schemas))
        for name, schema in schemas.items():
            _close(schema, is_open=name in extended)
        _close(self.document["paths"], is_open=False)
        _close({key: node for key, node in components.items() if key != "schemas"}, is_open=False)


def candid_operations(contract: Contract) -> frozenset[str]:
    """Return the operations that have no parameter, and no member of a body, for a secret."""
    return frozenset(
        one.operation_id
        for one in contract.operations()
        if not any(map(is_secret, _names(contract, [one.body, *one.responses.values()])))
        and not any(is_secret(place.node["name"]) for place in one.parameters if place.node["in"] != "header")
    )


def _close(node: Any, *, is_open: bool) -> None:
    """Close the objects below a node; the parts that an `allOf` has inline say only some of an object's members."""
    if isinstance(node, list):
        for child in node:
            _close(child, is_open=is_open)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("properties"), dict) and not is_open:
        node.setdefault("additionalProperties", False)
    for key, child in node.items():
        if key not in _NO_SCHEMAS:
            _close(child, is_open=key == "allOf")


def _extended(node: Any, schemas: Node) -> Iterator[str]:
    """Return the names of the schemas to which an `allOf` adds members."""
    if isinstance(node, dict):
        parts = node.get("allOf", [])
        inline = {name for part in parts for name in part.get("properties", {})}
        for name in (part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part):
            if inline - set(schemas[name].get("properties", {})):
                yield name
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _extended(child, schemas)


def _names(contract: Contract, places: list[Place | None]) -> set[str]:
    """Return the names of all members below some places, references followed."""
    names, seen = set[str](), set[str]()
    left: list[Any] = [place.node for place in places if place is not None]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left += node
        elif isinstance(node, dict):
            names |= set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                left.append(contract.place(reference).node)
            left += [child for key, child in node.items() if key not in _NO_SCHEMAS]
    return names
