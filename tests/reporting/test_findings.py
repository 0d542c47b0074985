"""Findings, grouped; what coverage tells."""

from sandbox_server.reporting.findings import Coverage, grouped
from tests.reporting.samples import OF_THE_RUN, a_finding, a_report


def test_findings_of_one_cause_are_one_group_the_most_frequent_first() -> None:
    other = a_finding(3, "/total", check="schema.type")
    many = [a_finding(1, "/items/0/status"), a_finding(1, "/items/12/status"), a_finding(5, "/items/0/status")]
    first, second = grouped([other, *many])
    assert (first.place, first.numbers, first.first) == ("/items/*/status", (1, 5), many[0])
    assert (second.place, second.numbers) == ("/total", (3,))


def test_a_place_that_is_the_same_everywhere_keeps_its_number() -> None:
    (group,) = grouped([a_finding(1), a_finding(2)])
    assert group.place == "/items/0/status"


def test_what_another_value_is_expected_for_is_another_kind() -> None:
    assert len(grouped([a_finding(), a_finding(check="schema.type"), a_finding(operation="listOrders")])) == 3


def test_a_finding_of_the_run_has_no_call() -> None:
    (group,) = grouped([OF_THE_RUN])
    assert (group.numbers, group.first.curl) == ((), ())


def test_a_report_is_clean_when_nothing_was_found() -> None:
    assert a_report().is_clean
    assert not a_report(a_finding()).is_clean


def test_coverage_knows_what_was_never_seen() -> None:
    reached, untouched = a_report().coverage
    assert (reached.succeeded, reached.missing) == (True, ("400",))
    assert (untouched.succeeded, untouched.missing) == (False, ("200",))
    assert not Coverage(operation="x", seen={"404": 2}).succeeded


def test_a_status_may_be_documented_by_a_range() -> None:
    ranged = Coverage(operation="x", seen={"404": 1}, documented=("200", "4XX", "5XX"))
    assert ranged.missing == ("200", "5XX")
    assert [ranged.documents(status) for status in ("404", "422", "302")] == [True, True, False]
    assert Coverage(operation="x", documented=("default",)).documents("302")
