from pathlib import Path

import pytest

from load_tests.benchmarks import durability


def test_both_stores_are_told_beside_each_other_and_broken_promises_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(durability, "PROMISED", {"list 20 orders": 0.0, "put 10 stock lines": 9.0})
    monkeypatch.setattr(durability, "MOST_SECONDS", 0.0)
    monkeypatch.setattr(durability, "MOST_GROWTH", 0.0)
    told: list[str] = []
    worlds = ("small_chain", "proving_ground")
    section = durability.measure(told.append, rounds=1, seconds=0.1, worlds=worlds, data_dir=tmp_path)
    assert set(section.facts["answers"]["put 10 stock lines"]) == {"ofMemory", "memory", "SQLite"}
    assert set(section.facts["starts"]) == {*worlds, "growth"}
    assert section.facts["starts"]["small_chain"]["orders"] > 0
    assert "small_chain into a database" in told
    slow, late, growing = section.broken
    assert slow.startswith("put 10 stock lines: ")
    assert slow.endswith("of the pace in memory, 9.00 were promised")
    assert late.startswith("start with proving_ground: ")
    assert growing.startswith("an order costs ")
