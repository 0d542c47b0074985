"""Documents without references: following one costs openapi-core more than judging what stands there."""

from typing import Any


def inlined(document: dict[str, Any]) -> dict[str, Any]:
    """
    Return a copy of a document in which what was referred to stands in the reference's place.

    What many refer to is there once, shared. Within a schema that contains itself, the reference to it stays.
    """
    made: dict[str, Any] = {}

    def copy(node: Any, within: frozenset[str]) -> Any:
        if isinstance(node, list):
            return [copy(child, within) for child in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if not isinstance(reference, str) or reference in within:
            return {name: copy(child, within) for name, child in node.items()}
        if reference not in made:
            made[reference] = copy(_at(document, reference), within | {reference})
        return made[reference]

    whole: dict[str, Any] = copy(document, frozenset())
    return whole


def _at(document: dict[str, Any], reference: str) -> Any:
    node: Any = document
    for word in reference.split("/")[1:]:
        name = word.replace("~1", "/").replace("~0", "~")
        node = node[int(name)] if isinstance(node, list) else node[name]
    return node
