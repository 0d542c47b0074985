"""The marketplace's document, as tests look at it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import jsonschema_rs
import yaml

from sandbox_server.resources import contract_path

Node = dict[str, Any]

DOCUMENT: Node = yaml.safe_load(contract_path("marketplace.yaml").read_text("utf-8"))
SCHEMAS: dict[str, Node] = DOCUMENT["components"]["schemas"]
_REGISTRY = jsonschema_rs.Registry([("urn:document", DOCUMENT)], draft=jsonschema_rs.Draft4)
_IN_AN_EXAMPLE = re.compile(r"/components/examples/\w+/value|/example(/|$)")


class Operation(NamedTuple):
    """One operation of the document; whatever it refers to is found."""

    operation_id: str
    method: str
    path: str
    node: Node

    @property
    def parameters(self) -> dict[str, Node]:
        return {(found := resolved(parameter))["name"]: found for parameter in self.node["parameters"]}

    @property
    def bodies(self) -> dict[str, Node]:
        """The request's media types."""
        content: dict[str, Node] = self.node.get("requestBody", {}).get("content", {})
        return content

    @property
    def answers(self) -> dict[str, Node]:
        return {status: resolved(answer) for status, answer in self.node["responses"].items()}

    @property
    def success(self) -> Node:
        """The one answer below 300."""
        (answer,) = (answer for status, answer in self.answers.items() if status < "300")
        return answer

    @property
    def content(self) -> dict[str, Node]:
        """The media types of its success."""
        content: dict[str, Node] = self.success.get("content", {})
        return content

    @property
    def links(self) -> dict[str, Node]:
        return {name: resolved(link) for name, link in self.success.get("links", {}).items()}


class Example(NamedTuple):
    """A value of the document, and the pointer to the schema that it is an example of."""

    where: str
    schema: str
    value: Any


def operations() -> list[Operation]:
    return [
        Operation(node["operationId"], method, path, node)
        for path, item in DOCUMENT["paths"].items()
        for method, node in item.items()
    ]


def resolved(node: Node) -> Node:
    """The node, or what it refers to."""
    while "$ref" in node:
        node = at(node["$ref"])
    return node


def at(pointer: str) -> Any:
    node: Any = DOCUMENT
    for word in pointer.removeprefix("#/").split("/"):
        word = word.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - the same word, read
        node = node[int(word)] if isinstance(node, list) else node[word]
    return node


def walk(node: Any, pointer: str = "#") -> Iterator[tuple[str, Any]]:
    """Everything in and below a node, with its pointer."""
    yield pointer, node
    children: Iterable[tuple[Any, Any]] = ()
    if isinstance(node, dict):
        children = node.items()
    elif isinstance(node, list):
        children = enumerate(node)
    for name, child in children:
        yield from walk(child, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")


def objects() -> Iterator[tuple[str, Node]]:
    """Every object of the document that is not in the value of an example, with its pointer."""
    for pointer, node in walk(DOCUMENT):
        if isinstance(node, dict) and not _IN_AN_EXAMPLE.search(pointer):
            yield pointer, node


def schemas_below(roots: Iterable[tuple[str, Node]]) -> dict[str, Node]:
    """The typed schemas that these lead to: named ones by their pointer, others by how they were reached."""
    found: dict[str, Node] = {}
    waiting = list(roots)
    while waiting:
        where, root = waiting.pop()
        for pointer, node in walk(root, where):
            if not isinstance(node, dict):
                continue
            if isinstance(node.get("type"), str):
                found[pointer] = node
            elif "$ref" in node and node["$ref"] not in found:
                waiting.append((node["$ref"], at(node["$ref"])))
    return found


def member(schema: Node | None, name: str) -> Node | None:
    """The schema of an object's member or of an array's items, wherever an allOf puts it; None where there is none."""
    schema = resolved(schema or {})
    if schema.get("type") == "array" and name.isdigit():
        return resolved(schema["items"])
    if name in schema.get("properties", {}):
        return resolved(schema["properties"][name])
    return next((found for part in schema.get("allOf", []) if (found := member(part, name)) is not None), None)


def examples() -> Iterator[Example]:
    """Every example there is: of bodies, answers, parameters, headers and schemas."""
    for pointer, node in objects():
        schema = f"{pointer}/schema" if "schema" in node else pointer
        if "schema" in node and isinstance(node.get("examples"), dict):
            for name, example in node["examples"].items():
                yield Example(f"{pointer}/{name}", schema, resolved(example)["value"])
        if "example" in node and ("schema" in node or isinstance(node.get("type"), str)):
            yield Example(pointer, schema, node["example"])


def errors_of(example: Example) -> list[str]:
    """What is wrong with an example, by the JSON Schema that OpenAPI 3.0 extends."""
    reference = f"urn:document#{quote(example.schema.removeprefix('#'), safe='/~')}"
    validator = jsonschema_rs.Draft4Validator({"$ref": reference}, registry=_REGISTRY, validate_formats=True)
    return [
        f"{example.where}{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(example.value)
    ]
