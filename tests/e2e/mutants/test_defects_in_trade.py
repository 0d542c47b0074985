"""A check counts when the good client passes it, and a client with that one defect fails it and no other."""

import pytest

from tests.certification.gate import named_by
from tests.e2e.mutants.conftest import BrokenBy
from tests.e2e.mutants.halves import IN_TRADE


@pytest.mark.parametrize("defect", IN_TRADE)
def test_a_defect_fails_exactly_the_checks_that_name_it(defect: str, broken_by: BrokenBy) -> None:
    broken = broken_by(defect)

    assert sorted(broken) == [check.id for check in named_by(defect)], broken
