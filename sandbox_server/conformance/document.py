"""A contract as the suites need it: its operations, and what they promise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from sandbox_server.conformance.errors import Misconfigured

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's where there is one
_METHODS = ("get", "put", "post", "patch", "delete")
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One operation of the contract.

    Args:
        scope: What a token needs for it; None where no credential is asked for, empty where any will do.
        statuses: What it may answer, as documented.
        example: A body that it takes; None where it takes none.
        parameters: The names of what it takes, by their place: `path`, `query`, `header`.
    """

    operation_id: str
    method: str
    path: str
    scope: str | None
    statuses: tuple[str, ...]
    example: Any
    parameters: Mapping[str, frozenset[str]]

    @property
    def is_protected(self) -> bool:
        """Whether it asks for a credential."""
        return self.scope is not None

    @property
    def is_list(self) -> bool:
        """Whether it answers with pages."""
        return "cursor" in self.parameters["query"]

    @property
    def takes_key(self) -> bool:
        """Whether it may be repeated under an idempotency key."""
        return "Idempotency-Key" in self.parameters["header"]


class Document:
    """
    A contract, as it stands in a file.

    Raises:
        Misconfigured: The file is missing, or is no OpenAPI 3 document.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = _read(path)
        found = {one.operation_id: one for one in self._operations()}
        self.operations: Mapping[str, Operation] = found
        self._by_label = {f"{one.method} {one.path}": one for one in found.values()}

    @property
    def version(self) -> str:
        """The contract's own version."""
        return str(self.raw.get("info", {}).get("version", "unknown"))

    def labelled(self, label: str) -> Operation:
        """Return the operation that goes by a method and a path, as in `GET /orders`."""
        return self._by_label[label]

    @cached_property
    def life_cycles(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """What may follow each state, by the name of the schema that has the states."""
        schemas = self.raw.get("components", {}).get("schemas", {})
        return {
            name: {state: frozenset(steps) for state, steps in schema["x-lifecycle"].items()}
            for name, schema in schemas.items()
            if "x-lifecycle" in schema
        }

    @cached_property
    def limits(self) -> Mapping[str, Mapping[str, int]]:
        """What the contract grants each operation: `perMinute` and `burst`."""
        items = (item for path in self.raw["paths"].values() for item in path.values() if isinstance(item, dict))
        return {one["operationId"]: one["x-rate-limit"] for one in items if "x-rate-limit" in one}

    def example(self, name: str) -> Any:
        """Return the value of one of the contract's named examples."""
        return self.raw["components"]["examples"][name]["value"]

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a reference leads to; a node that is none as it is."""
        while "$ref" in node:
            target: Any = self.raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.raw["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield self._operation(method.upper(), path, item[method], item.get("parameters", []))

    def _operation(self, method: str, path: str, spoken: Mapping[str, Any], shared: list[Any]) -> Operation:
        parameters: dict[str, set[str]] = {"path": set(), "query": set(), "header": set(), "cookie": set()}
        for one in map(self.resolve, [*shared, *spoken.get("parameters", [])]):
            parameters[one["in"]].add(one["name"])
        return Operation(
            operation_id=spoken.get("operationId", f"{method} {path}"),
            method=method,
            path=path,
            scope=_scope(spoken.get("security", self.raw.get("security", []))),
            statuses=tuple(str(status) for status in spoken["responses"]),
            example=self._body(spoken),
            parameters={place: frozenset(names) for place, names in parameters.items()},
        )

    def _body(self, spoken: Mapping[str, Any]) -> Any:
        content = self.resolve(spoken.get("requestBody", {})).get("content", {}).get(_JSON, {})
        examples = [self.resolve(one) for one in content.get("examples", {}).values()]
        return examples[0]["value"] if examples else content.get("example")


def _scope(security: list[Mapping[str, list[str]]]) -> str | None:
    if not security:
        return None
    return next((scopes[0] for one in security for scopes in one.values() if scopes), "")


def _read(path: Path) -> dict[str, Any]:
    try:
        loaded: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one
    except OSError as error:
        raise Misconfigured(f"The contract {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misconfigured(f"The contract {path} is neither YAML nor JSON.") from error
    is_one = isinstance(loaded, dict) and str(loaded.get("openapi", "")).startswith("3.")
    if not is_one or not isinstance(loaded.get("paths"), dict) or not loaded["paths"]:
        raise Misconfigured(f"The contract {path} is no OpenAPI 3 document: name one with `openapi: 3…` and `paths`.")
    return dict(loaded)
