"""What PostgreSQL keeps, and what a worker does when it has missed something or cannot reach it."""

import asyncio

import psycopg
import pytest

from sandbox_server.domain.errors import Interrupted, Unavailable
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.postgres import asking, tidying
from sandbox_server.persistence.postgres.connection import Database, DatabaseError, Unreachable
from sandbox_server.persistence.postgres.schema import prepare
from tests.domain.builders import NOW, an_order
from tests.persistence.adapters import CURRENCY, SEED, keep
from tests.persistence.readers import NAME, Reader, kill, lose, return_of

EXAMPLE = "postgresql://user:password@127.0.0.1:5432/sandbox"


def fold(worker: Reader, url: str) -> None:
    """Give the world a new base, and drop everything that it holds, however young."""
    with worker.replica.turn(NAME):
        job = tidying.Fold(NAME, worker.world.fork(), worker.replica.applied, 1)
    with psycopg.connect(url, autocommit=True) as connection:
        tidying.fold(connection, job)
        connection.execute("UPDATE sandbox.log SET at = at - interval '1 hour'")
        tidying.drop_changes(connection, NAME, ())
        tidying.drop_news(connection)


def test_a_world_that_was_given_a_new_base_is_read_as_it_stood(pair: tuple[Reader, Reader], url: str) -> None:
    one, other = pair
    for number in range(3):
        keep(one.world, an_order(order_id=f"ord_{number}"))
    fold(one, url)
    keep(one.world, an_order(order_id="ord_3"))
    other.begin_anew()
    assert other.orders() == one.orders() == ["ord_0", "ord_1", "ord_2", "ord_3"]
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM sandbox.log").fetchone() == (2,)


def test_a_worker_that_has_missed_what_is_dropped_reads_everything_again(pair: tuple[Reader, Reader], url: str) -> None:
    one, other = pair
    for number in range(3):
        keep(one.world, an_order(order_id=f"ord_{number}"))
    fold(one, url)
    with pytest.raises(Unavailable, match="reads everything again"):
        other.orders()
    assert other.orders() == ["ord_0", "ord_1", "ord_2"]
    assert (one.readings, other.readings) == (0, 1)


def test_a_base_for_a_world_that_has_begun_anew_meanwhile_is_of_no_use(pair: tuple[Reader, Reader], url: str) -> None:
    one, other = pair
    keep(one.world, an_order(order_id="ord_old"))
    with one.replica.turn(NAME):
        job = tidying.Fold(NAME, one.world.fork(), one.replica.applied, 1)
    one.vault.begin(NAME, one.vault.keep(MemoryPersistence(SEED, CURRENCY)))
    with psycopg.connect(url, autocommit=True) as connection:
        tidying.fold(connection, job)
    other.begin_anew()
    assert other.orders() == []


