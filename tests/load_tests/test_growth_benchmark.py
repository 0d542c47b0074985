from load_tests.benchmarks import growth
from load_tests.benchmarks.growth import Growth


def test_a_call_s_cost_is_told_for_each_size_and_what_was_added_is_taken_away() -> None:
    rules, orders, tenants = growth.GROWTHS
    small = [
        Growth(rules.what, (0, 2), rules.grow, rules.undo),
        Growth(orders.what, (121,), orders.grow),
        Growth(tenants.what, (2,), tenants.grow),
    ]
    told: list[str] = []
    section = growth.measure(told.append, rounds=1, seconds=0.05, growths=small)
    assert told == ["0 fault rules", "2 fault rules", "121 orders", "2 tenants"]
    assert list(section.facts) == told
    for facts in section.facts.values():
        assert list(facts) == ["list 20 orders", "put 10 stock lines"]
        assert all(one["perSecond"] > 0 for one in facts.values())
