"""Reading fixtures: a file becomes a fixture, or an error that says where it is wrong and what would be right."""

import re
import types
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

from sandbox_server.resources import ResourceNotFound, fixture_path
from sandbox_server.worlds.checks import contradictions
from sandbox_server.worlds.errors import FixtureError
from sandbox_server.worlds.schema import FORMS, Fixture


class Source(NamedTuple):
    """A fixture as it was found: its name, its text, and what the text says."""

    name: str
    text: str
    fixture: Fixture


def read_fixture(fixture: str | Path) -> Source:
    """
    Return a fixture.

    Args:
        fixture: The name of one that comes with the sandbox, as in "small_chain", or the path of a YAML file.

    Raises:
        FixtureError: There is none, or it is wrong.
    """
    path = _locate(fixture)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FixtureError(f"{path} cannot be read: {error}") from error
    return Source(path.stem, text, parse_fixture(text, path.name))


def parse_fixture(text: str, name: str) -> Fixture:
    """
    Return the fixture that a YAML text says.

    Args:
        name: What errors call the text.

    Raises:
        FixtureError: It is not YAML, or says what a fixture cannot.
    """
    tree = _load(text, name)
    unknown = list(_unknown_names(Fixture, tree, "$"))
    if unknown:
        raise FixtureError(f"{name}: {'; '.join(unknown)}")
    try:
        fixture = msgspec.convert(tree, Fixture)
    except msgspec.ValidationError as error:
        raise FixtureError(f"{name}: {_in_words(str(error))}") from error
    wrong = contradictions(fixture)
    if wrong:
        raise FixtureError(f"{name}: {'; '.join(wrong)}")
    return fixture


def _in_words(message: str) -> str:
    """Return what the schema says, with an example in the place of a regular expression."""
    for form, example in FORMS.items():
        message = message.replace(f"`str` matching regex {form!r}", f"a text such as {example}")
    return message


def _locate(fixture: str | Path) -> Path:
    if isinstance(fixture, Path) or fixture.endswith((".yaml", ".yml")):
        path = Path(fixture)
        if path.is_file():
            return path
        raise FixtureError(f"there is no file {path}; the fixtures that come with the sandbox are {_known()}")
    try:
        return fixture_path(f"{fixture}.yaml")
    except ResourceNotFound:
        raise FixtureError(f"there is no fixture {fixture!r}; there are {_known()}{_nearest(fixture)}") from None


def _known() -> str:
    return ", ".join(_names())


def _names() -> list[str]:
    try:
        return sorted(path.stem for path in fixture_path(".").glob("*.yaml"))
    except ResourceNotFound:
        return []


def _nearest(name: str) -> str:
    near = get_close_matches(name, _names(), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


class _Loader(yaml.SafeLoader):
    """YAML without its surprises: 16:00 is no number, `no` no truth value, and a key is there once."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - add_implicit_resolver fills it below

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping whose keys are each there once."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int):
                raise yaml.constructor.ConstructorError(None, None, "a key is text or a number", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


# Source: YAML 1.2.2, 10.3.2 "Tag resolution" of the core schema; figures may be grouped, as in 100_000.
for _kind, _form, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"[-+]?(0|[1-9][0-9_]*)", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_form})$"), _first)


def _load(text: str, name: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise FixtureError(f"{name}{where}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise FixtureError(f"{name}: {error}") from error


def _unknown_names(kind: Any, value: Any, path: str) -> Iterator[str]:
    """Name keys that nothing is called, with the nearest that something is."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _unknown_names(get_args(kind)[0], value, path)
    elif origin in (Union, types.UnionType):
        for choice in get_args(kind):
            yield from _unknown_names(choice, value, path)
    elif origin is tuple and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unknown_names(get_args(kind)[0], item, f"{path}[{number}]")
    elif origin is dict and isinstance(value, dict):
        yield from _unknown_keys([str(word) for word in _words(get_args(kind)[0])], value, path)
    elif isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _unknown_keys(kind.__struct_fields__, value, path)
        for name, hint in get_type_hints(kind, include_extras=True).items():
            if name in value:
                yield from _unknown_names(hint, value[name], f"{path}.{name}")


def _words(kind: Any) -> list[str]:
    return [word.value for word in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _unknown_keys(known: Sequence[str], value: dict[Any, Any], path: str) -> Iterator[str]:
    for key in value:
        if known and key not in known:
            near = get_close_matches(str(key), known, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            yield f"{path} has no {str(key)!r}; {hint}"