def test_a_worker_that_knows_more_than_the_database_reads_everything_again(
    pair: tuple[Reader, Reader], url: str
) -> None:
    """As it is after a crash of the server, which may forget what nobody was told of."""
    one, _ = pair
    keep(one.world, an_order(order_id="ord_kept"))
    keep(one.world, an_order(order_id="ord_lost"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM sandbox.log WHERE number = (SELECT number FROM sandbox.head)")
        connection.execute("UPDATE sandbox.head SET number = number - 1")
    lose(one, url)
    assert one.orders() == ["ord_kept"]
    assert one.readings == 1


def test_a_worker_whose_connection_is_lost_goes_on_where_it_was(pair: tuple[Reader, Reader], url: str) -> None:
    one, other = pair
    keep(one.world, an_order(order_id="ord_1"))
    lose(one, url)
    keep(other.world, an_order(order_id="ord_2"))
    assert one.orders() == ["ord_1", "ord_2"]
    assert one.readings == 0


def test_what_cannot_be_told_is_not_done(pair: tuple[Reader, Reader], url: str) -> None:
    one, other = pair

    def write() -> None:
        with one.world.begin("req_1", NOW) as tx:
            tx.orders.put(an_order(order_id="ord_1"))
            kill(one, url)

    with pytest.raises(Unavailable):
        write()
    return_of(one)
    assert one.orders() == other.orders() == []


def test_a_commit_that_waits_too_long_is_undone_and_may_be_made_anew(pair: tuple[Reader, Reader], url: str) -> None:
    one, other = pair
    with one.database.use() as connection:
        connection.execute("SET lock_timeout = '50ms'")
    with psycopg.connect(url) as hanging:
        hanging.execute("UPDATE sandbox.head SET number = number")
        with pytest.raises(Interrupted, match="lock timeout"):
            keep(one.world, an_order(order_id="ord_1"))
    assert one.orders() == other.orders() == []
    keep(one.world, an_order(order_id="ord_1"))
    assert one.orders() == other.orders() == ["ord_1"]


def test_who_waits_too_long_for_a_turn_is_told_so(pair: tuple[Reader, Reader], url: str) -> None:
    one, other = pair
    with other.database.use() as connection:
        connection.execute("SET lock_timeout = '50ms'")
    with one.world.begin("req_1", NOW) as tx:
        tx.orders.put(an_order(order_id="ord_1"))
        with pytest.raises(Unavailable, match="lock timeout"):
            other.world.begin("req_2", NOW)
    assert one.orders() == other.orders() == ["ord_1"]


async def asked(worker: Reader, other: Reader) -> "asyncio.Task[None]":
    """Have a worker ask the other; return what waits for the answer."""
    for one in (worker, other):
        one.asking.answer(lambda: None)
    waiting = asyncio.create_task(worker.asking.all_have_told())
    await asyncio.sleep(0)
    other.replica.catch_up()
    return waiting


def test_who_asks_waits_until_the_other_has_told(pair: tuple[Reader, Reader]) -> None:
    one, other = pair
    done: list[str] = []

    async def ask() -> None:
        waiting = await asked(one, other)
        waiting.add_done_callback(lambda _: done.append("heard"))
        other.asking.answer(lambda: done.append("told"))
        await waiting

    asyncio.run(ask())
    assert done == ["told", "heard"]


def test_nobody_waits_for_a_worker_that_is_gone(pair: tuple[Reader, Reader]) -> None:
    async def ask() -> None:
        waiting = await asked(*pair)
        pair[1].database.close()
        await waiting

    asyncio.run(ask())


def test_a_worker_that_never_answers_is_waited_for_within_bounds(
    pair: tuple[Reader, Reader], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(asking, "_PATIENCE_NS", 1)

    async def ask() -> None:
        await (await asked(*pair))

    asyncio.run(ask())
    assert "workers that are there and do not answer: 1" in caplog.text


def test_a_newer_version_s_tables_are_left_alone(url: str) -> None:
    database = Database(url)
    database.open()
    with database.use() as connection:
        prepare(connection)
        connection.execute("UPDATE sandbox.form SET number = 1000")
        with pytest.raises(DatabaseError, match=r"form 1000; .* Install that version, or name another database\."):
            prepare(connection)
    database.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("not-secret", "wrong"), "password authentication failed for user .* Look at user and password"),
        (("sandbox_", "nowhere_"), r"database \"nowhere_\d+\" does not exist\. Make it first"),
        (("127.0.0.1:", "127.0.0.1:1"), "Is it running, and can it be reached"),
    ],
    ids=["wrong password", "no such database", "nobody there"],
)
def test_a_database_that_cannot_be_used_is_told_in_one_line(url: str, change: tuple[str, str], said: str) -> None:
    with pytest.raises(Unreachable, match=said) as caught:
        Database(url.replace(*change)).open()
    assert "\n" not in str(caught.value)
    assert "not-secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "host=localhost colour=blue"])
def test_what_is_no_url_of_a_database_is_told_with_an_example(url: str) -> None:
    with pytest.raises(DatabaseError, match=EXAMPLE):
        Database(url).open()
