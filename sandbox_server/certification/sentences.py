"""
Saying in another language what was seen of a client.

What was seen is evidence, and stands in the report in English, as the checks say it. A translation is made of the
finished sentence: the first template that fits it gives its values, which are translated likewise, and go where the
template's counterpart has them.
"""

import re
from collections.abc import Mapping

_VALUE = re.compile(r"\{(\d+)\}")


class Sentences:
    """
    Sentences that can be said in another language.

    Args:
        templates: Counterparts by English sentence, both with `{1}`, `{2}` for what differs from one to the next. The
            first that fits is taken.
    """

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._templates = [(_pattern(english), other) for english, other in templates.items()]

    def said(self, english: str) -> str:
        """Return a sentence in the other language; as it is, where no template fits it."""
        for pattern, other in self._templates:
            if found := pattern.fullmatch(english):
                values = found.groups()
                return _VALUE.sub(lambda place: self.said(values[int(place[1]) - 1]), other)  # noqa: B023 - called at once
        return english


def _pattern(english: str) -> re.Pattern[str]:
    literals = _VALUE.split(english)[::2]
    return re.compile("(.+?)".join(map(re.escape, literals)), re.DOTALL)
