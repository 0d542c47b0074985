"""Workers that cannot be had are refused in one line that says why."""

import pytest
from click.testing import CliRunner, Result

from sandbox_server.cli import main

NOWHERE = "postgresql://sandbox:secret@127.0.0.1:1/sandbox"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["serve", "--port", "0", *words], prog_name="acorn-sandbox")


def test_workers_that_would_share_nothing_are_refused_with_the_reason() -> None:
    result = run("--workers", "2")
    assert result.exit_code == 1
    assert result.output == (
        "Error: --workers 2 needs --database: workers share what they keep, and a data directory or memory is one "
        "process's own. Name a PostgreSQL, or stay with --workers 1.\n"
    )


@pytest.mark.parametrize("flag", ["--ephemeral", "--fresh"])
def test_what_others_may_use_is_neither_forgotten_nor_deleted(flag: str) -> None:
    result = run("--database", NOWHERE, flag)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {flag} does not go with --database")


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    result = run("--database", NOWHERE)
    assert result.exit_code == 1
    assert result.output.startswith("Error: Cannot use the database 127.0.0.1:1/sandbox: ")
    assert "secret" not in result.output
    assert result.output.count("\n") == 1
