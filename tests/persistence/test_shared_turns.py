"""Transactions of one worker that share a turn: told at once, or undone at once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from sandbox_server.persistence.postgres.group import MOST
from sandbox_server.persistence.postgres.replica import Replica
from tests.domain.builders import NOW, an_order
from tests.persistence.adapters import keep
from tests.persistence.readers import NAME, Reader, kill, lose, return_of


@pytest.fixture
def sharing(pair: tuple[Reader, Reader]) -> tuple[Reader, Reader, list[Callable[[], None]]]:
    """Return two workers, and what the first one wants to be done soon: its transactions share their turns."""
    one, other = pair
    wanted: list[Callable[[], None]] = []
    one.replica.settle_by(wanted.append)
    return one, other, wanted


Sharing = tuple[Reader, Reader, list[Callable[[], None]]]


def do(worker: Reader, *names: str) -> None:
    for name in names:
        keep(worker.world, an_order(order_id=name))


def test_what_is_ready_at_once_is_told_at_once(sharing: Sharing) -> None:
    one, other, wanted = sharing
    before = one.replica.appended
    do(one, "ord_1", "ord_2", "ord_3")
    assert other.orders() == []
    (settle,) = wanted
    settle()
    assert one.replica.appended == before + 1
    assert other.orders() == one.orders() == ["ord_1", "ord_2", "ord_3"]
    assert (one.readings, one.replica.undone) == (0, 0)


def test_others_have_their_turn_after_so_many(sharing: Sharing) -> None:
    one, other, _ = sharing
    do(one, *(f"ord_{number:02}" for number in range(MOST)))
    assert len(other.orders()) == MOST
    do(other, "ord_last")
    assert len(one.orders()) == MOST + 1


def test_a_transaction_that_changes_nothing_holds_no_turn(sharing: Sharing) -> None:
    one, other, wanted = sharing
    with one.world.begin("req_1", NOW):
        pass
    do(other, "ord_1")
    assert wanted == []
    assert one.orders() == ["ord_1"]


def test_whoever_asks_the_database_for_something_else_finds_all_of_it_told(sharing: Sharing) -> None:
    one, other, _ = sharing
    do(one, "ord_1")
    assert one.vault.answers.recall("key") is None
    assert other.orders() == ["ord_1"]
    do(one, "ord_2")
    with one.replica.turn(NAME):
        assert other.orders() == ["ord_1", "ord_2"]
    do(one, "ord_3")
    one.replica.take_turn("another")
    one.replica.end_turn()
    assert other.orders() == ["ord_1", "ord_2", "ord_3"]
    do(one, "ord_4")
    one.vault.close()
    assert other.orders() == ["ord_1", "ord_2", "ord_3", "ord_4"]


def test_what_is_asked_within_a_transaction_does_not_end_its_turn(sharing: Sharing) -> None:
    one, other, wanted = sharing
    do(one, "ord_1")
    with one.world.begin("req_2", NOW) as tx:
        assert one.vault.answers.recall("key") is None
        tx.orders.put(an_order(order_id="ord_2"))
    assert other.orders() == []
    wanted[0]()
    assert other.orders() == ["ord_1", "ord_2"]


def test_who_waits_goes_on_when_it_is_told(sharing: Sharing) -> None:
    one, other, _ = sharing

    async def wait() -> list[str]:
        one.replica.settle_by(asyncio.get_running_loop().call_soon)
        do(one, "ord_1", "ord_2")
        await one.replica.settled()
        return other.orders()

    assert asyncio.run(wait()) == ["ord_1", "ord_2"]
    asyncio.run(one.replica.settled())


def test_none_of_it_is_done_when_it_cannot_be_told(sharing: Sharing, url: str) -> None:
    one, other, wanted = sharing
    do(one, "ord_0")
    wanted[0]()
    do(one, "ord_1", "ord_2")
    kill(one, url)
    wanted[1]()
    return_of(one)
    assert one.orders() == other.orders() == ["ord_0"]
    assert (one.readings, one.replica.undone) == (1, 1)
    do(one, "ord_3")
    wanted[2]()
    assert one.orders() == other.orders() == ["ord_0", "ord_3"]


def test_a_connection_that_is_lost_takes_with_it_what_was_not_told(sharing: Sharing, url: str) -> None:
    one, other, wanted = sharing
    do(one, "ord_1")
    lose(one, url)
    do(other, "ord_2")
    assert one.orders() == ["ord_2"]
    wanted[0]()
    assert one.orders() == other.orders() == ["ord_2"]
    assert (one.readings, one.replica.undone) == (1, 1)


@contextmanager
def until_the_turn_is_taken_again(
    worker: Reader, url: str, monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]
) -> Iterator[None]:
    """Hold the log's head until a worker, who waits for it in vain, takes its turn again."""
    take = Replica._take
    with worker.database.use() as connection:
        connection.execute("SET lock_timeout = '50ms'")
    with psycopg.connect(url) as holder:

        def take_again(replica: Replica, tenant: str) -> None:
            monkeypatch.undo()
            holder.rollback()
            then()
            take(replica, tenant)

        holder.execute("UPDATE sandbox.head SET number = number")
        monkeypatch.setattr(Replica, "_take", take_again)
        yield


def test_what_others_were_in_the_way_of_is_told_again(
    sharing: Sharing, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, wanted = sharing
    one.replica.take_turn(NAME)
    with until_the_turn_is_taken_again(one, url, monkeypatch, lambda: None):
        do(one, "ord_1", "ord_2")
        wanted[0]()
    assert one.orders() == other.orders() == ["ord_1", "ord_2"]
    assert (one.readings, one.replica.undone) == (0, 0)


def test_it_is_undone_when_others_have_changed_the_same_meanwhile(
    sharing: Sharing, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, wanted = sharing
    one.replica.take_turn(NAME)
    with until_the_turn_is_taken_again(one, url, monkeypatch, lambda: do(other, "ord_2")):
        do(one, "ord_1")
        wanted[0]()
    assert one.orders() == other.orders() == ["ord_2"]
    assert (one.readings, one.replica.undone) == (1, 1)
