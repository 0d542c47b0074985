"""What is due next, in order of time and then of scheduling."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain.events import DueEvent, DueKind, due_key
from sandbox_server.services.happenings import schedule
from sandbox_server.services.ports import Persistence, Transaction
from tests.domain.builders import NOW
from tests.persistence.adapters import Adapter, after

END = NOW + timedelta(days=400)
A, B, C = (due_key(DueKind.SHIP_BY, subject) for subject in "abc")


def due(subject: str, milliseconds: int, sequence: int) -> DueEvent:
    return DueEvent(DueKind.SHIP_BY, subject, after(milliseconds), sequence)


def commit(world: Persistence, *steps: Callable[[Transaction], object]) -> None:
    with world.begin("req_1", NOW) as tx:
        for step in steps:
            step(tx)


def put(subject: str, milliseconds: int, sequence: int) -> Callable[[Transaction], object]:
    return lambda tx: tx.due.put(due(subject, milliseconds, sequence))


def remove(key: str) -> Callable[[Transaction], object]:
    return lambda tx: tx.due.remove(key)


def drain(tx: Transaction) -> list[str]:
    """Take off the timeline, one after the other, all that is due."""
    taken: list[str] = []
    while (event := tx.next_due(END)) is not None:
        taken.append(event.subject)
        tx.due.remove(event.key)
    return taken


def order(world: Persistence) -> list[str]:
    with world.read(NOW) as tx:
        return drain(tx)


def test_nothing_is_due_in_an_empty_world(world: Persistence) -> None:
    assert order(world) == []
    assert world.first_due() is None


def test_the_first_thing_due_is_the_earliest_and_of_one_instant_the_one_scheduled_first(world: Persistence) -> None:
    commit(world, put("late", 9, 1), put("second", 5, 3), put("first", 5, 2), put("early", 1, 4))
    assert order(world) == ["early", "first", "second", "late"]


def test_what_is_due_at_the_instant_itself_is_due_and_what_comes_after_it_is_not(world: Persistence) -> None:
    commit(world, put("a", 5, 1))
    with world.read(NOW) as tx:
        assert tx.next_due(after(4)) is None
        assert tx.next_due(after(5)) == due("a", 5, 1)
        assert tx.next_due(after(5)) == due("a", 5, 1)


def test_what_is_scheduled_anew_is_due_at_its_new_time_alone(world: Persistence) -> None:
    commit(world, put("a", 5, 1), put("b", 6, 2))
    commit(world, put("a", 7, 3))
    assert order(world) == ["b", "a"]
    commit(world, put("a", 1, 4))
    assert order(world) == ["a", "b"]


def test_a_time_that_was_given_up_is_forgotten_even_where_the_sequence_is_the_same(world: Persistence) -> None:
    commit(world, put("a", 5, 1))
    commit(world, put("a", 9, 1))
    with world.read(NOW) as tx:
        assert tx.next_due(after(8)) is None
        assert tx.next_due(after(9)) == due("a", 9, 1)


def test_what_is_called_off_is_never_due(world: Persistence) -> None:
    commit(world, put("a", 5, 1), put("b", 6, 2))
    commit(world, remove(A))
    assert order(world) == ["b"]
    commit(world, remove(B))
    assert order(world) == []


def test_what_was_called_off_may_be_scheduled_for_the_same_time_again(world: Persistence) -> None:
    commit(world, put("a", 5, 1))
    commit(world, remove(A))
    commit(world, put("a", 5, 2))
    assert order(world) == ["a"]


def test_a_transaction_sees_what_it_has_scheduled_among_what_was_before(world: Persistence) -> None:
    commit(world, put("a", 5, 1), put("c", 7, 2))
    with world.begin("req_1", NOW) as tx:
        tx.due.put(due("b", 6, 3))
        tx.due.put(due("c", 1, 4))
        assert drain(tx) == ["c", "a", "b"]
    assert order(world) == []


def test_a_transaction_that_calls_off_what_it_has_scheduled_leaves_nothing(world: Persistence) -> None:
    commit(world, put("a", 5, 1), put("b", 4, 2), remove(B), remove(A))
    assert order(world) == []


def test_what_an_undone_transaction_took_off_the_timeline_is_due_again(world: Persistence) -> None:
    commit(world, put("a", 5, 1), put("b", 6, 2))
    assert order(world) == ["a", "b"]
    assert order(world) == ["a", "b"]


def test_nothing_is_due_before_the_first_instant_that_is_told(world: Persistence) -> None:
    commit(world, put("a", 5, 1), put("b", 6, 2))
    assert world.first_due() == after(5)
    commit(world, remove(A))
    first = world.first_due()
    assert first is not None
    assert first <= after(6)


class Calendar:
    """A timeline kept by hand: for each subject when it is due, and when that was decided."""

    def __init__(self) -> None:
        self.plans: dict[str, tuple[int, int]] = {}
        self.decisions = 0

    def schedule(self, subject: str, milliseconds: int | None) -> None:
        if milliseconds is None:
            self.plans.pop(subject, None)
        elif self.plans.get(subject, (None,))[0] != milliseconds:
            self.decisions += 1
            self.plans[subject] = milliseconds, self.decisions

    def in_order(self) -> list[str]:
        return sorted(self.plans, key=self.plans.__getitem__)


plans = st.tuples(st.sampled_from("abcd"), st.none() | st.integers(0, 6))
requests = st.tuples(st.lists(plans, max_size=5), st.integers(-1, 3), st.booleans())


@given(st.lists(requests, max_size=8))
def test_a_timeline_is_that_of_a_calendar_kept_by_hand(
    adapter: Adapter, played: list[tuple[list[tuple[str, int | None]], int, bool]]
) -> None:
    world, calendar = adapter(), Calendar()
    for plans, until, undone in played:
        before = calendar.plans.copy()
        with (world.read if undone else lambda now: world.begin("req_1", now))(NOW) as tx:
            for subject, milliseconds in plans:
                schedule(tx, DueKind.SHIP_BY, subject, after(milliseconds) if milliseconds is not None else None)
                calendar.schedule(subject, milliseconds)
            while (event := tx.next_due(after(until))) is not None:
                assert event.subject == calendar.in_order()[0]
                tx.due.remove(event.key)
                del calendar.plans[event.subject]
        if undone:
            calendar.plans = before
    assert order(world) == calendar.in_order()
