"""
What changed between two schemas.

A schema that takes less breaks those who send, one that takes more those who receive. Clients tolerate members and
values of enumerations that they do not know, so that answers may have new ones.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from sandbox_server.api.contract import Contract, Node
from sandbox_server.differing.changes import Change, Way

_LONGEST = 120  # characters of a value that are shown
_AT_LEAST = ("minimum", "minLength", "minItems", "minProperties")
_AT_MOST = ("maximum", "maxLength", "maxItems", "maxProperties")
_FLAGS = ("exclusiveMinimum", "exclusiveMaximum", "uniqueItems")
_CONDITIONS = ("format", "pattern", "not")


class Side(NamedTuple):
    """
    A schema in one of the two contracts.

    Args:
        contract: The contract.
        node: The schema, or a reference to it.
    """

    contract: Contract
    node: Node

    @property
    def reference(self) -> str:
        """What it refers to; empty where it stands for itself."""
        return str(self.node.get("$ref", ""))

    def below(self, node: Node) -> "Side":
        """Return another schema of the same contract."""
        return Side(self.contract, node)

    def whole(self) -> Node:
        """Return the schema with its references and `allOf` put together."""
        node = self.contract.place(self.reference).node if self.reference else self.node
        merged: Node = {}
        for part in (*(self.below(one).whole() for one in node.get("allOf", ())), node):
            _merge(merged, part)
        merged.pop("allOf", None)
        return merged


def _merge(merged: Node, part: Node) -> None:
    properties = {**merged.get("properties", {}), **part.get("properties", {})}
    required = [*merged.get("required", ()), *part.get("required", ())]
    merged.update(part)
    if properties:
        merged["properties"] = properties
    if required:
        merged["required"] = required


class Comparison:
    """
    Compares schemas of two contracts.

    Args:
        way: Which way the values go.
    """

    def __init__(self, way: Way) -> None:
        self._way = way
        self._begun: set[tuple[str, str]] = set()

    def changes(self, old: Side, new: Side, where: str) -> Iterator[Change]:
        """
        Return what changed.

        Args:
            where: The place of the schema; one with a name of its own is its own place.
        """
        if old.reference or new.reference:
            pair = old.reference, new.reference
            if pair in self._begun:
                return
            self._begun.add(pair)
            where = (new.reference or old.reference).rpartition("/")[2] if all(pair) else where
        was, is_ = old.whole(), new.whole()
        yield from self._types(was, is_, where)
        yield from self._values(was, is_, where)
        yield from self._limits(was, is_, where)
        yield from self._conditions(was, is_, where)
        yield from self._members(old, new, was, is_, where)
        yield from self._parts(old, new, was, is_, where)

    def _types(self, was: Node, is_: Node, where: str) -> Iterator[Change]:
        before, after = was.get("type"), is_.get("type")
        if before != after:
            if before is None or (before, after) == ("number", "integer"):
                yield self._narrower(where, "The type is narrower.", before or "any", after)
            elif after is None or (before, after) == ("integer", "number"):
                yield self._wider(where, "The type is wider.", before, after or "any")
            else:
                yield self._change(where, "The type is another.", before, after, is_breaking=True)
        if was.get("nullable", False) != is_.get("nullable", False):
            if is_.get("nullable", False):
                yield self._wider(where, "It may be null now.", "", "")
            else:
                yield self._narrower(where, "It may not be null any more.", "", "")

    def _values(self, was: Node, is_: Node, where: str) -> Iterator[Change]:
        before, after = was.get("enum"), is_.get("enum")
        gone = [one for one in before or () if after is not None and one not in after]
        new = [one for one in after or () if before is not None and one not in before]
        if gone:
            yield self._narrower(where, "Values are gone.", gone, "")
        if new:
            yield self._change(where, "There are new values.", "", new, is_breaking=False)
        if before is None and after is not None:
            yield self._narrower(where, "Only some values are left.", "any", after)
        if before is not None and after is None:
            yield self._change(where, "Any value may be there now.", before, "any", is_breaking=False)
        if self._way is Way.SENT and was.get("default") != is_.get("default"):
            message = "What holds where it is left out is another."
            yield self._change(where, message, was.get("default"), is_.get("default"), is_breaking=True)

    def _limits(self, was: Node, is_: Node, where: str) -> Iterator[Change]:
        for names, sign in ((_AT_LEAST, 1), (_AT_MOST, -1)):
            for name in names:
                before, after = was.get(name), is_.get(name)
                if before == after:
                    continue
                told = where, f"{name} is another.", before, after
                is_narrower = before is None or (after is not None and sign * after > sign * before)
                yield self._narrower(*told) if is_narrower else self._wider(*told)

    def _conditions(self, was: Node, is_: Node, where: str) -> Iterator[Change]:
        for name in _FLAGS:
            was_set, is_set = bool(was.get(name)), bool(is_.get(name))
            if was_set != is_set:
                message = f"{name} is another."
                compare = self._narrower if is_set else self._wider
                yield compare(where, message, was_set, is_set)
        for name in (*_CONDITIONS, "multipleOf"):
            before, after = was.get(name), is_.get(name)
            if before == after:
                continue
            told = where, f"{name} is another.", before, after
            if before is None or _divides(name, before, after):
                yield self._narrower(*told)
            elif after is None or _divides(name, after, before):
                yield self._wider(*told)
            else:
                yield self._change(*told, is_breaking=True)

    def _members(self, old: Side, new: Side, was: Node, is_: Node, where: str) -> Iterator[Change]:
        before, after = was.get("properties", {}), is_.get("properties", {})
        needed, need = set(was.get("required", ())), set(is_.get("required", ()))
        for name in before:
            if name not in after:
                yield self._change(_below(where, name), "The member is gone.", "", "", is_breaking=True)
        for name, node in after.items():
            place = _below(where, name)
            if name not in before:
                is_breaking = self._way is Way.SENT and name in need
                message = "There is a new member, and it is required." if name in need else "There is a new member."
                yield self._change(place, message, "", "", is_breaking=is_breaking)
                continue
            if name in need - needed:
                yield self._narrower(place, "The member is required now.", "", "")
            if name in needed - need:
                yield self._wider(place, "The member may be left out now.", "", "")
            yield from self.changes(old.below(before[name]), new.below(node), place)

    def _parts(self, old: Side, new: Side, was: Node, is_: Node, where: str) -> Iterator[Change]:
        if "items" in was and "items" in is_:
            yield from self.changes(old.below(was["items"]), new.below(is_["items"]), f"{where}/*")
        before, after = was.get("additionalProperties", True), is_.get("additionalProperties", True)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.changes(old.below(before), new.below(after), f"{where}/*")
        elif before != after:
            told = where, "Whether it may have other members is another.", before, after
            yield self._narrower(*told) if before is True or after is False else self._wider(*told)
        for name in ("oneOf", "anyOf"):
            yield from self._forms(old, new, (was.get(name, ()), is_.get(name, ())), f"{where} {name}")

    def _forms(
        self, old: Side, new: Side, forms: tuple[list[Node] | tuple[()], list[Node] | tuple[()]], where: str
    ) -> Iterator[Change]:
        before, after = forms
        for one, other in zip(before, after, strict=False):
            yield from self.changes(old.below(one), new.below(other), where)
        if len(after) > len(before):
            told = where, "It may have another form.", len(before), len(after)
            yield self._wider(*told) if before else self._narrower(*told)
        if len(after) < len(before):
            told = where, "A form is gone.", len(before), len(after)
            yield self._narrower(*told) if after else self._wider(*told)

    def _narrower(self, where: str, message: str, before: object, after: object) -> Change:
        return self._change(where, message, before, after, is_breaking=self._way is Way.SENT)

    def _wider(self, where: str, message: str, before: object, after: object) -> Change:
        return self._change(where, message, before, after, is_breaking=self._way is Way.RECEIVED)

    def _change(self, where: str, message: str, before: object, after: object, *, is_breaking: bool) -> Change:
        return Change(
            is_breaking=is_breaking,
            where=where,
            message=message,
            way=self._way,
            before=shown(before),
            after=shown(after),
        )


def shown(value: Any) -> str:
    """Return a value in short."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _divides(name: str, whole: Any, part: Any) -> bool:
    """Whether multiples of one number are multiples of the other, too."""
    return name == "multipleOf" and part is not None and part % whole == 0


def _below(where: str, name: str) -> str:
    return f"{where}/{name.replace('~', '~0').replace('/', '~1')}"
