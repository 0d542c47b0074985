"""
What a certification report says of a client, and whether it can be believed.

A hash is the SHA-256, in hexadecimal, of canonical JSON: members in the order of their names, no blanks, UTF-8. An
entry of the evidence is hashed with the hash of the entry before in it, the report with all of its entries in it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec

NOTHING_BEFORE = "0" * 64
"""What the first entry names as the hash of the one before."""
LONGEST_VALIDITY = timedelta(days=92)


class CheckVerdict(StrEnum):
    """What came of a check."""

    PASS = "PASS"  # noqa: S105 — a verdict
    FAIL = "FAIL"
    WARN = "WARN"
    NOT_EXERCISED = "NOT_EXERCISED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    HARNESS_ERROR = "HARNESS_ERROR"


PASSED = frozenset({CheckVerdict.PASS, CheckVerdict.WARN, CheckVerdict.NOT_APPLICABLE})
"""Verdicts that stand in nobody's way."""
_PASSED_OPTIONAL = PASSED | {CheckVerdict.NOT_EXERCISED}


class Doubt(StrEnum):
    """Why a report is refused."""

    UNKNOWN_PLAN = "UNKNOWN_PLAN"
    PLAN_ALTERED = "PLAN_ALTERED"
    CHECK_MISSING = "CHECK_MISSING"
    ISSUED_IN_FUTURE = "ISSUED_IN_FUTURE"
    EXPIRED = "EXPIRED"
    VALIDITY = "VALIDITY"
    REPORT_ALTERED = "REPORT_ALTERED"
    EVIDENCE_ALTERED = "EVIDENCE_ALTERED"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    CHECK_REPEATED = "CHECK_REPEATED"
    NOT_PASSED = "NOT_PASSED"
    WITHOUT_EVIDENCE = "WITHOUT_EVIDENCE"
    VERDICT_ALTERED = "VERDICT_ALTERED"


class FrozenPlan(msgspec.Struct, frozen=True):
    """
    A plan that clients can be certified by.

    Args:
        hash: What it was frozen with.
        checks: Whether a client must pass each of its checks, by the check's name.
    """

    hash: str
    checks: Mapping[str, bool]


class Finding(msgspec.Struct, frozen=True, array_like=True):
    """
    One thing that is wrong with a report.

    Args:
        entry: The number of the entry of the evidence that it is about, from 1.
        check: The check that it is about.
    """

    code: Doubt
    message: str
    entry: int | None = None
    check: str | None = None


class CheckResult(msgspec.Struct, frozen=True):
    """What came of one check."""

    check: str
    verdict: CheckVerdict


class Evidence(msgspec.Struct, frozen=True, rename="camel"):
    """
    What a verdict rests on.

    Args:
        content: What was seen, in the certification's own words.
    """

    check: str
    verdict: CheckVerdict
    content: str
    previous_hash: str
    hash: str

    def hashed(self) -> str:
        """Return the hash that it ought to have."""
        return canonical_hash(self)


class CertificationReport(msgspec.Struct, frozen=True, rename="camel"):
    """
    What a certification says of a client.

    Args:
        plan: The plan it was certified by, as in `chain-core@1`.
        plan_hash: The hash that the plan was frozen with.
        issued_at: As it was written, for that is what was hashed; so is `expires_at`.
    """

    plan: str
    plan_hash: str
    issued_at: str
    expires_at: str
    verdicts: tuple[CheckResult, ...]
    evidence: tuple[Evidence, ...]
    hash: str

    def hashed(self) -> str:
        """Return the hash that it ought to have."""
        return canonical_hash(self)


def canonical_hash(sealed: Evidence | CertificationReport) -> str:
    """Return the hash of all members but the hash itself."""
    members: dict[str, Any] = msgspec.to_builtins(sealed)
    del members["hash"]
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def judge(
    report: CertificationReport,
    issued_at: datetime,
    expires_at: datetime,
    plans: Mapping[str, FrozenPlan],
    now: datetime,
) -> tuple[Finding, ...]:
    """
    Return everything that is wrong with a report.

    Args:
        issued_at: What the report says as text, as an instant; so is `expires_at`.
        plans: Those that are known, by name and version.
    """
    return (
        *_of_plan(report, plans),
        *_of_time(issued_at, expires_at, now),
        *_of_seal(report),
        *_of_chain(report),
        *_of_verdicts(report, plans.get(report.plan)),
    )


def _of_plan(report: CertificationReport, plans: Mapping[str, FrozenPlan]) -> Iterator[Finding]:
    if report.plan not in plans:
        known = ", ".join(sorted(plans)) or "none"
        yield Finding(Doubt.UNKNOWN_PLAN, f"There is no plan {report.plan}. Known are: {known}.")
        return
    plan = plans[report.plan]
    if report.plan_hash != plan.hash:
        yield Finding(Doubt.PLAN_ALTERED, f"The plan {report.plan} was frozen with another hash.")
    for check in sorted(plan.checks.keys() - {result.check for result in report.verdicts}):
        yield Finding(Doubt.CHECK_MISSING, f"The plan {report.plan} asks for the check {check}.", check=check)


def _of_time(issued_at: datetime, expires_at: datetime, now: datetime) -> Iterator[Finding]:
    if issued_at > now:
        yield Finding(Doubt.ISSUED_IN_FUTURE, "The report was issued after now.")
    if now >= expires_at:
        yield Finding(Doubt.EXPIRED, "The report has expired.")
    if not issued_at < expires_at <= issued_at + LONGEST_VALIDITY:
        yield Finding(Doubt.VALIDITY, f"A report expires after it is issued, at most {LONGEST_VALIDITY.days} days.")


def _of_seal(report: CertificationReport) -> Iterator[Finding]:
    if report.hash != report.hashed():
        yield Finding(Doubt.REPORT_ALTERED, "The report's hash is not that of what it says.")


def _of_chain(report: CertificationReport) -> Iterator[Finding]:
    before = NOTHING_BEFORE
    for number, entry in enumerate(report.evidence, 1):
        if entry.hash != entry.hashed():
            message = f"Entry {number} of the evidence was altered: its hash is not that of what it says."
            yield Finding(Doubt.EVIDENCE_ALTERED, message, number, entry.check)
        if entry.previous_hash != before:
            message = f"Entry {number} of the evidence does not follow on what stands before it."
            yield Finding(Doubt.CHAIN_BROKEN, message, number, entry.check)
        before = entry.hash


def _of_verdicts(report: CertificationReport, plan: FrozenPlan | None) -> Iterator[Finding]:
    """A verdict is that of the last entry about its check."""
    optional = {check for check, must in plan.checks.items() if not must} if plan is not None else set()
    proofs = {entry.check: (number, entry) for number, entry in enumerate(report.evidence, 1)}
    seen = set[str]()
    for check, verdict in ((result.check, result.verdict) for result in report.verdicts):
        if check in seen:
            yield Finding(Doubt.CHECK_REPEATED, f"The check {check} has two verdicts.", check=check)
        seen.add(check)
        if verdict not in (_PASSED_OPTIONAL if check in optional else PASSED):
            yield Finding(Doubt.NOT_PASSED, f"The check {check} ended as {verdict}.", check=check)
        if check not in proofs:
            yield Finding(Doubt.WITHOUT_EVIDENCE, f"No evidence is about the check {check}.", check=check)
            continue
        number, proof = proofs[check]
        if proof.verdict is not verdict:
            message = f"Entry {number} of the evidence says {proof.verdict} of {check}; its verdict is {verdict}."
            yield Finding(Doubt.VERDICT_ALTERED, message, number, check)
