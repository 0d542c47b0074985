"""Reports: what can be asked for, the states a report has, and the pace at which it is made."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sandbox_server.domain.errors import Fault, IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change

LONGEST = timedelta(days=92)
BEGUN_AFTER = timedelta(seconds=30)
DONE_AFTER = timedelta(seconds=90)
"""At the earliest: one with much to read takes longer."""
STEP = timedelta(seconds=1)
MOST_RECORDS = 1_000_000


class ReportType(StrEnum):
    """What a report tells of."""

    SALES_BY_CHANNEL = "SALES_BY_CHANNEL"
    STOCK_HEALTH = "STOCK_HEALTH"
    FULFILMENT_PERFORMANCE = "FULFILMENT_PERFORMANCE"
    RETURNS_BY_REASON = "RETURNS_BY_REASON"


class ReportFormat(StrEnum):
    """What a report's document is written in."""

    CSV = "CSV"
    JSON = "JSON"


class ReportStatus(StrEnum):
    """Where a report stands."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    FATAL = "FATAL"


_S = ReportStatus
TRANSITIONS: Mapping[ReportStatus, frozenset[ReportStatus]] = {
    _S.IN_QUEUE: frozenset({_S.IN_PROGRESS}),
    _S.IN_PROGRESS: frozenset({_S.DONE, _S.FATAL}),
    _S.DONE: frozenset(),
    _S.FATAL: frozenset(),
}

BEGINNINGS = frozenset({_S.IN_QUEUE})
"""What a report can be at first."""


class ReportFailure(StrEnum):
    """Why there is no document."""

    TOO_LARGE = "TOO_LARGE"


class Report(msgspec.Struct, frozen=True, array_like=True):
    """
    A table of figures about a span of time.

    Args:
        begins: The span's first instant.
        ends: The first instant after it.
        store_ids: The stores that it is about; none means all.
        rows: How many its document has; None before it is done.
        size: Bytes of the document.
    """

    report_id: str
    type: ReportType
    format: ReportFormat
    status: ReportStatus
    begins: datetime
    ends: datetime
    store_ids: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    history: tuple[Change, ...]
    rows: int | None = None
    size: int | None = None
    failure: ReportFailure | None = None
    version: int = 1

    def concerns(self, store_id: str) -> bool:
        """Whether it is about this store."""
        return not self.store_ids or store_id in self.store_ids


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """
    How far a report has been read.

    Args:
        source: The number of the source that is being read, from 0.
        after: The position in it of the last record that was read.
        records: How many were read of all sources.
        tally: The figures so far, each with what it is about.
    """

    report_id: str
    source: int = 0
    after: int = 0
    records: int = 0
    tally: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = ()


class ReportDocument(msgspec.Struct, frozen=True, array_like=True):
    """What a report came to, as it is handed out."""

    report_id: str
    content: bytes


class Wanted(NamedTuple):
    """What is asked for."""

    type: ReportType
    format: ReportFormat
    begins: datetime
    ends: datetime
    store_ids: tuple[str, ...] = ()


def request(report_id: str, wanted: Wanted, now: datetime, cause: str) -> Report:
    """
    Return a new report.

    Raises:
        Unprocessable: Its span is empty, longer than 92 days, or not over yet; with every reason.
    """
    _check_span(wanted, now)
    return Report(
        report_id,
        wanted.type,
        wanted.format,
        ReportStatus.IN_QUEUE,
        wanted.begins,
        wanted.ends,
        wanted.store_ids,
        created_at=now,
        updated_at=now,
        history=(Change(now, None, ReportStatus.IN_QUEUE, cause),),
    )


def begin(report: Report, now: datetime, cause: str) -> Report:
    """
    Return the report when it begins to be made.

    Raises:
        IllegalTransition: It has begun already.
    """
    return _enter(report, ReportStatus.IN_PROGRESS, now, cause)


def finish(report: Report, rows: int, size: int, now: datetime, cause: str) -> Report:
    """
    Return the report with what its document is like.

    Raises:
        IllegalTransition: It is not being made.
    """
    return msgspec.structs.replace(_enter(report, ReportStatus.DONE, now, cause), rows=rows, size=size)


def fail(report: Report, failure: ReportFailure, now: datetime, cause: str) -> Report:
    """
    Return the report, given up.

    Raises:
        IllegalTransition: It is not being made.
    """
    return msgspec.structs.replace(_enter(report, ReportStatus.FATAL, now, cause), failure=failure)


def check_done(report: Report) -> None:
    """
    Raise where there is no document, or none yet.

    Raises:
        IllegalTransition: Naming the state.
    """
    if report.status is not ReportStatus.DONE:
        raise IllegalTransition("report", report.report_id, report.status, "downloaded")


def done_at(report: Report) -> datetime:
    """Return when it is done at the earliest."""
    return report.created_at + DONE_AFTER


def _enter(report: Report, status: ReportStatus, now: datetime, cause: str) -> Report:
    if status not in TRANSITIONS[report.status]:
        raise IllegalTransition("report", report.report_id, report.status, status)
    history = (*report.history, Change(now, report.status, status, cause))
    return msgspec.structs.replace(report, status=status, updated_at=now, history=history, version=report.version + 1)


def _check_span(wanted: Wanted, now: datetime) -> None:
    faults = []
    if wanted.ends <= wanted.begins:
        faults.append(Fault("/to", "EMPTY_WINDOW", "It must be later than from."))
    if wanted.ends - wanted.begins > LONGEST:
        faults.append(Fault("/to", "WINDOW_TOO_LONG", f"It may be {LONGEST.days} days after from at the most."))
    if wanted.ends > now:
        faults.append(Fault("/to", "IN_FUTURE", f"It is {now.isoformat()} now; what comes later cannot be told."))
    if faults:
        raise Unprocessable("There can be no report about that time.", faults)
