"""What is translated is there to be translated."""

import pytest

from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.languages import LANGUAGES, catalogue
from sandbox_server.certification.scenarios import SCENARIOS


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_of_checks_and_scenarios_that_there_are(language: str) -> None:
    words = catalogue(language)

    assert words["checks"].keys() <= CHECKS.keys()
    assert words["scenarios"].keys() <= SCENARIOS.keys()
    assert all(texts.keys() == {"title", "why", "mend"} for texts in words["checks"].values())
