"""A suite from its beginning to its report."""

from dataclasses import dataclass

from sandbox_server.conformance import exercise
from sandbox_server.conformance.session import Assignment, Progress, Session, session
from sandbox_server.conformance.suites import PLANS, Plan, Suite
from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.findings import Report


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What a run found.

    Args:
        exchanges: Every call that it made, secrets and all.
    """

    report: Report
    exchanges: tuple[Exchange, ...]


def run(
    assignment: Assignment,
    suite: Suite = Suite.SMOKE,
    progress: Progress = lambda *_: None,
    plan: Plan | None = None,
) -> Outcome:
    """
    Hold a server against the contract. A server that lets nobody in is left alone after some calls.

    Args:
        plan: What is played, where that is not all that the suite plays.

    Raises:
        Misconfigured: It cannot begin.
    """
    plan = plan or PLANS[suite]
    with session(assignment, progress) as begun:
        opened = begun.of_the_operator() if suite is Suite.CONTROL else begun
        for probe in plan.probes:
            opened.play(probe)
            if opened.is_shut:
                break
        if plan.phases and not opened.is_shut:
            opened.make_up(plan.phases, plan.examples, plan.operations)
    return Outcome(_report(opened, suite, plan), tuple(opened.record.exchanges))


def _report(opened: Session, suite: Suite, plan: Plan) -> Report:
    record, document = opened.record, opened.document
    excused = exercise.excuses(has_operator=opened.target.operator is not None)
    covered = exercise.coverage(document, record, excused)
    record.complain(exercise.idle(covered, reaches=plan.reaches, covers=plan.covers))
    return Report(
        title=f"Contract suite: {suite}",
        subject=opened.target.base_url,
        calls=len(record.exchanges),
        findings=tuple(record.findings),
        facts={
            "contract": f"{document.path.name}, version {document.version}",
            "suite": str(suite),
            "seed": str(opened.assignment.seed),
            **{f"not looked at: {check}": reason for check, reason in record.lacking.items()},
        },
        coverage=covered,
        keywords=dict(record.keywords),
    )
