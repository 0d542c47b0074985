"""A client is blamed for what it left undone only where it had the chance to do it, by its own rounds."""

from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any

import pytest

from sandbox_server.certification import presence
from sandbox_server.certification.check import Occasion, undone
from sandbox_server.certification.evidence import ROUNDS, Call, Evidence, rounds
from sandbox_server.certification.presence import Presence
from tests.certification.checks.seen import call, minute, seen


def polls(count: int, **members: Any) -> list[Call]:
    return [call("listOrders", at=number / 10, **members) for number in range(count)]


def in_haste(*calls: Call, ends: float = 10, **members: Any) -> Evidence:
    """Return the evidence of a scenario in which a virtual minute is a second."""
    return seen(*calls, ends=ends, scale=60, **members)


def test_a_client_has_had_its_chance_when_it_went_round_often_enough() -> None:
    assert in_haste(*polls(ROUNDS)).had_the_chance(minute(0))
    assert not in_haste(*polls(ROUNDS - 1)).had_the_chance(minute(0))
    assert not in_haste(*polls(ROUNDS)).had_the_chance(minute(0.05))
    assert not in_haste(*polls(ROUNDS)).had_the_chance(minute(0), minute(0.05))


def test_calls_that_went_wrong_are_no_rounds() -> None:
    assert not in_haste(*polls(ROUNDS, status=503)).had_the_chance(minute(0))


def test_a_minute_of_real_time_is_a_chance_for_everybody() -> None:
    assert in_haste(call("listOrders"), ends=60).had_the_chance(minute(0))
    assert not in_haste(call("listOrders"), ends=59).had_the_chance(minute(0))


@pytest.mark.parametrize(
    ("ended", "is_to_blame"), [("ENDED", True), ("CRASHED", True), ("STOPPED", False), ("HUNG", False)]
)
def test_a_client_that_has_ended_by_itself_would_not_have_done_any_more(ended: str, is_to_blame: bool) -> None:
    evidence = in_haste(call("listOrders"), client=({"ended": ended},))

    assert evidence.had_the_chance(minute(0)) is is_to_blame


def test_a_round_is_the_beginning_of_the_same_list_once_more() -> None:
    assert rounds([("listOrders", {"updatedAfter": "a"}), ("listOrders", {"updatedAfter": "b"})]) == 2
    assert rounds([("listOrders", {"status": "NEW"}), ("listOrders", {"status": "ACKNOWLEDGED"})]) == 1
    assert rounds([("listOrders", {}), ("listOrders", {"cursor": "a"}), ("getOrder", {}), ("getOrder", {})]) == 1
    assert rounds([(None, {}), (None, {})]) == 0


def test_what_was_left_undone_without_a_chance_is_doubtful() -> None:
    slow, quick = in_haste(*polls(1)), in_haste(*polls(ROUNDS))

    assert undone("It did not.", slow, minute(0), *slow.calls) == Occasion((1,), "It did not.", is_doubtful=True)
    assert not undone("It did not.", quick, minute(0)).is_doubtful


class Journal:
    """Calls, as the operator is told of them."""

    def __init__(self, *calls: Mapping[str, Any]) -> None:
        self.calls = calls
        self.asked: list[Mapping[str, Any]] = []

    def __call__(self, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        self.asked.append(query)
        return iter(self.calls)


def present(journal: Journal, worked: list[float] | None = None) -> Presence:
    """Return a client that is to call within 20 seconds, and whose program has worked so long at each look."""
    looks = iter(worked or [])
    return Presence(journal, "chain", lambda: next(looks, None), Event(), 20)


def test_rounds_are_counted_of_the_clients_own_calls() -> None:
    poll = {"clientId": "chain", "status": 200, "operationId": "listOrders", "path": "/v1/orders?updatedAfter=a"}
    later, next_page = {**poll, "path": "/v1/orders?updatedAfter=b"}, {**poll, "path": "/v1/orders?cursor=c"}
    journal = Journal(poll, later, {**poll, "clientId": "acorn-reader"}, {**poll, "status": 503}, next_page)

    assert present(journal).rounds(minute(0)) == 2
    assert journal.asked == [{"receivedAfter": minute(0).isoformat()}]


def looked_at(monkeypatch: pytest.MonkeyPatch, client: Presence, *seconds: float) -> list[tuple[bool, bool]]:
    """Return whether a client is silent, and still starting, so many seconds after it was started."""
    times = iter([0.0, *seconds])
    monkeypatch.setattr(presence, "monotonic_ns", lambda: int((1 + next(times)) * 1e9))
    client.begin()
    return [(client.is_silent(), client.is_starting) for _ in seconds]


def test_a_program_that_is_at_work_may_take_four_times_as_long_to_call(monkeypatch: pytest.MonkeyPatch) -> None:
    client = present(Journal(), [1.0, 2.0, 3.0, 40.0])

    looks = looked_at(monkeypatch, client, 10, 22, 26, 81)
    assert looks == [(False, False), (False, True), (False, True), (True, False)]


@pytest.mark.parametrize("worked", [[], [0.5, 0.5, 0.55]])
def test_one_that_rests_may_not(monkeypatch: pytest.MonkeyPatch, worked: list[float]) -> None:
    looks = looked_at(monkeypatch, present(Journal(), worked), 10, 19, 21)

    assert looks == [(False, False), (False, False), (True, False)]
