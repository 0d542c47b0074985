"""Virtual time: a clock that stands, a clock that runs, and instants in whole milliseconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.kernel import clock
from sandbox_server.kernel.clock import (
    ClockMode,
    FrozenClock,
    VirtualClock,
    from_milliseconds,
    monotonic_ns,
    to_milliseconds,
    whole_milliseconds,
)

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)

zones = st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30))])
offsets = st.timedeltas(timedelta(days=-50_000), timedelta(days=50_000))
instants = st.builds(lambda offset, zone: (NOON + offset).astimezone(zone), offsets, zones)


def test_a_frozen_clock_stands_still() -> None:
    frozen = FrozenClock(NOON)
    assert [frozen.now(), frozen.now()] == [NOON, NOON]


def test_a_frozen_clock_stands_where_it_was_moved_to() -> None:
    frozen = FrozenClock(NOON)
    frozen.move_to(NOON + timedelta(minutes=15, microseconds=1999))
    assert frozen.now() == NOON + timedelta(minutes=15, milliseconds=1)


def test_a_frozen_clock_may_be_moved_to_where_it_stands() -> None:
    frozen = FrozenClock(NOON + timedelta(microseconds=7))
    frozen.move_to(NOON)
    assert frozen.now() == NOON


def test_a_frozen_clock_does_not_go_back_and_keeps_its_time() -> None:
    frozen = FrozenClock(NOON)
    with pytest.raises(
        ValueError, match=r"stands at 2026-11-27T12:00:00\+00:00; it cannot go back to 2026-11-27T11:59:59"
    ):
        frozen.move_to(NOON - timedelta(milliseconds=1))
    assert frozen.now() == NOON


class Machine:
    """The machine's monotonic clock, as far as the kernel reads it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(clock, "time", machine)
    return machine


def test_a_virtual_clock_stands_still_unless_it_is_told_to_run(machine: Machine) -> None:
    standing = VirtualClock(NOON)
    machine.seconds += 60
    assert standing.now() == NOON
    assert (standing.mode, standing.scale) == (ClockMode.FROZEN, 0)


def test_a_real_clock_counts_real_time_from_its_start(machine: Machine) -> None:
    running = VirtualClock(NOON + timedelta(microseconds=400), ClockMode.REAL, scale=60)
    assert (running.now(), running.scale) == (NOON, 1)
    machine.seconds += 2.5009
    assert running.now() == NOON + timedelta(seconds=2, milliseconds=500)


def test_a_scaled_clock_counts_real_time_times_its_scale(machine: Machine) -> None:
    fast = VirtualClock(NOON, ClockMode.SCALED, scale=60)
    machine.seconds += 2.5
    assert (fast.now(), fast.scale) == (NOON + timedelta(minutes=2, seconds=30), 60)


def test_a_clock_goes_on_from_the_present_when_its_mode_changes(machine: Machine) -> None:
    changing = VirtualClock(NOON, ClockMode.SCALED, scale=60)
    machine.seconds += 1
    changing.run(ClockMode.FROZEN)
    machine.seconds += 1
    assert changing.now() == NOON + timedelta(minutes=1)
    changing.run(ClockMode.REAL)
    machine.seconds += 1
    assert changing.now() == NOON + timedelta(minutes=1, seconds=1)


@pytest.mark.parametrize("mode", ClockMode)
def test_a_clock_goes_on_in_its_mode_from_where_it_was_moved_to(machine: Machine, mode: ClockMode) -> None:
    moved = VirtualClock(NOON, mode, scale=2)
    machine.seconds += 5
    moved.move_to(NOON + timedelta(hours=1, microseconds=1))
    assert moved.now() == NOON + timedelta(hours=1)
    machine.seconds += 1
    assert moved.now() - NOON - timedelta(hours=1) == timedelta(seconds=moved.scale)


@pytest.mark.parametrize("mode", ClockMode)
def test_no_clock_goes_back_and_each_keeps_its_time(machine: Machine, mode: ClockMode) -> None:
    going = VirtualClock(NOON, mode, scale=2)
    machine.seconds += 5
    present = going.now()
    with pytest.raises(ValueError, match="it cannot go back to 2026-11-27T11:59:59"):
        going.move_to(NOON - timedelta(seconds=1))
    assert going.now() == present


@pytest.mark.parametrize("going", [VirtualClock(NOON), FrozenClock(NOON)])
def test_a_clock_begins_anew_where_its_world_does(going: VirtualClock | FrozenClock) -> None:
    going.begin_anew(NOON - timedelta(days=1, microseconds=-5))
    assert going.now() == NOON - timedelta(days=1)


def test_an_instant_is_cut_to_the_millisecond_and_told_in_utc() -> None:
    eastern = timezone(timedelta(hours=-5))
    cut = whole_milliseconds(datetime(2026, 11, 27, 7, 0, 0, 123_999, tzinfo=eastern))
    assert cut.isoformat() == "2026-11-27T12:00:00.123000+00:00"


@pytest.mark.parametrize(
    ("at", "milliseconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 1, 2000, tzinfo=UTC), 1002),
        (datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), -1),
        (NOON, 1_795_780_800_000),
    ],
)
def test_milliseconds_count_from_1970_and_back(at: datetime, milliseconds: int) -> None:
    assert to_milliseconds(at) == milliseconds
    assert from_milliseconds(milliseconds) == at


@given(instants)
def test_no_instant_moves_on_its_way_through_milliseconds_but_for_the_cut(at: datetime) -> None:
    cut = whole_milliseconds(at)
    assert from_milliseconds(to_milliseconds(cut)) == cut
    assert timedelta() <= at - cut < timedelta(milliseconds=1)
    assert cut.utcoffset() == timedelta()


def test_elapsed_time_is_never_negative() -> None:
    first = monotonic_ns()
    assert monotonic_ns() >= first


def test_the_machines_own_time_is_told_in_utc() -> None:
    assert clock.real_now().tzinfo is UTC
