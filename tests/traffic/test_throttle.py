"""Token buckets: no call too many, none too few, whatever the numbers and the order of calls."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from math import ceil, floor

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.traffic.throttle import Level, Limit, Meter, Profile, Throttle, felt_seconds, limit_of, tariffs

NOW = 1_795_791_600_000
"""Milliseconds since 1970, as a tenant's clock tells them."""
ONE_A_SECOND = limit_of(60, 2)
PUBLISHED = {"listOrders": limit_of(60, 20), "getStore": limit_of(30, 19), "getHealth": limit_of(600, 1)}
TARIFFS = tariffs(PUBLISHED, {"listOrders": limit_of(1.002, 20)})

limits = st.builds(Limit, st.integers(1, 10**12) | st.sampled_from([10**6, 60 * 10**6, 7_000_003]), st.integers(1, 50))
gaps = st.lists(st.just(0) | st.integers(0, 3_000) | st.integers(0, 10**8), max_size=80)


def instants(waits: list[int]) -> Iterator[int]:
    return accumulate(waits, initial=NOW)


class Model:
    """A bucket as one would explain it: so many calls are in it, and some more flow in as time passes."""

    def __init__(self, limit: Limit) -> None:
        self.per_ms = Fraction(limit.rate, 60_000_000_000)
        self.burst = limit.burst
        self.calls = Fraction(limit.burst)
        self.at = NOW

    def take(self, now: int) -> tuple[bool, Level]:
        self.calls = min(Fraction(self.burst), self.calls + self.per_ms * (now - self.at))
        self.at = now
        admitted = self.calls >= 1
        self.calls -= admitted
        wait = max(Fraction(0), 1 - self.calls) / self.per_ms
        return admitted, Level(floor(self.calls), ceil(wait), ceil((self.burst - self.calls) / self.per_ms))


@given(limits, gaps)
def test_a_bucket_does_what_the_plainest_model_does(limit: Limit, waits: list[int]) -> None:
    meter, model = Meter(limit), Model(limit)
    for now in instants(waits):
        assert meter.take("me", now) == model.take(now)


@given(limits, gaps)
def test_no_window_admits_more_than_the_burst_and_what_flows_in_meanwhile(limit: Limit, waits: list[int]) -> None:
    meter = Meter(limit)
    admitted = [now for now in instants(waits) if meter.take("me", now)[0]]
    for first, since in enumerate(admitted):
        for last, until in enumerate(admitted[first:], first):
            assert last - first + 1 <= limit.burst + Fraction(limit.rate * (until - since), 60_000_000_000)


@given(limits, gaps)
def test_whoever_waits_as_told_is_let_in_and_a_millisecond_earlier_is_not(limit: Limit, waits: list[int]) -> None:
    meter = Meter(limit)
    for now in instants(waits):
        admitted, level = meter.take("me", now)
        if not admitted:
            assert level.remaining == 0
            assert meter.look("me", now + level.next_ms - 1).remaining == 0
            assert meter.look("me", now + level.next_ms).remaining == 1


@given(limits, gaps)
def test_a_bucket_is_full_when_it_says_and_no_sooner(limit: Limit, waits: list[int]) -> None:
    meter = Meter(limit)
    for now in instants(waits):
        _, level = meter.take("me", now)
        assert meter.look("me", now + level.full_ms) == Level(limit.burst, 0, 0)
        assert meter.look("me", now + level.full_ms - 1).full_ms == 1


@given(limits, gaps, st.data())
def test_looking_changes_nothing(limit: Limit, waits: list[int], data: st.DataObject) -> None:
    watched, alone = Meter(limit), Meter(limit)
    for now in instants(waits):
        for later in data.draw(st.lists(st.integers(0, 10**7), max_size=3)):
            watched.look("me", now + later)
            watched.look("another", now + later)
        assert watched.take("me", now) == alone.take("me", now)
    assert watched.keep() == alone.keep()


@given(limits, gaps, gaps)
def test_what_was_kept_goes_on_as_if_nothing_had_been(limit: Limit, before: list[int], after: list[int]) -> None:
    meter, again = Meter(limit), Meter(limit)
    *_, now = instants(before)
    for at in instants(before):
        meter.take("me", at)
    again.go_back_to(meter.keep())
    for wait in accumulate(after):
        assert again.take("me", now + wait) == meter.take("me", now + wait)


def test_callers_have_buckets_of_their_own() -> None:
    meter = Meter(ONE_A_SECOND)
    assert [meter.take("one", NOW)[0] for _ in range(3)] == [True, True, False]
    assert meter.take("other", NOW) == (True, Level(1, 0, 1000))


def test_a_refused_call_spends_nothing() -> None:
    meter = Meter(ONE_A_SECOND)
    for _ in range(10):
        meter.take("me", NOW)
    assert meter.look("me", NOW) == Level(0, 1000, 2000)


def test_a_bucket_from_a_future_that_was_undone_is_no_emptier_than_empty() -> None:
    meter = Meter(ONE_A_SECOND)
    meter.take("me", NOW + 10**9)
    assert meter.look("me", NOW) == Level(0, 1000, 2000)
    assert meter.take("me", NOW) == (False, Level(0, 1000, 2000))


def test_buckets_that_are_full_again_are_forgotten() -> None:
    meter = Meter(ONE_A_SECOND)
    for number in range(10_000):
        meter.take(f"peer {number}", NOW + number * 1000)
    assert len(meter) <= 64


@pytest.mark.parametrize(("milliseconds", "kept"), [(999, 65), (1000, 1)])
def test_a_bucket_is_forgotten_when_it_is_full_and_not_before(milliseconds: int, kept: int) -> None:
    meter = Meter(ONE_A_SECOND)
    for number in range(64):
        meter.take(f"peer {number}", NOW)
    meter.take("another", NOW + milliseconds)
    assert len(meter) == kept


