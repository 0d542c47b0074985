"""The journal held against the world: who is owed a change, and which key had two effects."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox_server.domain.events import DueKind, Event, EventType
from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import StockReport
from sandbox_server.services import inventory, segments
from sandbox_server.services.idempotency import KEPT_FOR
from sandbox_server.services.journal import Journal
from sandbox_server.services.segments import Gone, Segment
from sandbox_server.services.stretch import Stretch
from sandbox_server.services.trail import ACTORS, Start, audit_trail, key_of, start_here
from sandbox_server.traffic.journal import Ending
from tests.auditing import at_once
from tests.domain.builders import NOW
from tests.services.test_journal import a_call, a_journal, append
from tests.services.world import NEAR, World

KEYED = {
    "method": "POST",
    "operation": "acknowledgeOrder",
    "request_headers": [(b"idempotency-key", b"one-key")],
    "changes": [("orders", "ord_1", None, None)],
}


@pytest.fixture
def world() -> World:
    return World()


def start_of(world: World, journal: Journal) -> Start:
    return world.see(lambda tx: start_here(tx, journal))


def found(world: World, journal: Journal, start: Start | None = None, under_way: Collection[str] = ()) -> list[Breach]:
    return world.see(
        lambda tx: at_once(audit_trail(tx, journal.as_it_stands(), start or start_of(world, journal), under_way))
    )


def keyed(**calls: Any) -> Journal:
    """A journal of two calls under one key, the second one changed."""
    journal = a_journal()
    append(journal, **KEYED)
    append(journal, **{**KEYED, **calls})
    return journal


def uses(world: World, journal: Journal) -> list[Breach]:
    return found(world, journal, Start(10**6, 10**6, 0))


def stir(world: World, cause: str, units: int = 99) -> int:
    """Change a level, owed to this; the number of the movement."""
    with world.tenant.begin(cause) as tx:
        level = tx.levels.get(f"{NEAR}/SKU-1")
        sequence = level.sequence + 1 if level else 1
        assert not any(inventory.report(tx, [StockReport(NEAR, "SKU-1", units, sequence, tx.now)]))
    return world.see(lambda tx: tx.ledger.count())


def test_nothing_is_wrong_where_nothing_has_happened(world: World) -> None:
    assert found(world, a_journal()) == []


def test_a_history_starts_with_what_there_is(world: World) -> None:
    journal = a_journal()
    append(journal)
    stir(world, "req_1")
    movements = world.see(lambda tx: tx.ledger.count())
    assert start_of(world, journal) == Start(movements, 0, 1)


def test_what_came_with_the_world_is_owed_to_nobody(world: World) -> None:
    stir(world, "nobody")
    assert found(world, a_journal()) == []


@pytest.mark.parametrize(
    "cause", [*(f"{actor}:set-up-1" for actor in sorted(ACTORS)), *(f"{kind}/ord_1" for kind in DueKind)]
)
def test_actors_and_the_clock_act_by_themselves(world: World, cause: str) -> None:
    journal = a_journal()
    start = start_of(world, journal)
    stir(world, cause)
    assert found(world, journal, start) == []


@pytest.mark.parametrize(
    "cause", ["req_9", *sorted(ACTORS), *DueKind, "robber:1", "", ":", "/", "ord_1/ship_by", "1:buyer"]
)
def test_nobody_else_does(world: World, cause: str) -> None:
    journal = a_journal()
    start = start_of(world, journal)
    number = stir(world, cause)
    detail = f"it is owed to {cause!r}, which the journal does not know"
    assert found(world, journal, start) == [Breach(8, f"movement {number}", detail)]


def test_a_call_is_known_once_it_is_in_the_journal_or_while_it_is_under_way(world: World) -> None:
    journal = a_journal()
    start = start_of(world, journal)
    stir(world, "req_1")
    assert [breach.invariant for breach in found(world, journal, start)] == [8]
    assert found(world, journal, start, {"req_1"}) == []
    append(journal)
    assert found(world, journal, start) == []


def test_a_call_before_the_start_is_no_excuse(world: World) -> None:
    journal = a_journal()
    append(journal)
    start = start_of(world, journal)
    stir(world, "req_1")
    assert len(found(world, journal, start)) == 1


def test_events_are_held_against_the_journal_as_movements_are(world: World) -> None:
    journal = a_journal()
    start = start_of(world, journal)
    with world.tenant.begin("req_1") as tx:
        for number, cause in enumerate(("ghost", "ship_by/ord_1", "req_1")):
            tx.events.put(Event(f"evt_{number}", EventType.ORDER_LATE, tx.now, "ord_1", cause))
    append(journal)
    assert [breach.subject for breach in found(world, journal, start)] == ["evt_0"]


def forgetful(world: World, since: datetime) -> tuple[Journal, Start]:
    """A journal that has let its first call go, which changed something while a slow one was under way."""
    journal = a_journal(limit=1)
    start = start_of(world, journal)
    stir(world, "req_1")
    append(journal)
    call = a_call(2, received_at=since - timedelta(seconds=10), sent_at=since)
    journal.append(lambda: call)
    return journal, start


def test_what_happened_until_the_oldest_call_was_answered_may_be_owed_to_one_that_was_let_go(world: World) -> None:
    assert found(world, *forgetful(world, world.tenant.now())) == []


def test_what_happened_later_may_not(world: World) -> None:
    journal, start = forgetful(world, world.tenant.now() - timedelta(seconds=1))
    assert len(found(world, journal, start)) == 1


class Emptied:
    """A shelf from which everything was let go."""

    def content(self, first: int) -> bytes:
        raise Gone(first)

    def words(self, first: int) -> str:
        raise Gone(first)


def let_go(calls: Stretch, place: int) -> Stretch:
    """The same after one of its segments was let go."""
    gone = Segment(calls.segments[place].first, calls.segments[place].anchor)
    gone.count = calls.segments[place].count
    gone.be_on(Emptied(), NOW, 1)
    gone.leave()
    return calls._replace(segments=[*calls.segments[:place], gone, *calls.segments[place + 1 :]])


@pytest.mark.parametrize(
    ("place", "later", "ghosts"),
    [(0, timedelta(0), 0), (0, timedelta(seconds=-1), 1), (1, timedelta(seconds=-1), 0)],
    ids=["before", "since", "all that follows"],
)
def test_what_was_done_may_be_owed_to_calls_that_are_let_go_while_they_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch, place: int, later: timedelta, ghosts: int
) -> None:
    monkeypatch.setattr(segments, "ENTRIES", 1)
    journal = a_journal()
    start = start_of(world, journal)
    for _ in range(2):
        append(journal, sent_at=world.tenant.now() + later)
    stir(world, "ghost")
    calls = journal.as_it_stands()
    assert len(named := world.see(lambda tx: at_once(audit_trail(tx, calls, start, ())))) == 1, named
    gone = let_go(calls, place)
    assert len(world.see(lambda tx: at_once(audit_trail(tx, gone, start, ())))) == ghosts


def test_a_flaw_of_the_chain_is_named(world: World) -> None:
    journal = a_journal()
    append(journal)
    append(journal)
    content = journal._segments()[-1]._content
    assert content is not None
    content.lines[1] = content.lines[1].replace(b"req_2", b"req_1")
    (breach,) = found(world, journal)
    assert (breach.invariant, breach.subject) == (8, "call 2")


def test_two_effects_of_one_key_are_named(world: World) -> None:
    assert uses(world, keyed()) == [Breach(5, "acorn-sandbox/one-key", "calls [1, 2] each had an effect")]


def test_three_effects_are_named_together(world: World) -> None:
    journal = keyed()
    append(journal, **KEYED)
    assert [breach.detail for breach in uses(world, journal)] == ["calls [1, 2, 3] each had an effect"]


@pytest.mark.parametrize(
    "second",
    [
        {"status": 409},
        {"status": 503},
        {"changes": ()},
        {"credential": None},
        {"credential": "acorn-reader"},
        {"request_headers": []},
        {"request_headers": [(b"idempotency-key", b"other-key")]},
        {"response_headers": [(b"idempotent-replayed", b"true")]},
    ],
)
def test_what_had_no_effect_of_this_clients_key_does_not_count(world: World, second: Any) -> None:
    assert uses(world, keyed(**second)) == []


def test_an_effect_whose_answer_was_lost_counts(world: World) -> None:
    assert len(uses(world, keyed(status=0, ending=Ending.UNANSWERED))) == 1


@pytest.mark.parametrize(("later", "breaches"), [(KEPT_FOR - timedelta(milliseconds=1), 1), (KEPT_FOR, 0)])
def test_a_key_is_good_for_another_effect_after_its_time(world: World, later: timedelta, breaches: int) -> None:
    at = a_call().received_at + later
    assert len(uses(world, keyed(received_at=at, sent_at=at))) == breaches


def test_a_key_is_told_with_its_client() -> None:
    journal = keyed(credential=None)
    assert [key_of(kept.entry) for kept in journal.entries()] == [("acorn-sandbox", "one-key"), None]
