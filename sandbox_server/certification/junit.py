"""The report as a CI system reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox_server.certification.client import CRASHED
from sandbox_server.reporting.junit import Case, Suite
from sandbox_server.reporting.junit import junit as written


def junit(report: Mapping[str, Any]) -> bytes:
    """Return a report as JUnit XML: a test case for each check, what was not played, and how the client ran."""
    cases = (
        *(_case(one, report) for one in report["checks"]),
        *(Case(name=one, skipped="The run was stopped before this was played.") for one in report["notPlayed"]),
        _runs(report["scenarios"]),
    )
    return written(report["plan"], [Suite(report["plan"], cases)])


def _runs(scenarios: Sequence[Mapping[str, Any]]) -> Case:
    crashed = [one["id"] for one in scenarios if any(run["ended"] == CRASHED for run in one["client"])]
    return Case(name="client runs", failure=f"The client crashed in {', '.join(crashed)}." if crashed else None)


def _case(one: Mapping[str, Any], report: Mapping[str, Any]) -> Case:
    words = one["reason"] or one["verdict"]
    if _fails(one, report):
        details = "\n".join([one["why"], one["mend"], *(each["breach"] for each in one["breaches"])])
        return Case(name=one["id"], failure=words, details=details)
    if one["verdict"] == "HARNESS_ERROR":
        return Case(name=one["id"], error=words)
    return Case(name=one["id"], skipped=words if _is_skipped(one, report) else None)


def _fails(one: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
    is_due = one["verdict"] == "FAIL" or (one["verdict"] == "NOT_EXERCISED" and one["level"] == "MUST")
    return is_due and one["id"] not in report["waivers"]


def _is_skipped(one: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
    return not _fails(one, report) and one["verdict"] in {"FAIL", "NOT_EXERCISED", "NOT_APPLICABLE", "WARN"}
