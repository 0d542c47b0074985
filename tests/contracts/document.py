"""The two documents, as tests look at them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import jsonschema_rs
import yaml

from sandbox_server.resources import contract_path

Node = dict[str, Any]

_IN_AN_EXAMPLE = re.compile(r"/components/examples/\w+/value|/example(/|$)")


class Operation(NamedTuple):
    """One operation of a document; whatever it refers to is found."""

    operation_id: str
    method: str
    path: str
    node: Node
    document: "Document"

    @property
    def parameters(self) -> dict[str, Node]:
        return {(found := self.document.resolved(parameter))["name"]: found for parameter in self.node["parameters"]}

    @property
    def bodies(self) -> dict[str, Node]:
        """The request's media types."""
        content: dict[str, Node] = self.node.get("requestBody", {}).get("content", {})
        return content

    @property
    def answers(self) -> dict[str, Node]:
        return {status: self.document.resolved(answer) for status, answer in self.node["responses"].items()}

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
        return {name: self.document.resolved(link) for name, link in self.success.get("links", {}).items()}


class Example(NamedTuple):
    """A value of the document, and the pointer to the schema that it is an example of."""

    where: str
    schema: str
    value: Any


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


class Document:
    """An OpenAPI document."""

    def __init__(self, name: str) -> None:
        self.root: Node = yaml.safe_load(contract_path(name).read_text("utf-8"))
        self.schemas: dict[str, Node] = self.root["components"]["schemas"]
        self._registry = jsonschema_rs.Registry([("urn:document", self.root)], draft=jsonschema_rs.Draft4)

    def operations(self) -> list[Operation]:
        return [
            Operation(node["operationId"], method, path, node, self)
            for path, item in self.root["paths"].items()
            for method, node in item.items()
        ]

    def resolved(self, node: Node) -> Node:
        """The node, or what it refers to."""
        while "$ref" in node:
            node = self.at(node["$ref"])
        return node

    def at(self, pointer: str) -> Any:
        node: Any = self.root
        for word in pointer.removeprefix("#/").split("/"):
            word = word.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - the same word, read
            node = node[int(word)] if isinstance(node, list) else node[word]
        return node

    def objects(self) -> Iterator[tuple[str, Node]]:
        """Every object of the document that is not in the value of an example, with its pointer."""
        for pointer, node in walk(self.root):
            if isinstance(node, dict) and not _IN_AN_EXAMPLE.search(pointer):
                yield pointer, node

    def schemas_below(self, roots: Iterable[tuple[str, Node]]) -> dict[str, Node]:
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
                    waiting.append((node["$ref"], self.at(node["$ref"])))
        return found

    def member(self, schema: Node | None, name: str) -> Node | None:
        """The schema of an object's member or of an array's items, wherever an allOf puts it; None where none is."""
        schema = self.resolved(schema or {})
        if schema.get("type") == "array" and name.isdigit():
            return self.resolved(schema["items"])
        if name in schema.get("properties", {}):
            return self.resolved(schema["properties"][name])
        parts = (self.member(part, name) for part in schema.get("allOf", []))
        return next((found for found in parts if found is not None), None)

    def sent_by_clients(self) -> dict[str, Node]:
        """The schemas of parameters and bodies."""
        operations = self.operations()
        parameters = [(name, node["schema"]) for one in operations for name, node in one.parameters.items()]
        bodies = [(one.operation_id, media["schema"]) for one in operations for media in one.bodies.values()]
        return self.schemas_below([*parameters, *bodies])

    def sent_by_the_server(self) -> dict[str, Node]:
        """The schemas of answers."""
        answers = {
            f"{one.operation_id} {status}": answer
            for one in self.operations()
            for status, answer in one.answers.items()
        }
        contents = [(where, media) for where, answer in answers.items() for media in answer.get("content", {}).values()]
        return self.schemas_below((where, media["schema"]) for where, media in contents)

    def stands_for_something(self, expression: str, operation: Operation) -> bool:
        """Whether a runtime expression leads to a parameter, a header, or a member that the answer's schema has."""
        source, _, rest = expression.removeprefix("$").partition(".")
        if source == "request":
            place, _, name = rest.partition(".")
            return bool(operation.parameters[name]["in"] == place)
        if rest.startswith("header."):
            return rest.removeprefix("header.") in operation.success["headers"]
        schema: Node | None = operation.content["application/json"]["schema"]
        for word in rest.removeprefix("body#/").split("/"):
            schema = self.member(schema, word)
        return schema is not None

    def examples(self) -> Iterator[Example]:
        """Every example there is: of bodies, answers, parameters, headers and schemas."""
        for pointer, node in self.objects():
            schema = f"{pointer}/schema" if "schema" in node else pointer
            if "schema" in node and isinstance(node.get("examples"), dict):
                for name, example in node["examples"].items():
                    yield Example(f"{pointer}/{name}", schema, self.resolved(example)["value"])
            if "example" in node and ("schema" in node or isinstance(node.get("type"), str)):
                yield Example(pointer, schema, node["example"])

    def errors_of(self, example: Example) -> list[str]:
        """What is wrong with an example, by the JSON Schema that OpenAPI 3.0 extends."""
        reference = f"urn:document#{quote(example.schema.removeprefix('#'), safe='/~')}"
        validator = jsonschema_rs.Draft4Validator({"$ref": reference}, registry=self._registry, validate_formats=True)
        return [
            f"{example.where}{list(error.instance_path)}: {error.message}"
            for error in validator.iter_errors(example.value)
        ]


MARKETPLACE = Document("marketplace.yaml")
CONTROL = Document("control.yaml")
