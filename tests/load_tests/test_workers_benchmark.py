"""Workers are measured where there is a database for them."""

import pytest

from load_tests.benchmarks import workers


def test_where_no_database_is_named_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workers.VARIABLE, raising=False)
    (row,) = workers.measure().rows
    assert workers.VARIABLE in row[0]
