"""A report's life: asked for about a time that is over, made, done or given up."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from sandbox_server.domain import reports
from sandbox_server.domain.errors import IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.domain.reports import (
    LONGEST,
    Report,
    ReportFailure,
    ReportFormat,
    ReportStatus,
    ReportType,
    Wanted,
)
from tests.domain.builders import LATER, NOW, faults_of

S = ReportStatus
TICK = timedelta(milliseconds=1)


def wanted(length: timedelta = timedelta(days=7), before: timedelta = timedelta(0)) -> Wanted:
    """Sales of so long a time, which ended so long ago."""
    ends = NOW - before
    return Wanted(ReportType.SALES_BY_CHANNEL, ReportFormat.CSV, ends - length, ends, ("S0001",))


def a_report(status: ReportStatus = S.IN_QUEUE) -> Report:
    report = reports.request("rpt_1", wanted(), NOW, "req_1")
    if status is not S.IN_QUEUE:
        report = reports.begin(report, LATER, "step")
    if status is S.DONE:
        return reports.finish(report, 3, 99, LATER, "step")
    return reports.fail(report, ReportFailure.TOO_LARGE, LATER, "step") if status is S.FATAL else report


def test_a_report_begins_in_the_queue() -> None:
    report = a_report()
    assert (report.status, report.version, report.created_at, report.updated_at) == (S.IN_QUEUE, 1, NOW, NOW)
    assert (report.rows, report.size, report.failure) == (None, None, None)
    assert report.history == (Change(NOW, None, "IN_QUEUE", "req_1"),)
    assert (report.ends - report.begins, report.store_ids) == (timedelta(days=7), ("S0001",))
    assert reports.done_at(report) == NOW + timedelta(seconds=90)


@pytest.mark.parametrize("length", [TICK, LONGEST])
def test_a_span_may_be_as_short_as_a_moment_and_as_long_as_92_days(length: timedelta) -> None:
    assert reports.request("rpt_1", wanted(length), NOW, "req_1").begins == NOW - length


@pytest.mark.parametrize(
    ("length", "before", "code"),
    [
        (timedelta(0), timedelta(0), "EMPTY_WINDOW"),
        (-TICK, timedelta(0), "EMPTY_WINDOW"),
        (LONGEST + TICK, timedelta(0), "WINDOW_TOO_LONG"),
        (timedelta(days=1), -TICK, "IN_FUTURE"),
    ],
)
def test_a_span_that_cannot_be_told_of_is_refused(length: timedelta, before: timedelta, code: str) -> None:
    with pytest.raises(Unprocessable) as refusal:
        reports.request("rpt_1", wanted(length, before), NOW, "req_1")
    assert faults_of(refusal.value) == [("/to", code)]


def test_a_report_is_made_and_done() -> None:
    report = a_report(S.DONE)
    assert (report.status, report.rows, report.size, report.failure) == (S.DONE, 3, 99, None)
    assert (report.version, report.updated_at) == (3, LATER)
    assert report.history[1:] == (
        Change(LATER, "IN_QUEUE", "IN_PROGRESS", "step"),
        Change(LATER, "IN_PROGRESS", "DONE", "step"),
    )


def test_a_report_is_given_up_with_its_reason() -> None:
    report = a_report(S.FATAL)
    assert (report.status, report.failure, report.rows) == (S.FATAL, ReportFailure.TOO_LARGE, None)


STEPS: Mapping[ReportStatus, tuple[ReportStatus, Callable[[Report], Report]]] = {
    S.IN_PROGRESS: (S.IN_QUEUE, lambda report: reports.begin(report, LATER, "step")),
    S.DONE: (S.IN_PROGRESS, lambda report: reports.finish(report, 0, 0, LATER, "step")),
    S.FATAL: (S.IN_PROGRESS, lambda report: reports.fail(report, ReportFailure.TOO_LARGE, LATER, "step")),
}


@pytest.mark.parametrize("status", S)
def test_a_report_does_nothing_out_of_turn(status: ReportStatus) -> None:
    for to, (before, step) in STEPS.items():
        if status is not before:
            with pytest.raises(IllegalTransition, match=f"Report rpt_1 is {status}; it cannot become {to}."):
                step(a_report(status))


@pytest.mark.parametrize("status", [S.IN_QUEUE, S.IN_PROGRESS, S.FATAL])
def test_only_a_report_that_is_done_has_a_document(status: ReportStatus) -> None:
    reports.check_done(a_report(S.DONE))
    with pytest.raises(IllegalTransition, match=status):
        reports.check_done(a_report(status))


def test_a_report_concerns_the_stores_that_it_names_or_all() -> None:
    assert [a_report().concerns(store_id) for store_id in ("S0001", "S0002")] == [True, False]
    assert reports.request("rpt_1", wanted()._replace(store_ids=()), NOW, "req_1").concerns("S0002")
