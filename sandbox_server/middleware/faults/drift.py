"""`drift`: answers say what their document does not know yet."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_server.middleware.faults.effect import About, Effect, WrongEffect
from sandbox_server.middleware.faults.stage import Stage

_VALUE = "new"


class DriftEffect(Effect):
    """Makes answers those of a newer version."""

    about = About(
        "drift",
        "Objects in the answer, that share of them, have a member that the document does not know; and so "
        "much of the members that are named have a value that it does not know.",
        {"effect": {"drift": {"unknownField": "xNew", "unknownEnum": {"status": "ON_HOLD"}, "fraction": 0.3}}},
        member="unknownField",
    )

    def check(self, given: Any) -> None:
        """Refuse a drift that changes nothing."""
        if not {"unknownField", "unknownEnum"} & set(given):
            raise WrongEffect("", "NOTHING_CHANGES", "A drift needs unknownField, unknownEnum, or both.")

    async def play(self, given: Any, stage: Stage) -> None:
        """Change what is JSON; a label goes by as it is."""
        answer = await stage.collect()
        content = answer.json
        if content is None:
            await stage.answer(answer)
            return
        drift(content, given, stage.draw)
        await stage.answer(answer.with_json(content), instead_of=answer)


def drift(content: Any, given: Mapping[str, Any], draw: Callable[[str], float]) -> None:
    """Change a JSON value in place, each object by draws of its own, in the order of the document."""
    share, field = given.get("fraction", 1.0), given.get("unknownField")
    length = given.get("unknownFieldLength", len(_VALUE))
    value = (_VALUE * length)[:length]
    words: Mapping[str, str] = given.get("unknownEnum", {})
    for number, node in enumerate(_objects(content)):
        for name, word in words.items():
            if isinstance(node.get(name), str) and draw(f"{name} {number}") < share:
                node[name] = word
        if field is not None and draw(f"field {number}") < share:
            node[field] = value


def _objects(content: Any) -> list[dict[str, Any]]:
    """Return the objects in a JSON value, outer ones before inner ones."""
    if isinstance(content, list):
        return [found for item in content for found in _objects(item)]
    if isinstance(content, dict):
        return [content, *(found for item in content.values() for found in _objects(item))]
    return []
