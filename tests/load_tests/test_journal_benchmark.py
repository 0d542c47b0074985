import pytest

from load_tests.benchmarks import journal


def test_the_journal_s_cost_is_told_for_both_kinds_of_call() -> None:
    section = journal.measure(600)
    assert list(section.facts["microseconds"]) == ["list 20 orders", "put 10 stock lines"]
    assert section.facts["megabytes"] > 0


def test_a_journal_that_takes_too_much_breaks_a_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "PROMISED_MEGABYTES", 0)
    (broken,) = journal.measure(200).broken
    assert broken.startswith("100 000 entries take")
