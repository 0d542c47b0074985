"""Which call goes wrong: rules, what they count, and what they draw."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.traffic.faults import BY_HEADER, Chosen, Facts, FaultRules, Match, Rule
from sandbox_server.traffic.faults.rules import fires, fits

SEED = 2024
CALL = Facts("listOrders", "acorn-sandbox", {b"x-canary": b"true"}, frozenset({"S0001", "S0002"}))


class Watch:
    """Real time, as a test wants it."""

    def __init__(self) -> None:
        self.ms = 1_000.0

    def __call__(self) -> float:
        return self.ms


def rule(rule_id: str = "it", **members: Any) -> Rule:
    return Rule(id=rule_id, effect={"lostResponse": True}, **members)


def rules(*some: Rule, watch: Watch | None = None) -> FaultRules:
    made = FaultRules(SEED, watch or Watch())
    for one in some:
        made.add(one)
    return made


def played(made: FaultRules, calls: int, call: Facts = CALL) -> list[bool]:
    """Whether a rule plays in each of some calls."""
    return [made.choose(call) is not None for _ in range(calls)]


def counts(made: FaultRules) -> list[tuple[str, int, int]]:
    return [(standing.rule.id, standing.matched, standing.played) for standing in made]


@pytest.mark.parametrize(
    "match",
    [
        Match(),
        Match(operation="listOrders"),
        Match(store="S0002"),
        Match(credential="acorn-sandbox"),
        Match(headers={"X-Canary": "true"}),
        Match("listOrders", "S0001", "acorn-sandbox", {"x-canary": "true"}),
    ],
)
def test_a_call_fits_when_all_parts_do(match: Match) -> None:
    assert fits(match, CALL)


@pytest.mark.parametrize(
    "match",
    [
        Match(operation="listStores"),
        Match(store="S0003"),
        Match(credential="acorn-reader"),
        Match(headers={"X-Canary": "false"}),
        Match(headers={"X-Other": "true"}),
        Match("listOrders", "S0001", "acorn-sandbox", {"x-canary": "false"}),
    ],
)
def test_a_call_that_one_part_does_not_fit_is_not_counted(match: Match) -> None:
    made = rules(rule(match=match))
    assert made.choose(CALL) is None
    assert counts(made) == [("it", 0, 0)]


def test_the_first_rule_that_matches_and_fires_plays_and_all_that_match_count() -> None:
    made = rules(rule("other", match=Match(operation="listStores")), rule("late", skip_first=1), rule("last"))
    chosen = [made.choose(CALL) for _ in range(3)]
    assert [one.rule.id for one in chosen if one is not None] == ["last", "late", "late"]
    assert [one.number for one in chosen if one is not None] == [1, 2, 3]
    assert counts(made) == [("other", 0, 0), ("late", 3, 2), ("last", 3, 1)]


def test_a_rule_that_is_off_is_not_asked() -> None:
    made = rules(rule(enabled=False))
    assert played(made, 3) == [False] * 3
    assert counts(made) == [("it", 0, 0)]


def test_a_rule_lets_its_first_calls_by_and_plays_so_often() -> None:
    assert played(rules(rule(skip_first=2, max_count=3)), 8) == [False, False, True, True, True, False, False, False]


def test_an_effect_that_has_nothing_to_play_on_does_not_match() -> None:
    made = rules(rule("a"), rule("b"))
    chosen = made.choose(CALL, lambda one: one.id == "b")
    assert chosen is not None
    assert chosen.rule.id == "b"
    assert counts(made) == [("a", 0, 0), ("b", 1, 1)]


def test_calls_in_which_no_rule_may_play_are_counted() -> None:
    made = rules(rule())
    made.count(CALL)
    assert counts(made) == [("it", 1, 0)]


def test_a_rule_begins_after_its_time_and_fires_for_its_time() -> None:
    watch = Watch()
    made = rules(rule(after_ms=100, duration_ms=50), watch=watch)
    seen = []
    for age in (0, 99, 100, 149, 150, 1_000):
        watch.ms = 1_000 + age
        seen.append(made.choose(CALL) is not None)
    assert seen == [False, False, True, True, False, False]
    assert counts(made) == [("it", 6, 2)]


def test_a_rule_is_taken_away_when_its_time_is_over() -> None:
    watch = Watch()
    made = rules(
        rule("brief", ttl_ms=100), rule("used", ttl_ms=100, match=Match(store="S0001")), rule("stays"), watch=watch
    )
    made.choose(CALL, lambda one: one.id == "used")
    watch.ms += 100
    assert counts(made) == [("stays", 0, 0)]
    assert "brief" not in made
    assert made.unused == ("brief", "stays")


def test_a_share_of_the_calls_goes_wrong() -> None:
    share = sum(played(rules(rule(probability=0.2)), 2_000)) / 2_000
    assert 0.17 < share < 0.23
    assert played(rules(rule(probability=0.0)), 50) == [False] * 50


def test_rules_with_one_seed_draw_alike_whatever_their_names() -> None:
    a, b = (played(rules(rule(name, probability=0.5, seed=7)), 64) for name in "ab")
    assert a == b


def test_rules_without_a_seed_draw_by_their_names_and_their_tenants_seed() -> None:
    a, b = (played(rules(rule(name, probability=0.5)), 64) for name in "ab")
    other = FaultRules(SEED + 1, Watch())
    other.add(rule("a", probability=0.5))
    assert a == played(rules(rule("a", probability=0.5)), 64)
    assert a != b
    assert a != played(other, 64)


def test_what_a_rule_draws_depends_on_the_call_and_the_purpose() -> None:
    first, second = (Chosen(rule(), number, SEED) for number in (1, 2))
    draws = [first.draw("a"), first.draw("b"), second.draw("a")]
    assert len(set(draws)) == 3
    assert draws[0] == Chosen(rule(), 1, SEED).draw("a")
    assert all(0 <= draw < 1 for draw in draws)


RULES = st.builds(
    rule,
    st.sampled_from("abcdefgh"),
    enabled=st.booleans(),
    match=st.builds(Match, operation=st.sampled_from([None, "listOrders", "listStores"])),
    probability=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    seed=st.none() | st.integers(0, 3),
    skip_first=st.integers(0, 3),
)
CALLS = st.lists(st.sampled_from(["listOrders", "listStores"]), max_size=40)


def draws_of(made: FaultRules, calls: Sequence[str], names: set[str]) -> list[set[str]]:
    """Which of some rules fire in each call, one of which plays."""
    fired = []
    for call in calls:
        made.choose(Facts(call))
        fired.append({one.rule.id for one in made if fires(one.rule, one.matched, 0, 0.0, SEED)} & names)
    return fired


@given(st.lists(RULES, max_size=6, unique_by=lambda one: one.id), RULES, st.integers(0, 6), CALLS)
def test_adding_a_rule_moves_no_draw_of_another(some: list[Rule], more: Rule, place: int, calls: list[str]) -> None:
    names = {one.id for one in some}
    if more.id in names:
        return
    before, after = rules(*some), rules()
    after.become([*some[:place], more, *some[place:]])
    assert draws_of(before, calls, names) == draws_of(after, calls, names)


@given(st.lists(RULES, max_size=6, unique_by=lambda one: one.id), CALLS)
def test_a_rule_counts_its_calls_whoever_plays_in_them(some: list[Rule], calls: list[str]) -> None:
    together = rules(*some)
    for call in calls:
        together.choose(Facts(call))
    for one in some:
        alone = rules(one)
        for call in calls:
            alone.choose(Facts(call))
        assert together.get(one.id).matched == alone.get(one.id).matched


@given(st.lists(RULES, max_size=6, unique_by=lambda one: one.id), CALLS)
def test_the_same_rules_and_calls_go_wrong_in_the_same_places(some: list[Rule], calls: list[str]) -> None:
    runs = []
    for _ in range(2):
        made = rules(*some)
        runs.append([made.choose(Facts(call)) for call in calls])
    assert runs[0] == runs[1]


def test_rules_stand_in_the_order_in_which_they_came() -> None:
    made = rules(rule("a"), rule("b"), rule("c"))
    assert [(standing.rule.id, standing.position) for standing in made] == [("a", 1), ("b", 2), ("c", 3)]
    assert made.get("b").position == 2
    assert bool(made)
    assert not rules()


def test_a_rule_of_a_name_that_is_taken_cannot_be_added() -> None:
    made = rules(rule("a"))
    with pytest.raises(ValueError, match="a"):
        made.add(rule("a", probability=0.5))
    assert made.get("a").rule.probability == 1.0


def test_a_rule_that_is_replaced_begins_anew_at_its_place() -> None:
    watch = Watch()
    made = rules(rule("a"), rule("b"), watch=watch)
    played(made, 3)
    watch.ms += 500
    made.replace(rule("a", after_ms=100))
    assert counts(made) == [("a", 0, 0), ("b", 3, 0)]
    assert played(made, 1) == [True]
    assert counts(made) == [("a", 1, 0), ("b", 4, 1)]


def test_a_rule_that_is_changed_goes_on_at_its_place_and_its_age() -> None:
    watch = Watch()
    made = rules(rule("a"), rule("b"), watch=watch)
    played(made, 3)
    watch.ms += 500
    made.change(rule("a", after_ms=100))
    assert played(made, 1) == [True]
    assert counts(made) == [("a", 4, 4), ("b", 4, 0)]


def test_a_rule_that_is_removed_leaves_the_others_as_they_are() -> None:
    made = rules(rule("a"), rule("b"))
    played(made, 2)
    made.remove("a")
    assert counts(made) == [("b", 2, 0)]


def test_rules_that_there_are_not_cannot_be_named() -> None:
    made = rules(rule("a"))
    for act in (lambda: made.get("b"), lambda: made.remove("b"), lambda: made.change(rule("b"))):
        with pytest.raises(KeyError):
            act()
    with pytest.raises(KeyError):
        made.replace(rule("b"))


def test_new_rules_for_all_forget_the_old_ones() -> None:
    watch = Watch()
    made = rules(rule("brief", ttl_ms=1), rule("a"), watch=watch)
    watch.ms += 1
    assert made.unused == ("brief", "a")
    made.become([rule("a"), rule("b")])
    assert counts(made) == [("a", 0, 0), ("b", 0, 0)]
    assert made.unused == ("a", "b")


def test_a_rule_that_has_played_is_used() -> None:
    made = rules(rule("a", max_count=1), rule("b"), rule("c"))
    played(made, 2)
    assert made.unused == ("c",)


def test_stores_are_asked_for_where_a_rule_wants_to_know_them() -> None:
    assert not rules(rule(match=Match(operation="listOrders"))).asks_for_stores("listOrders")
    assert rules(rule(match=Match(store="S0001"))).asks_for_stores("listOrders")
    made = rules(rule(match=Match("createShipment", "S0001")))
    assert made.asks_for_stores("createShipment")
    assert not made.asks_for_stores("listOrders")


def test_what_is_kept_comes_back_with_counters_ages_and_draws() -> None:
    watch = Watch()
    made = rules(
        rule("half", probability=0.5, match=Match("listOrders", headers={"X-Canary": "true"})),
        rule("late", after_ms=1_000, duration_ms=9.5, max_count=2, skip_first=1, seed=3),
        rule("brief", ttl_ms=10),
        watch=watch,
    )
    played(made, 5)
    made.grant({"lostResponse": True})
    watch.ms += 400
    kept, unused = made.keep(), made.unused
    later = Watch()
    later.ms = 77_000.0
    again = FaultRules(SEED, later)
    again.go_back_to(kept)
    assert list(again) == list(made)
    assert again.unused == unused
    for one, clock in ((made, watch), (again, later)):
        clock.ms += 600
        assert one.grant({}).number == 2
    assert played(again, 10) == played(made, 10)
    assert counts(again) == counts(made)


def test_a_tenant_that_begins_has_no_rules() -> None:
    made = rules(rule("a"))
    made.grant({"lostResponse": True})
    made.go_back_to(b"")
    assert list(made) == []
    assert made.unused == ()
    assert made.grant({"lostResponse": True}).number == 1


def test_a_call_that_asks_itself_has_a_rule_of_its_own() -> None:
    made = rules()
    first, second = made.grant({"token": "reject"}), made.grant({"token": "reject"})
    assert (first.rule.id, first.rule.effect_name, first.rule.given) == (BY_HEADER, "token", "reject")
    assert first.draw("a") != second.draw("a")
