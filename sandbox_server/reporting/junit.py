"""JUnit's XML, as continuous integration reads it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sandbox_server.reporting.findings import Finding, Group, Report

# What XML 1.0 cannot carry, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN_NUMBERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One thing that was looked at.

    Args:
        failure: What is wrong, in one sentence; None where nothing is.
        details: What else there is to say of a failure, in lines.
        skipped: Why it was not looked at; None where it was.
        error: Why nobody can say; None where somebody can.
        seconds: How long it took.
    """

    name: str
    failure: str | None = None
    details: str = ""
    skipped: str | None = None
    error: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases that belong together."""

    name: str
    cases: tuple[Case, ...]


def junit(name: str, suites: Sequence[Suite]) -> bytes:
    """Return the document that says what became of every case."""
    root = ET.Element("testsuites", {"name": _clean(name), **_counts([case for one in suites for case in one.cases])})
    for suite in suites:
        node = ET.SubElement(root, "testsuite", {"name": _clean(suite.name), **_counts(suite.cases)})
        for case in suite.cases:
            _add(node, suite.name, case)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def junit_of(report: Report) -> bytes:
    """Return a report as JUnit: a suite for each operation, a case for each kind of finding, and one for what held."""
    groups: dict[str, list[Group]] = {one.operation: [] for one in report.coverage if one.calls}
    for group in report.groups:
        groups.setdefault(group.first.operation, []).append(group)
    suites = [Suite(name or report.title, tuple(_cases(found))) for name, found in groups.items()]
    return junit(report.title, suites or [Suite(report.title, (Case(name="contract"),))])


def details_of(finding: Finding, numbers: Iterable[int] = ()) -> str:
    """Return what is known of a finding, a line each."""
    shown = [*numbers]
    more = f" and {len(shown) - _SHOWN_NUMBERS} more" if len(shown) > _SHOWN_NUMBERS else ""
    facts = {
        "where": f"{finding.side} {finding.where}".strip(),
        "expected": finding.expected,
        "seen": finding.seen,
        "calls": ", ".join(map(str, shown[:_SHOWN_NUMBERS])) + more,
    }
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    return "\n".join([*lines, *finding.curl])


def _cases(groups: list[Group]) -> Iterable[Case]:
    for group in groups:
        first = group.first
        name = " ".join(filter(None, (first.check, first.side, group.place)))
        yield Case(name=name, failure=first.message, details=details_of(first, group.numbers))
    if not groups:
        yield Case(name="contract")


def _add(suite: ET.Element, suite_name: str, case: Case) -> None:
    facts = {"classname": _clean(suite_name), "name": _clean(case.name), "time": f"{case.seconds:.3f}"}
    node = ET.SubElement(suite, "testcase", facts)
    for tag, message in (("failure", case.failure), ("error", case.error), ("skipped", case.skipped)):
        if message is not None:
            ET.SubElement(node, tag, {"message": _clean(message)}).text = _clean(case.details) or None


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.failure is not None for case in cases)),
        "errors": str(sum(case.error is not None for case in cases)),
        "skipped": str(sum(case.skipped is not None for case in cases)),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
