"""By when a store hands a parcel over: its own zone, opening hours, cut-off and changes of clocks."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain.stores import (
    DAYS,
    Capability,
    ServiceLevel,
    Span,
    Store,
    StoreLoad,
    StoreStatus,
    can_serve,
    deliver_by,
    load_key,
    local_day,
    ship_by,
    with_changes,
)
from tests.domain.builders import LATER, NINE_TO_NINE, NOW, SHUT, a_store

STANDARD, EXPEDITED, SAME_DAY = ServiceLevel.STANDARD, ServiceLevel.EXPEDITED, ServiceLevel.SAME_DAY


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_order_before_the_cut_off_is_due_at_it() -> None:
    assert ship_by(a_store(), STANDARD, NOW) == utc("2026-11-27T21:00")


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        ("2026-11-27T20:59:59.999", "2026-11-27T21:00"),
        ("2026-11-27T21:00", "2026-11-28T21:00"),
        ("2026-11-27T23:00", "2026-11-28T21:00"),
        ("2026-11-28T04:59", "2026-11-28T21:00"),
    ],
)
def test_an_order_at_the_cut_off_or_after_it_counts_as_tomorrows(now: str, deadline: str) -> None:
    assert ship_by(a_store(), STANDARD, utc(now)) == utc(deadline)


def test_a_store_that_closes_before_its_cut_off_hands_over_by_closing_time() -> None:
    store = a_store(opening_hours=((Span(time(9), time(13)),),) * 7)
    assert ship_by(store, STANDARD, NOW) == utc("2026-11-27T18:00")


def test_a_cut_off_in_a_break_is_reached_when_the_break_begins() -> None:
    store = a_store(opening_hours=((Span(time(9), time(12)), Span(time(17), time(20))),) * 7)
    assert ship_by(store, STANDARD, NOW) == utc("2026-11-27T17:00")


def test_the_order_in_which_spans_are_told_does_not_matter() -> None:
    morning, evening = Span(time(9), time(12)), Span(time(14), time(20))
    there = a_store(opening_hours=((morning, evening),) * 7)
    back = a_store(opening_hours=((evening, morning),) * 7)
    assert ship_by(there, STANDARD, NOW) == ship_by(back, STANDARD, NOW) == utc("2026-11-27T21:00")


def test_days_on_which_a_store_is_closed_are_left_out() -> None:
    weekdays_only = a_store(opening_hours=(NINE_TO_NINE,) * 5 + (SHUT, SHUT))
    assert ship_by(weekdays_only, STANDARD, utc("2026-11-27T21:00")) == utc("2026-11-30T21:00")


def test_days_on_which_a_store_opens_after_its_cut_off_are_left_out() -> None:
    late_on_saturdays = a_store(opening_hours=(NINE_TO_NINE,) * 5 + ((Span(time(16), time(22)),), NINE_TO_NINE))
    assert ship_by(late_on_saturdays, STANDARD, utc("2026-11-27T21:00")) == utc("2026-11-29T21:00")


def test_a_store_open_one_day_a_week_ships_then_or_a_week_later() -> None:
    fridays_only = a_store(opening_hours=(SHUT,) * 4 + (NINE_TO_NINE, SHUT, SHUT))
    assert ship_by(fridays_only, STANDARD, NOW) == utc("2026-11-27T21:00")
    assert ship_by(fridays_only, STANDARD, utc("2026-11-27T21:00")) == utc("2026-12-04T21:00")


def test_a_store_that_never_opens_ships_never() -> None:
    assert ship_by(a_store(opening_hours=(SHUT,) * 7), STANDARD, NOW) is None


@pytest.mark.parametrize(
    ("now", "deadline"),
    [("2026-11-27T20:59", "2026-11-27T21:00"), ("2026-11-27T21:00", None), ("2026-11-28T05:00", "2026-11-28T21:00")],
)
def test_a_same_day_order_is_due_today_or_not_to_be_had(now: str, deadline: str | None) -> None:
    assert ship_by(a_store(), SAME_DAY, utc(now)) == (deadline and utc(deadline))


@pytest.mark.parametrize(
    ("zone", "cut_off", "now", "deadline"),
    [
        ("America/New_York", time(16), "2026-03-07T20:00", "2026-03-07T21:00"),  # the day before clocks go forward
        ("America/New_York", time(16), "2026-03-07T21:00", "2026-03-08T20:00"),  # the day itself, 23 hours long
        ("America/New_York", time(16), "2026-10-31T20:00", "2026-11-01T21:00"),  # clocks go back, 25 hours
        ("America/New_York", time(2, 30), "2026-03-08T05:00", "2026-03-08T07:30"),  # 02:30 is left out: 03:30
        ("America/New_York", time(1, 30), "2026-11-01T04:30", "2026-11-01T05:30"),  # 01:30 comes twice: the first
        ("Pacific/Auckland", time(16), "2026-09-26T04:00", "2026-09-27T03:00"),
        ("Pacific/Auckland", time(16), "2026-04-04T03:00", "2026-04-05T04:00"),
        ("Pacific/Auckland", time(16), "2026-11-27T15:00", "2026-11-28T03:00"),  # already Saturday there
        ("Asia/Shanghai", time(16), "2026-03-08T07:00", "2026-03-08T08:00"),
        ("Asia/Shanghai", time(16), "2026-11-01T08:00", "2026-11-02T08:00"),
        ("Asia/Kolkata", time(16), "2026-11-27T10:00", "2026-11-27T10:30"),
    ],
)
def test_the_cut_off_is_on_the_stores_own_clock(zone: str, cut_off: time, now: str, deadline: str) -> None:
    store = a_store(time_zone=zone, cut_off=cut_off, opening_hours=((Span(time(0), time(23)),),) * 7)
    assert ship_by(store, STANDARD, utc(now)) == utc(deadline)


CHANGES_OF_CLOCKS = {
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Pacific/Auckland": ["2026-09-26T14:00", "2026-04-04T14:00"],
    "Asia/Shanghai": ["2026-03-08T07:00"],  # none; any moment will do
}

minutes = st.integers(0, 24 * 60 - 1)
spans = st.lists(minutes, min_size=2, max_size=2, unique=True).map(
    lambda ends: Span(minute_of_day(min(ends)), minute_of_day(max(ends)))
)
weeks = st.lists(st.lists(spans, max_size=3).map(tuple), min_size=7, max_size=7).map(tuple)
zones_and_moments = st.sampled_from(sorted(CHANGES_OF_CLOCKS)).flatmap(
    lambda zone: st.tuples(
        st.just(zone),
        st.builds(
            lambda change, minute: utc(change) + timedelta(minutes=minute),
            st.sampled_from(CHANGES_OF_CLOCKS[zone]),
            st.integers(-3 * 24 * 60, 3 * 24 * 60),
        ),
    )
)


def minute_of_day(minute: int) -> time:
    return time(minute // 60, minute % 60)


def last_open_minute(store: Store, day: date) -> datetime | None:
    """The last moment of a day, up to the cut-off, until which the store is open; found by trying each."""
    for minute in range(24 * 60 - 1, -1, -1):
        at = minute_of_day(minute)
        if at <= store.cut_off and any(span.opens < at <= span.closes for span in store.opening_hours[day.weekday()]):
            return datetime.combine(day, at, ZoneInfo(store.time_zone)).astimezone(UTC)
    return None


@given(zones_and_moments, weeks, minutes, st.sampled_from(ServiceLevel))
def test_ship_by_is_the_first_last_open_minute_ahead(
    place: tuple[str, datetime], hours: tuple[tuple[Span, ...], ...], cut_off: int, level: ServiceLevel
) -> None:
    zone, now = place
    store = a_store(time_zone=zone, opening_hours=hours, cut_off=minute_of_day(cut_off))
    today = now.astimezone(ZoneInfo(zone)).date()
    ahead = range(1) if level is SAME_DAY else range(9)
    ends = [last_open_minute(store, today + timedelta(days=days)) for days in ahead]
    assert ship_by(store, level, now) == next((end for end in ends if end is not None and end > now), None)


@given(zones_and_moments, weeks, minutes)
def test_ship_by_lies_ahead_on_an_open_day(
    place: tuple[str, datetime], hours: tuple[tuple[Span, ...], ...], cut_off: int
) -> None:
    zone, now = place
    store = a_store(time_zone=zone, opening_hours=hours, cut_off=minute_of_day(cut_off))
    deadline = ship_by(store, STANDARD, now)
    if deadline is None:
        assert all(span.opens >= store.cut_off for spans in hours for span in spans)
        return
    local = deadline.astimezone(ZoneInfo(zone))
    assert deadline > now
    assert deadline.tzinfo is UTC
    assert hours[local.weekday()]


@pytest.mark.parametrize(
    ("level", "promise"),
    [
        (STANDARD, "2026-12-02T21:00"),
        (EXPEDITED, "2026-11-29T21:00"),
        (SAME_DAY, "2026-11-28T03:00"),  # 22:00 in New York
    ],
)
def test_the_promise_to_the_buyer_follows_from_the_service_level(level: ServiceLevel, promise: str) -> None:
    assert deliver_by(a_store(), level, utc("2026-11-27T21:00")) == utc(promise)


def test_a_parcel_is_never_promised_before_it_is_handed_over() -> None:
    night_shop = a_store(cut_off=time(23), opening_hours=((Span(time(9), time(23, 30)),),) * 7)
    deadline = ship_by(night_shop, SAME_DAY, NOW)
    assert deadline == utc("2026-11-28T04:00")
    assert deliver_by(night_shop, SAME_DAY, deadline) == deadline


@pytest.mark.parametrize(
    ("changes", "level", "serves"),
    [
        ({}, STANDARD, True),
        ({}, SAME_DAY, True),
        ({"status": StoreStatus.PAUSED}, STANDARD, False),
        ({"status": StoreStatus.CLOSED}, STANDARD, False),
        ({"capabilities": (Capability.SAME_DAY, Capability.RETURNS_DROP_OFF)}, STANDARD, False),
        ({"capabilities": (Capability.SHIP_FROM_STORE,)}, STANDARD, True),
        ({"capabilities": (Capability.SHIP_FROM_STORE,)}, EXPEDITED, True),
        ({"capabilities": (Capability.SHIP_FROM_STORE,)}, SAME_DAY, False),
        ({"opening_hours": (SHUT,) * 7}, STANDARD, False),
        ({"cut_off": time(10)}, STANDARD, True),
        ({"cut_off": time(10)}, SAME_DAY, False),  # it is 10:00 there
    ],
)
def test_a_store_serves_what_it_is_open_and_equipped_for(
    changes: dict[str, Any], level: ServiceLevel, serves: bool
) -> None:
    assert can_serve(a_store(**changes), level, NOW) is serves


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", date(2026, 11, 27)),
        ("Pacific/Auckland", date(2026, 11, 28)),
        ("America/Los_Angeles", date(2026, 11, 26)),
    ],
)
def test_a_stores_day_is_its_own(zone: str, day: date) -> None:
    now = utc("2026-11-27T11:00") if zone != "America/Los_Angeles" else utc("2026-11-27T07:59")
    assert local_day(a_store(time_zone=zone), now) == day


def test_a_stores_load_is_named_by_store_and_day() -> None:
    assert StoreLoad("S0001", date(2026, 11, 27), 3).key == "S0001/2026-11-27" == load_key("S0001", date(2026, 11, 27))


def test_a_changed_store_keeps_the_rest_and_has_a_higher_version() -> None:
    store = a_store(version=4)
    changed = with_changes(store, {"safety_stock": 3, "status": StoreStatus.PAUSED}, LATER)
    assert changed == a_store(safety_stock=3, status=StoreStatus.PAUSED, updated_at=LATER, version=5)


@pytest.mark.parametrize(("weekday", "name"), list(enumerate(DAYS)))
def test_days_are_named_as_the_calendar_counts_it(weekday: int, name: str) -> None:
    day = date(2026, 11, 23) + timedelta(days=weekday)
    assert (day.weekday(), f"{day:%A}".lower()) == (weekday, name)
