from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain.arrivals import CURVES, Arrivals, Profile, arrived, awaiting
from tests.domain.builders import NOW

HOUR = 3_600_000
profiles = pytest.mark.parametrize("profile", list(Profile))


def a_wave(profile: Profile = Profile.STEADY, per_minute: float = 30.0, seed: int = 7, lasts: int = HOUR) -> Arrivals:
    return awaiting(Arrivals(profile, per_minute, lasts, seed, NOW))


def parts(wave: Arrivals) -> list[float]:
    """When each of a wave's arrivals comes, as a part of the duration."""
    found = []
    while wave.next_at is not None:
        found.append((wave.next_at - wave.started_at) / wave.duration)
        wave = arrived(wave)
    return found


def share(times: list[float], start: float, stop: float) -> float:
    return sum(start <= at < stop for at in times) / len(times)


def test_arrivals_end_a_duration_after_they_began() -> None:
    assert a_wave().duration == timedelta(hours=1)
    assert a_wave().ends_at == NOW + timedelta(hours=1)


@profiles
def test_as_many_come_as_the_mean_rate_says_give_or_take_chance(profile: Profile) -> None:
    for seed in range(5):
        times = parts(a_wave(profile, per_minute=60, seed=seed))
        assert abs(len(times) - 3600) < 4 * 3600**0.5  # the deviation of a Poisson number is its root


@profiles
def test_all_come_in_order_and_within_the_duration(profile: Profile) -> None:
    times = parts(a_wave(profile))
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] <= 1


def test_waits_of_a_steady_rate_are_exponential() -> None:
    times = parts(a_wave(per_minute=120))
    waits = [(later - sooner) * 3600 for sooner, later in pairwise(times)]
    mean = sum(waits) / len(waits)
    variance = sum((wait - mean) ** 2 for wait in waits) / len(waits)
    assert mean == pytest.approx(0.5, rel=0.05)
    assert variance == pytest.approx(mean**2, rel=0.15)
    assert sum(wait > mean for wait in waits) / len(waits) == pytest.approx(0.368, abs=0.02)  # 1/e


def test_each_seed_has_arrivals_of_its_own_and_always_the_same() -> None:
    assert parts(a_wave(seed=1)) == parts(a_wave(seed=1))
    assert not set(parts(a_wave(seed=1))) & set(parts(a_wave(seed=2)))


def test_each_profile_has_its_shape() -> None:
    times = {profile: parts(a_wave(profile, per_minute=200)) for profile in Profile}
    assert share(times[Profile.STEADY], 0, 0.5) == pytest.approx(0.5, abs=0.02)
    assert share(times[Profile.RAMP], 0.5, 1) == pytest.approx(0.75, abs=0.02)
    assert share(times[Profile.SPIKE], 0.45, 0.55) == pytest.approx(1 / 1.9, abs=0.02)
    assert share(times[Profile.FLASH], 0, 0.1) == pytest.approx(0.9, abs=0.02)
    rush, day, evening = (share(times[Profile.PEAK_SALE], at, at + 0.1) for at in (0.03, 0.4, 0.75))
    assert rush > day < evening
    waves = [share(times[Profile.RETURNS_WAVE], at, at + 0.2) for at in (0, 0.2, 0.8)]
    assert waves[0] < waves[1] > waves[2]


@profiles
@given(part=st.floats(0, 1))
def test_the_whole_duration_belongs_to_all_arrivals_and_time_never_runs_back(profile: Profile, part: float) -> None:
    assert CURVES[profile].part_of_time(0) == 0
    assert 0 <= CURVES[profile].part_of_time(part / 2) <= CURVES[profile].part_of_time(part) <= 1
    assert CURVES[profile].part_of_time(1) == pytest.approx(1)
    assert CURVES[profile].part_of_time(1.001) == 1


@profiles
@given(part=st.floats(0.001, 0.999))
def test_rates_are_never_nothing_between_beginning_and_end(profile: Profile, part: float) -> None:
    assert CURVES[profile].part_of_time(part) < CURVES[profile].part_of_time(min(1.0, part + 0.001))


def test_so_low_a_rate_that_nobody_comes_is_over_at_once() -> None:
    nobody = a_wave(per_minute=0.001, lasts=1)
    assert nobody.next_at is None
    assert nobody.arrived == 0


def test_an_arrival_counts_and_the_next_is_awaited() -> None:
    first = a_wave()
    second = arrived(first)
    assert (first.arrived, second.arrived) == (0, 1)
    assert first.next_at is not None
    assert second.next_at is not None
    assert NOW < first.next_at < second.next_at


def test_instants_are_whole_milliseconds() -> None:
    first = a_wave()
    assert first.next_at is not None
    assert first.next_at.microsecond % 1000 == 0
