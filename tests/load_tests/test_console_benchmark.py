from pathlib import Path

import pytest

from load_tests.benchmarks import console_pages


def test_pages_are_measured_and_what_takes_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_pages, "PROMISED_MILLISECONDS", 0)
    monkeypatch.setattr(console_pages, "PROMISED_SHARE", 0)
    told: list[str] = []
    section = console_pages.measure(told.append, "small_chain", rounds=1, data_dir=tmp_path)
    assert told == ["small_chain"]
    assert set(section.facts["milliseconds"]) == set(console_pages.PAGES)
    assert all(cost > 0 for cost in section.facts["milliseconds"].values())
    assert len(section.rows) == len(section.broken) == len(console_pages.PAGES) + 1
