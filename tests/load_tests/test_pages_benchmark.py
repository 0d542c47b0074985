from pathlib import Path

import pytest

from load_tests.benchmarks import pages

WORLDS = ("small_chain", "small_chain")


def test_a_page_s_cost_is_told_for_each_filter_in_both_worlds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PROMISED", 100.0)
    told: list[str] = []
    section = pages.measure(told.append, WORLDS, rounds=2, data_dir=tmp_path)
    assert list(section.facts) == ["no filter", "status", "storeId", "updatedAfter"]
    assert all(found["fewMicroseconds"] > 0 for found in section.facts.values())
    assert (len(section.rows), section.broken, told) == (4, [], list(WORLDS))


def test_a_page_that_costs_more_out_of_many_breaks_a_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PROMISED", 0.0)
    broken = pages.measure(lambda _: None, WORLDS, rounds=2, data_dir=tmp_path).broken
    assert len(broken) == 4
    assert broken[0].startswith("a page by no filter takes ")
