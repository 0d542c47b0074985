"""Operators' answers, wherever they are kept."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox_server.persistence.answers import Answers, AnswersInMemory, KeptAnswer
from sandbox_server.persistence.postgres.answers import SharedAnswers
from sandbox_server.persistence.postgres.connection import Database
from sandbox_server.persistence.postgres.schema import prepare
from sandbox_server.persistence.sqlite.answers import LastingAnswers
from sandbox_server.persistence.sqlite.vault import SqliteVault
from tests.postgresql import PostgreSQL

MOST = 2


def an_answer(number: int) -> KeptAnswer:
    return KeptAnswer(f"print {number}", 201, {"Location": "/x"}, b"{}")


@pytest.fixture(params=["in_memory", "in_sqlite", "in_postgresql"])
def answers(request: pytest.FixtureRequest) -> Answers:
    """Return answers of which two are kept."""
    chosen: Answers = request.getfixturevalue(f"answers_{request.param}")
    return chosen


@pytest.fixture
def answers_in_memory() -> Answers:
    return AnswersInMemory(MOST)


@pytest.fixture
def answers_in_sqlite(tmp_path: Path) -> Iterator[Answers]:
    with closing(SqliteVault(tmp_path)) as vault:
        yield LastingAnswers(vault._read, vault._write, MOST)


@pytest.fixture
def answers_in_postgresql(server: PostgreSQL) -> Iterator[Answers]:
    with closing(Database(server.new_database())) as database:
        database.open()
        with database.use() as connection:
            prepare(connection)
        yield SharedAnswers(database, MOST)


def test_an_answer_is_recalled_as_it_was_kept(answers: Answers) -> None:
    assert answers.recall("key") is None
    answers.keep("key", an_answer(1))
    assert answers.recall("key") == an_answer(1)


def test_the_oldest_are_forgotten(answers: Answers) -> None:
    for number in range(4):
        answers.keep(f"key {number}", an_answer(number))
    found = [answers.recall(f"key {number}") for number in range(4)]
    assert found == [None, None, an_answer(2), an_answer(3)]


def test_a_key_can_be_claimed_again_when_it_was_let_go(answers: Answers) -> None:
    for _ in range(2):
        with answers.claim("key") as is_ours:
            assert is_ours
