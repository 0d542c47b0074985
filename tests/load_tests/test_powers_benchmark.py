import pytest

from load_tests.benchmarks import powers


def test_each_power_s_cost_is_told_beside_none_and_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(powers, "PROMISED", 0.0)
    section = powers.measure(rounds=1, seconds=0.1)
    assert list(section.facts) == ["list 20 orders", "put 10 stock lines"]
    for found in section.facts.values():
        assert list(found) == ["bare", "none of them", "journal", "throttle", "faults", "all of them"]
        assert found["bare"]["ofBare"] == 1.0
        assert found["none of them"]["costsMicroseconds"] == 0.0
    assert section.broken == []


def test_powers_that_cost_too_much_break_a_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(powers, "PROMISED", 1000.0)
    first, second = powers.measure(rounds=1, seconds=0.1).broken
    assert first.startswith("list 20 orders: ")
    assert second.startswith("put 10 stock lines: ")
    assert first.endswith(" of the bare server's pace with all powers, 1000.00 were promised")
