from pathlib import Path

import pytest

from load_tests.errors import CannotRun
from load_tests.profile import profile_names, read_profile
from load_tests.schedule import intended_starts
from load_tests.systems import CALLS, OPERATIONS, shares
from sandbox_server.domain.arrivals import CURVES
from sandbox_server.domain.arrivals import Profile as Arrivals
from sandbox_server.kernel.curves import Curve, Knot
from sandbox_server.resources import contract_path

GOOD = "about: a\nsource: b\nminutes: 1\nknots: [[0, 1], [1, 1]]\narrivals: STEADY\nsystems: {order_poller: 1}\n"
NAMES = ["flash", "peak_sale", "ramp", "returns_wave", "soak", "spike", "steady", "stock_storm"]


def test_there_are_eight() -> None:
    assert profile_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_is_and_why(name: str) -> None:
    profile = read_profile(name)
    assert profile.about.endswith(".")
    assert profile.source.endswith(".")
    assert profile.minutes >= 5


@pytest.mark.parametrize("arrivals", sorted(Arrivals))
def test_a_load_has_the_shape_in_which_the_sandbox_s_buyers_come(arrivals: Arrivals) -> None:
    ours, theirs = read_profile(arrivals.lower()).curve, CURVES[arrivals]
    parts = [number / 50 for number in range(51)]
    assert [ours.part_of_time(part) for part in parts] == pytest.approx([theirs.part_of_time(part) for part in parts])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("[1, 1]]", "[0.8, 1]]"), "begins at 0 and ends at 1"),
        (("[1, 1]]", "[1]]"), "array` of length 2, got 1"),
        (("[1, 1]]", "[.nan, 2], [1, 1]]"), "are to be finite"),
        (("order_poller: 1", "order_polar: 1"), "'order_polar' is no system"),
        (("order_poller: 1", "order_poller: 0"), ">= 1 - at"),
        (("order_poller: 1", "order_poller: 1.5"), "`int`, got `float`"),
        (("{order_poller: 1}", "7"), "got `int` - at `\\$.systems`"),
        (("{order_poller: 1}", "{}"), "length >= 1 - at `\\$.systems`"),
        (("minutes: 1", "minutes: 0"), "> 0.0 - at `\\$.minutes`"),
        (("minutes: 1", "minutes: .inf"), "<= 10080.0 - at `\\$.minutes`"),
        (("minutes: 1", "hours: 1"), "unknown field `hours`|missing required field `minutes`"),
        (("STEADY", "TEADY"), "Invalid enum value 'TEADY'"),
        (("arrivals: STEADY\n", ""), "missing required field `arrivals`"),
        ((GOOD, "just words"), "Expected `object`, got `str`"),
        ((GOOD, "{"), "is no YAML"),
    ],
)
def test_what_is_no_profile_is_refused_in_a_line(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(CannotRun, match=complaint) as refusal:
        read_profile(str(path))
    assert "\n" not in str(refusal.value)


def test_a_profile_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(CannotRun, match=r"no profile 'stedy'; there are flash, .*stock_storm"):
        read_profile("stedy")


def test_starts_follow_from_the_seed_and_the_user_alone() -> None:
    curve = Curve(Knot(0, 1), Knot(1, 1))
    first, again, other, later = (
        list(intended_starts(curve, 60, 2, seed, user)) for seed, user in ((1, "a"), (1, "a"), (1, "b"), (2, "a"))
    )
    assert first == again
    assert first != other
    assert first != later
    assert first == sorted(first)
    assert 0 <= first[0] < first[-1] <= 60


def test_the_pace_is_reached_where_the_curve_is_highest() -> None:
    ramp = Curve(Knot(0, 0), Knot(1, 1))
    starts = list(intended_starts(ramp, 1000, 10, 1, "a"))
    assert len(starts) == pytest.approx(5000, rel=0.05)
    assert len([start for start in starts if start > 900]) == pytest.approx(950, rel=0.1)


@pytest.mark.parametrize("users", [1, 3, 5, 6, 8, 12, 100])
def test_every_user_is_some_system(users: int) -> None:
    systems = read_profile("steady").systems
    counts = shares(systems, users)
    assert sum(counts.values()) == users
    assert users < len(systems) or set(counts) == set(systems)


def test_what_the_systems_call_is_in_the_contract() -> None:
    contract = contract_path("marketplace.yaml").read_text("utf-8")
    assert {operation for operation in OPERATIONS if f"operationId: {operation}\n" not in contract} == set()
    assert all(CALLS.values())
