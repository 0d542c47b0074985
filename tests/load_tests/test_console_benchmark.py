from pathlib import Path

import pytest

from load_tests.benchmarks import console_pages
from load_tests.benchmarks.consoles import left_open

NOBODY = 1  # a port on which nothing listens


def test_pages_and_open_consoles_are_measured_and_what_breaks_a_promise_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_pages, "PROMISED_MILLISECONDS", 0)
    monkeypatch.setattr(console_pages, "PROMISED_LOSS", -float("inf"))
    told: list[str] = []
    section = console_pages.measure(told.append, "small_chain", rounds=1, data_dir=tmp_path, turns=1, seconds=0.1)
    assert told == ["small_chain", "turn 1 of 1, 0 consoles open", "turn 1 of 1, 3 consoles open"]
    assert set(section.facts["milliseconds"]) == {console_pages.FIRST, *console_pages.PAGES}
    assert all(cost > 0 for cost in section.facts["milliseconds"].values())
    assert set(section.facts["lostToThree"]) == {"list 20 orders", "put 10 stock lines"}
    assert len(section.rows) == len(section.broken) == len(console_pages.PAGES) + 3


def test_a_console_that_is_not_shown_its_page_fails_the_measurement() -> None:
    with pytest.raises(RuntimeError, match="not shown its page"), left_open(NOBODY, 1):
        pass
