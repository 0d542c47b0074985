"""A report as files: for people, for continuous integration and for programs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.findings import Coverage, Finding, Group, Report
from sandbox_server.reporting.har import har
from sandbox_server.reporting.junit import junit_of

Wire = dict[str, Any]


def save(report: Report, folder: Path) -> list[Path]:
    """
    Write a report into a folder in all its forms, and return the files.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, written in WRITERS.items():
        file = folder / name
        file.write_bytes(written(report))
        files.append(file)
    return files


def json_of(report: Report) -> bytes:
    """Return the whole report as one JSON document; findings of one kind stand together."""
    content = {
        **_head(report),
        "groups": [_group(one) for one in report.groups],
        "coverage": [_coverage(one) for one in report.coverage],
        "keywords": dict(report.keywords),
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def ndjson_of(report: Report) -> bytes:
    """Return a line for the report, one for each finding, and one for each operation; `type` says which."""
    lines: list[Wire] = [{"type": "report", **_head(report)}]
    lines += [{"type": "finding", **_finding(one)} for one in report.findings]
    lines += [{"type": "coverage", **_coverage(one)} for one in report.coverage]
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def html_of(report: Report) -> bytes:
    """Return the report as one page that needs nothing else."""
    from sandbox_server.reporting.pages import page_of  # noqa: PLC0415 - templates take longer to load than the rest

    return page_of(report).encode()


def har_of(report: Report) -> bytes:
    """Return the calls that show something, each once."""
    return b"".join(har(shown(report)))


def shown(report: Report) -> Iterator[Exchange]:
    """Return the calls that show something, each once, in the order of their numbers."""
    calls = {one.number: one for finding in report.findings for one in finding.exchanges}
    return (calls[number] for number in sorted(calls))


WRITERS: dict[str, Callable[[Report], bytes]] = {
    "report.html": html_of,
    "report.json": json_of,
    "junit.xml": junit_of,
    "findings.ndjson": ndjson_of,
    "findings.har": har_of,
}
"""What makes each file of a report."""


def _head(report: Report) -> Wire:
    return {
        "title": report.title,
        "subject": report.subject,
        "isClean": report.is_clean,
        "calls": report.calls,
        "findings": len(report.findings),
        "facts": dict(report.facts),
    }


def _group(group: Group) -> Wire:
    first = {name: value for name, value in _finding(group.first).items() if name != "number"}
    return {**first, "where": group.place, "count": len(group.findings), "numbers": list(group.numbers)}


def _finding(finding: Finding) -> Wire:
    content = {
        "operationId": finding.operation,
        "check": finding.check,
        "message": finding.message,
        "side": finding.side.value,
        "where": finding.where,
        "expected": finding.expected,
        "seen": finding.seen,
        "number": finding.number,
        "curl": list(finding.curl),
    }
    return {name: value for name, value in content.items() if value not in ("", None, [])}


def _coverage(coverage: Coverage) -> Wire:
    content = {
        "operationId": coverage.operation,
        "calls": coverage.calls,
        "valid": coverage.valid,
        "statuses": dict(coverage.seen),
        "documented": list(coverage.documented),
        "excused": dict(coverage.excused),
        "missing": list(coverage.missing),
    }
    return {name: value for name, value in content.items() if value is not None}
