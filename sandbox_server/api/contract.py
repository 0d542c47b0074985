"""A contract: an OpenAPI 3.0 document, and where in it things stand."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Node = dict[str, Any]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's where there is one
    """Reads YAML as the JSON it stands for: what looks like a time stays a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Place(NamedTuple):
    """
    A node of the document.

    Args:
        pointer: Its JSON pointer; references were followed, so that a thing has one pointer whoever refers to it.
        node: What stands there.
    """

    pointer: str
    node: Node


class Operation(NamedTuple):
    """One operation of a contract."""

    operation_id: str
    method: str
    path: str
    parameters: tuple[Place, ...]
    body: Place | None
    responses: dict[str, Place]
    security: list[dict[str, list[str]]]
    rate_limit: dict[str, float]

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that any of its security requirements names; they hold however the client makes itself known."""
        return tuple(dict.fromkeys(scope for way in self.security for scopes in way.values() for scope in scopes))


class Contract:
    """
    An OpenAPI 3.0 document.

    Args:
        source: The YAML (or JSON, which is YAML).
    """

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.document: Node = _read(source)
        servers = self.document.get("servers") or [{"url": "/"}]
        self.base_path: str = urlsplit(servers[0]["url"]).path.rstrip("/")

    def operations(self) -> Sequence[Operation]:
        """Return the operations in the document's order."""
        return self._operations

    def taking(self, parameter: str) -> set[str]:
        """Return the ids of the operations that take a parameter of this name."""
        return {
            operation.operation_id
            for operation in self.operations()
            if any(place.node["name"] == parameter for place in operation.parameters)
        }

    def place(self, pointer: str) -> Place:
        """Return what a JSON pointer leads to, references followed."""
        node: Any = self.document
        for word in pointer.split("/")[1:]:
            word = word.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - the same word, read
            node = node[int(word)] if isinstance(node, list) else node[word]
        return self.place(node["$ref"]) if isinstance(node, dict) and "$ref" in node else Place(pointer, node)

    def below(self, place: Place, *words: str) -> Place:
        """Return what stands below a place, references followed at each step."""
        for word in words:
            place = self.place(f"{place.pointer}/{word.replace('~', '~0').replace('/', '~1')}")
        return place

    @cached_property
    def _operations(self) -> Sequence[Operation]:
        items = self.document["paths"].items()
        return [self._operation(path, method) for path, item in items for method in METHODS if method in item]

    def _operation(self, path: str, method: str) -> Operation:
        item = self.below(Place("#", self.document), "paths", path)
        place = self.below(item, method)
        return Operation(
            operation_id=place.node.get("operationId", f"{method.upper()} {path}"),
            method=method.upper(),
            path=self.base_path + path,
            parameters=(*self._parameters(item), *self._parameters(place)),
            body=self.below(place, "requestBody") if "requestBody" in place.node else None,
            responses={status: self.below(place, "responses", status) for status in place.node["responses"]},
            security=place.node.get("security", self.document.get("security")) or [],
            rate_limit=place.node.get("x-rate-limit", {}),
        )

    def _parameters(self, place: Place) -> list[Place]:
        return [self.below(place, "parameters", str(number)) for number in range(len(place.node.get("parameters", [])))]


@lru_cache(maxsize=4)
def _read(source: bytes) -> Node:
    """Return the document, which nobody changes: reading it is half of what a sandbox's start costs."""
    document: Node = _with_string_keys(_Loader(source).get_single_data())
    return document


def _with_string_keys(node: Any) -> Any:
    """Return the node with its keys as JSON has them: YAML reads the status in `200:` as a number."""
    if isinstance(node, dict):
        return {str(key): _with_string_keys(value) for key, value in node.items()}
    return [_with_string_keys(value) for value in node] if isinstance(node, list) else node