def test_buckets_that_are_not_full_are_all_kept() -> None:
    meter = Meter(Limit(1, 1))
    for number in range(1000):
        meter.take(f"peer {number}", NOW)
    assert len(meter) == 1000
    assert not any(meter.take(f"peer {number}", NOW)[0] for number in range(1000))


@pytest.mark.parametrize(
    ("per_minute", "rate", "told"),
    [(60, 60_000_000, 60), (0.5, 500_000, 0.5), (0.001, 1000, 0.001), (1 / 3, 333_333, 0.333333)],
)
def test_a_rate_counts_to_a_millionth_of_a_call(per_minute: float, rate: int, told: float) -> None:
    limit = limit_of(per_minute, 1)
    assert (limit.rate, limit.per_minute) == (rate, told)


@pytest.mark.parametrize(("pace", "seconds"), [(0.0, 1.5), (1.0, 1.5), (60.0, 0.025), (0.5, 3.0)])
def test_a_client_waits_by_its_own_watch(pace: float, seconds: float) -> None:
    assert felt_seconds(1500, pace) == seconds


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (Profile.OFF, {}),
        (Profile.DEFAULT, PUBLISHED),
        (Profile.STRICT, {"listOrders": limit_of(6, 2), "getStore": limit_of(3, 1), "getHealth": limit_of(60, 1)}),
        (
            Profile.PEAK,
            {"listOrders": limit_of(600, 200), "getStore": limit_of(300, 190), "getHealth": limit_of(6000, 10)},
        ),
        (Profile.AMAZON, {**PUBLISHED, "listOrders": limit_of(1.002, 20)}),
    ],
)
def test_a_profile_has_its_numbers(profile: Profile, expected: dict[str, Limit]) -> None:
    throttle = Throttle(TARIFFS, profile)
    assert {name: meter.limit for name, meter in throttle.meters.items()} == expected
    assert throttle.on == (profile is not Profile.OFF)


def test_a_limit_that_is_set_apart_counts_for_more_than_the_profile() -> None:
    throttle = Throttle(TARIFFS, Profile.STRICT)
    throttle.set(Profile.DEFAULT, {"getStore": Limit(7, 7)})
    found = {name: (limit, own) for name, limit, own, _ in throttle.standings("me", NOW)}
    assert found["getStore"] == (Limit(7, 7), True)
    assert found["listOrders"] == (PUBLISHED["listOrders"], False)
    assert list(found) == list(PUBLISHED)


def test_setting_a_throttle_fills_all_buckets() -> None:
    throttle = Throttle(TARIFFS, Profile.DEFAULT)
    throttle.meters["listOrders"].take("me", NOW)
    throttle.set(Profile.DEFAULT)
    assert [level.full_ms for *_, level in throttle.standings("me", NOW)] == [0, 0, 0]


def test_with_a_throttle_that_is_off_everything_is_left_of_what_the_contract_says() -> None:
    standings = list(Throttle(TARIFFS, Profile.OFF).standings("me", NOW))
    assert {name: limit for name, limit, _, _ in standings} == PUBLISHED
    assert [level for *_, level in standings] == [Level(20, 0, 0), Level(19, 0, 0), Level(1, 0, 0)]


def spent() -> Throttle:
    """Return a throttle of which something was spent."""
    throttle = Throttle(TARIFFS, Profile.STRICT)
    throttle.set(Profile.PEAK, {"getStore": ONE_A_SECOND})
    for who, operation_id in (("b", "getStore"), ("a", "getStore"), ("a", "listOrders"), ("a", "getStore")):
        throttle.meters[operation_id].take(who, NOW + 7)
    return throttle


def test_a_throttle_becomes_what_was_kept() -> None:
    throttle, other = spent(), Throttle(TARIFFS, Profile.OFF)
    other.go_back_to(throttle.keep())
    assert (other.profile, other.on, other.own) == (Profile.PEAK, True, {"getStore": ONE_A_SECOND})
    for who in ("a", "b", "c"):
        assert list(other.standings(who, NOW + 20)) == list(throttle.standings(who, NOW + 20))
    assert other.keep() == throttle.keep()


def test_going_back_to_nothing_fills_the_buckets_and_leaves_the_profile() -> None:
    throttle = spent()
    throttle.go_back_to(b"")
    assert (throttle.profile, throttle.own) == (Profile.PEAK, {"getStore": ONE_A_SECOND})
    assert [level.full_ms for *_, level in throttle.standings("a", NOW)] == [0, 0, 0]


def test_buckets_of_another_versions_limits_are_full() -> None:
    slower = Throttle(tariffs({"listOrders": limit_of(6, 2)}, {}), Profile.DEFAULT)
    slower.go_back_to(spent().keep())
    assert slower.own == {}
    assert [level for *_, level in slower.standings("a", NOW)] == [Level(20, 0, 0)]


@pytest.mark.parametrize(
    "kept",
    [
        b"x",
        b"\xc1",
        msgspec.msgpack.encode(["default", {}]),
        msgspec.msgpack.encode(["fast", {}, {}]),
        msgspec.msgpack.encode(["default", {"getStore": [0, 1]}, {}]),
        msgspec.msgpack.encode(["default", {"getStore": [1, 0]}, {}]),
        msgspec.msgpack.encode(["default", {}, {"getStore": [[1, 1], {"a": "b"}]}]),
    ],
)
def test_what_no_throttle_kept_is_refused_and_changes_nothing(kept: bytes) -> None:
    throttle = spent()
    before = throttle.keep()
    with pytest.raises(msgspec.DecodeError):
        throttle.go_back_to(kept)
    assert throttle.keep() == before
