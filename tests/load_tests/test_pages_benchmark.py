from pathlib import Path

from load_tests.benchmarks import pages

WORLDS = ("small_chain", "small_chain")


def test_a_page_s_cost_is_told_for_each_filter_in_both_worlds(tmp_path: Path) -> None:
    told: list[str] = []
    section = pages.measure(told.append, WORLDS, rounds=1, data_dir=tmp_path)
    assert list(section.facts) == ["no filter", "status", "storeId", "updatedAfter"]
    assert all(found["fewMicroseconds"] > 0 for found in section.facts.values())
    assert (len(section.rows), told) == (4, list(WORLDS))


def test_a_page_out_of_many_may_cost_so_much_more() -> None:
    section = pages._section({"status": [1e-4, 1.5e-4], "no filter": [1e-4, 1.6e-4]})
    assert section.rows[0] == ("status", "100", "150", "1.50")
    assert section.broken == ["a page by no filter takes 1.6 times as long in a large world, 1.5 times were promised"]
