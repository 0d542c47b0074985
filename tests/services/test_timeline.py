"""What is due: scheduled once, moved, called off, and done in its turn at its own instant."""

from datetime import datetime, timedelta

import pytest

from sandbox_server.domain.events import DueEvent, DueKind, EventType
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import timeline
from sandbox_server.services.happenings import emit, schedule
from sandbox_server.services.ports import Transaction
from tests.domain.builders import NOW
from tests.services.world import SEED, World

HOUR = timedelta(hours=1)
Done = list[tuple[str, datetime, str]]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """What the clock has done, instead of what it does: the subject, the transaction's time, and its cause."""
    found: Done = []

    def note(tx: Transaction, subject: str) -> None:
        found.append((subject, tx.now, tx.cause))

    monkeypatch.setattr(timeline, "ACTIONS", dict.fromkeys(DueKind, note))
    return found


def plan(world: World, subject: str, due: datetime | None, kind: DueKind = DueKind.SHIP_BY) -> None:
    world.do(schedule, kind, subject, due)


def planned(world: World) -> list[DueEvent]:
    return world.see(lambda tx: list(tx.due.select()))


def test_every_kind_of_due_thing_has_something_that_is_done() -> None:
    assert set(timeline.ACTIONS) == set(DueKind)


def test_due_things_are_done_in_order_each_at_its_own_instant_and_for_its_own_cause(done: Done) -> None:
    world = World()
    plan(world, "b", NOW + 2 * HOUR)
    plan(world, "a", NOW + HOUR)
    plan(world, "c", NOW + 2 * HOUR)
    assert world.wait(hours=2) == 3
    assert done == [
        ("a", NOW + HOUR, "ship_by/a"),
        ("b", NOW + 2 * HOUR, "ship_by/b"),
        ("c", NOW + 2 * HOUR, "ship_by/c"),
    ]
    assert planned(world) == []


def test_nothing_is_done_before_its_time_or_twice(done: Done) -> None:
    world = World()
    plan(world, "a", NOW + HOUR)
    assert world.wait(minutes=59) == 0
    assert world.wait(minutes=1) == 1
    assert world.wait(hours=9) == 0
    assert len(done) == 1


def test_scheduling_again_moves_it_and_the_same_time_changes_nothing(done: Done) -> None:
    world = World()
    plan(world, "a", NOW + HOUR)
    before = world.everything()
    plan(world, "a", NOW + HOUR)
    assert world.everything() == before
    plan(world, "a", NOW + 3 * HOUR)
    assert world.wait(hours=2) == 0
    assert world.wait(hours=1) == 1
    assert [at for _, at, _ in done] == [NOW + 3 * HOUR]


def test_what_is_moved_to_an_instant_comes_after_what_was_there_before(done: Done) -> None:
    world = World()
    plan(world, "a", NOW + HOUR)
    plan(world, "b", NOW + 2 * HOUR)
    plan(world, "a", NOW + 2 * HOUR)
    world.wait(hours=2)
    assert [subject for subject, _, _ in done] == ["b", "a"]


def test_what_is_called_off_is_not_done(done: Done) -> None:
    world = World()
    plan(world, "a", NOW + HOUR)
    plan(world, "a", None)
    plan(world, "never", None)
    assert world.wait(hours=2) == 0
    assert done == []


def test_the_kinds_of_a_subject_are_scheduled_apart(done: Done) -> None:
    world = World()
    plan(world, "a", NOW + HOUR, DueKind.SHIP_BY)
    plan(world, "a", NOW + HOUR, DueKind.ACKNOWLEDGE_BY)
    assert world.wait(hours=1) == 2
    assert [cause for _, _, cause in done] == ["ship_by/a", "acknowledge_by/a"]


def test_an_instant_that_has_passed_counts_as_now(done: Done) -> None:
    world = World()
    plan(world, "a", NOW - HOUR)
    assert [event.due for event in planned(world)] == [NOW]
    assert world.tenant.keep_up() == 1
    assert done[0][1] == NOW


def test_events_have_the_time_and_the_cause_of_what_they_are_told_in() -> None:
    world = World()
    world.wait(minutes=5)
    world.do(emit, EventType.ORDER_LATE, "ord_1")
    (event,) = world.all_events()
    assert (event.type, event.subject, event.at, event.cause) == (
        EventType.ORDER_LATE,
        "ord_1",
        NOW + timedelta(minutes=5),
        "req_1",
    )


def test_events_and_schedulings_are_numbered_from_one() -> None:
    world = World()
    for number in (1, 2):
        world.do(emit, EventType.ORDER_LATE, "ord_1")
        plan(world, "a", NOW + number * HOUR)
    assert [event.event_id for event in world.all_events()] == [make_id(SEED, "evt", number) for number in (1, 2)]
    assert [event.sequence for event in planned(world)] == [2]


def test_nothing_due_leaves_a_transaction_as_it_is() -> None:
    world = World()

    def look(tx: Transaction) -> tuple[DueEvent | None, datetime, str]:
        return timeline.take_next(tx, NOW + HOUR), tx.now, tx.cause

    assert world.do(look) == (None, NOW, "req_1")
