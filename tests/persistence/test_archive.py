"""The thread that keeps journals outlives what goes wrong, and keeps what could not be kept at once."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from sandbox_server.persistence.sqlite.archive import JournalFile
from sandbox_server.services.archive import Mark
from sandbox_server.services.exchange import Exchange
from sandbox_server.services.journal import Journal
from tests.domain.builders import NOW


def a_call() -> Exchange:
    return Exchange("GET", b"/v1/orders", "req_1", NOW, 0, NOW, 0)


@pytest.fixture
def archives(tmp_path: Path) -> Iterator[JournalFile]:
    with closing(JournalFile(tmp_path)) as archives:
        yield archives


def a_journal(archives: JournalFile) -> Journal:
    return Journal("default", archive=archives.of("default"))


def wait(archives: JournalFile) -> None:
    """Wait until what was asked for before is done; what could not be is tried again with the next."""
    done = Event()
    while not done.wait(0.01):
        archives.do(lambda _: done.set)


def failing(error: Exception, times: int) -> Callable[[sqlite3.Connection], None]:
    """Return a job that fails some times."""
    failures = [error] * times

    def fail(_: sqlite3.Connection) -> None:
        if failures:
            raise failures.pop()

    return fail


def test_what_a_full_disk_refuses_is_kept_when_there_is_room_and_said_once(
    archives: JournalFile, caplog: pytest.LogCaptureFixture
) -> None:
    journal = a_journal(archives)
    archives.do(failing(sqlite3.OperationalError("database or disk is full"), 3))
    journal.append(a_call)
    journal.save(Mark(1, 1), at_stop=True)
    wait(archives)
    again = a_journal(archives)
    assert (again.last, again.mark) == (1, Mark(1, 1))
    assert len(caplog.messages) == 1


def test_a_job_that_breaks_is_told_of_and_does_not_end_the_thread(
    archives: JournalFile, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "sandbox.journal"):
        archives.do(failing(ZeroDivisionError(), 1))
        wait(archives)
    journal = a_journal(archives)
    journal.append(a_call)
    journal.save(Mark(1, 1))
    wait(archives)
    assert a_journal(archives).last == 1
    assert "calls were not kept" in caplog.text


def test_calls_that_were_let_go_while_they_are_read_are_no_longer_told_of(archives: JournalFile) -> None:
    journal = a_journal(archives)
    journal.append(a_call)
    journal.save(Mark(0, 0), at_stop=True)
    wait(archives)
    calls = a_journal(archives).as_it_stands()
    assert [len(part.entries) for part in calls.parts()] == [1, 0]
    journal.clear()
    wait(archives)
    assert [len(part.entries) for part in calls.parts()] == [0]


def test_tenants_have_journals_of_their_own_and_one_may_begin_anew(archives: JournalFile) -> None:
    first = a_journal(archives)
    second = Journal("other", archive=archives.of("other"))
    for journal in (first, second, second):
        journal.append(a_call)
        journal.save(Mark(0, 0), at_stop=True)
    first.clear()
    wait(archives)
    again = a_journal(archives)
    assert (again.last, again.mark) == (0, None)
    assert Journal("other", archive=archives.of("other")).last == 2
