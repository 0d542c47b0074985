"""Who hears of what a commit changed."""

from datetime import UTC, datetime

import pytest

from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.tables import CREDENTIALS
from sandbox_server.services.changes import listen
from sandbox_server.services.codec import pack
from sandbox_server.services.ports import Replay
from sandbox_server.traffic.credentials import Credential

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
CLERK = Credential("clerk", "secret-digest", "key-digest", ("orders:read",))
BOSS = Credential("clerk", "secret-digest", "key-digest", ("orders:read", "orders:write"))


def test_whoever_listens_hears_of_an_insert_a_change_and_a_removal() -> None:
    world = MemoryPersistence(1, "USD")
    heard = listen("req_1")
    for credential in (CLERK, BOSS):
        with world.begin("req_1", NOW) as tx:
            tx.credentials.put(credential)
    with world.begin("req_1", NOW) as tx:
        tx.credentials.remove("clerk")
    table = CREDENTIALS.name
    assert heard == [
        (table, "clerk", None, pack(CLERK)),
        (table, "clerk", pack(CLERK), pack(BOSS)),
        (table, "clerk", pack(BOSS), None),
    ]


def test_what_is_owed_to_something_else_is_not_heard() -> None:
    world = MemoryPersistence(1, "USD")
    heard = listen("req_1")
    with world.begin("clock", NOW) as tx:
        tx.credentials.put(CLERK)
    assert heard == []


def test_what_stays_as_it_was_is_not_heard() -> None:
    world = MemoryPersistence(1, "USD")
    with world.begin("before", NOW) as tx:
        tx.credentials.put(CLERK)
    heard = listen("req_1")
    with world.begin("req_1", NOW) as tx:
        tx.credentials.put(CLERK)
    with world.begin("req_1", NOW) as tx:
        tx.credentials.put(BOSS)
        tx.credentials.put(CLERK)
    assert heard == []


def test_the_sandboxs_own_books_are_not_told_of() -> None:
    world = MemoryPersistence(1, "USD")
    heard = listen("req_1")
    with world.begin("req_1", NOW) as tx:
        tx.replays.put(Replay("clerk key", "print", 200, {}, b"{}", NOW))
    assert heard == []


def test_a_transaction_that_is_undone_tells_nothing() -> None:
    world = MemoryPersistence(1, "USD")
    heard = listen("req_1")

    def fail() -> None:
        with world.begin("req_1", NOW) as tx:
            tx.credentials.put(CLERK)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert heard == []
