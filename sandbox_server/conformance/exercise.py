"""How much of a contract a run has exercised. A run that has exercised nothing has shown nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from sandbox_server.conformance.document import Document, Operation
from sandbox_server.conformance.record import Record
from sandbox_server.reporting.findings import Coverage, Finding, Side
from sandbox_server.resources import contract_path

EVERY = "*"
Excuses = Mapping[str, Mapping[str, str]]
"""Why a status of an operation, or of every operation, cannot be provoked."""


def excuses(*, has_operator: bool) -> Excuses:
    """Return what the shipped list excuses for a server with or without an operator's interface."""
    shipped: dict[str, Any] = yaml.safe_load(contract_path("conformance/excuses.yaml").read_text(encoding="utf-8"))
    parts = [shipped["always"], *([] if has_operator else [shipped["without-operator"]])]
    merged: dict[str, dict[str, str]] = {}
    for part in parts:
        for operation, statuses in part.items():
            merged.setdefault(operation, {}).update(statuses)
    return merged


def coverage(document: Document, record: Record, excused: Excuses) -> tuple[Coverage, ...]:
    """Return what was exercised of each operation."""
    return tuple(_of(one, record, excused) for one in document.operations.values())


def idle(covered: tuple[Coverage, ...], *, reaches: bool, covers: bool) -> Iterator[Finding]:
    """
    Return what was not exercised, as findings: operations without a 2xx, statuses that were never seen.

    Args:
        reaches: Whether every operation has to be reached with a 2xx.
        covers: Whether every documented status has to be seen or excused.
    """
    calls = sum(one.calls for one in covered)
    if not any(one.succeeded for one in covered):
        yield _finding("exercise", f"None of {calls} calls succeeded: nothing was exercised.")
        return
    for one in covered:
        good = [status for status in one.documented if status.startswith("2")]
        if reaches and not one.succeeded and not any(status in one.excused for status in good):
            yield _finding(
                "exercise_reach",
                "The operation was never answered with a 2xx.",
                one.operation,
                expected=" or ".join(good),
                seen=", ".join(f"{times} of {status}" for status, times in sorted(one.seen.items())) or "no call",
            )
        for status in one.missing if covers else ():
            if status not in good:
                yield _finding(
                    "exercise_status", f"The documented {status} was never seen.", one.operation, expected=status
                )


def _of(operation: Operation, record: Record, excused: Excuses) -> Coverage:
    own = operation.operation_id
    seen: Mapping[str, int] = record.seen.get(own, {})
    return Coverage(
        operation=own,
        calls=sum(seen.values()),
        valid=sum(times for status, times in seen.items() if status.startswith("2")),
        seen=dict(seen),
        documented=operation.statuses,
        excused={**excused.get(EVERY, {}), **excused.get(own, {})},
    )


def _finding(check: str, message: str, operation: str = "", *, expected: str = "", seen: str = "") -> Finding:
    return Finding(check=check, message=message, operation=operation, side=Side.RUN, expected=expected, seen=seen)
