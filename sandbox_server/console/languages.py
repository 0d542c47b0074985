"""The languages that the console speaks: one YAML catalogue each, all with the same keys."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sandbox_server.certification.languages import catalogue as seen_of_clients
from sandbox_server.certification.sentences import Sentences

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "中文"}
"""Each language's code, and what it calls itself."""
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml's where there is one
_FOLDER = Path(__file__).parent / "catalogue"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return a language's texts by their keys, as in `orders.title`."""
    source = (_FOLDER / f"{language}.yaml").read_text("utf-8")
    return dict(_flat(yaml.load(source, Loader=_LOADER)))  # noqa: S506 - it makes strings alone, of `off`, too


@cache
def refusals(language: str) -> Sentences:
    """Return what a language has to say of what was refused, by the operator's interface and to clients."""
    source = _FOLDER / "refusals" / f"{language}.yaml"
    own = yaml.load(source.read_text("utf-8"), Loader=_LOADER) if source.exists() else {}  # noqa: S506 - as above
    return Sentences({**own, **seen_of_clients(language)["sentences"]})


def text(language: str, key: str, **values: object) -> str:
    """
    Return a text in a language.

    Args:
        values: What stands for its names in braces.

    Raises:
        KeyError: No catalogue has it, or it needs another value.
    """
    return catalogue(language)[key].format(**values)


def word(language: str, kind: str, name: str) -> str:
    """Return what a word of the contract is called, as in `order_status.NEW`; itself where it goes by no other name."""
    return catalogue(language).get(f"{kind}.{name}", name)


def _flat(texts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in texts.items():
        if isinstance(value, str):
            yield above + name, value
        else:
            yield from _flat(value, f"{above}{name}.")
