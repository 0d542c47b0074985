"""What the page of a certification says, in each of its languages."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sandbox_server.certification.sentences import Sentences

LANGUAGES = ("en", "zh")
_FOLDER = Path(__file__).parent / "catalogue"


class Words:
    """
    The words of a language.

    Args:
        language: One of `LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = catalogue(language)
        self.said = sentences(language).said
        """Returns what was seen of a client; in English, where the language has no words for it."""

    def __call__(self, key: str, **values: object) -> str:
        """
        Return a text of the page.

        Args:
            values: What stands for its names in braces.
        """
        text: str = self._texts["page"][key]
        return text.format(**values)

    def of_check(self, check: Mapping[str, Any], member: str) -> str:
        """Return a check's `title`, `why` or `mend`; as declared, where the language has no other words for it."""
        return str(self._texts["checks"].get(check["id"], {}).get(member, check[member]))

    def of_plan(self, report: Mapping[str, Any]) -> str:
        """Return a plan's title; as declared, where the language has no other words for it."""
        return str(self._texts["plans"].get(report["plan"].partition(" ")[0], report["title"]))

    def of_scenario(self, scenario: Mapping[str, Any]) -> str:
        """Return a scenario's title; what was declared, where the language has no other words for it."""
        return str(self._texts["scenarios"].get(scenario["id"], scenario["title"]))


@cache
def catalogue(language: str) -> Mapping[str, Any]:
    """Return all words of a language: by key, by the ids of plans, checks and scenarios, and sentences by template."""
    import yaml  # noqa: PLC0415 - the command line knows the languages without reading them

    texts: dict[str, Any] = yaml.safe_load((_FOLDER / f"{language}.yaml").read_bytes())
    return texts


@cache
def sentences(language: str) -> Sentences:
    """Return what a language has to say of clients."""
    return Sentences(catalogue(language)["sentences"])
