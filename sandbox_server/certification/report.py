"""The report: everything that a reader, a program or the marketplace wants to know of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sandbox_server import __version__
from sandbox_server.certification.evidence import Call, Evidence, instant
from sandbox_server.certification.plan import Plan
from sandbox_server.certification.preflight import preflight
from sandbox_server.certification.reasons import reasons
from sandbox_server.certification.verdict import Judgement, Overall, judge, overall
from sandbox_server.domain import certificates
from sandbox_server.domain.certificates import CertificationReport, CheckResult

FORMAT = 1
VALIDITY = timedelta(days=90)
SHOWN = 25
"""Occasions without a breach that a report names; breaches are named in full."""


@dataclass(frozen=True)
class Run:
    """
    A run of a plan, as it can be judged.

    Args:
        seen: What was seen in each scenario beside its journal, in the order of `evidence`.
        seal: The hash over all files of evidence.
        manifest: What the client declares of itself; `notApplicable` are reasons by the ids of checks.
        waived: Reasons by the ids of checks whose failure is put up with.
        command: What started the client.
        made_at: The machine's time.
    """

    plan: Plan
    evidence: tuple[Evidence, ...]
    seen: tuple[Mapping[str, Any], ...]
    seal: str
    manifest: Mapping[str, Any] = field(default_factory=dict)
    waived: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    made_at: str = ""

    @property
    def void(self) -> list[str]:
        """Ids of scenarios in which the sandbox itself failed, or that were not played."""
        failed = [one["scenario"] for one in self.seen if one["failure"]]
        played = {one["scenario"] for one in self.seen}
        return failed + [one.id for one in self.plan.scenarios if one.id not in played]

    def judgements(self) -> list[Judgement]:
        """Return what comes of each check."""
        excused = self.manifest.get("notApplicable", {})
        return [judge(check, self.evidence, self.void, excused) for check in self.plan.checks]


def report(run: Run) -> dict[str, Any]:
    """Return the report."""
    judgements = run.judgements()
    issued_at = min((instant(one["startedAt"]) for one in run.seen), default=None)
    runs = [each for one in run.evidence for each in one.client]
    not_played = run.plan.not_played
    result = overall(judgements, run.waived, {each["ended"] for each in runs}, is_whole=not not_played)
    content: dict[str, Any] = {
        "format": FORMAT,
        "tool": f"acorn-sandbox {__version__}",
        "plan": run.plan.id,
        "planHash": run.plan.hash,
        "title": run.plan.title,
        "overall": result,
        "reasons": list(reasons(judgements, run.waived, run.evidence, not_played)),
        "madeAt": run.made_at,
        "command": run.command,
        "manifest": dict(run.manifest),
        "waivers": dict(run.waived),
        "seal": run.seal,
        "preflight": [asdict(step) for step in preflight(run.evidence, run.seen)],
        "checks": [_check(one) for one in judgements],
        "notPlayed": list(not_played),
        "scenarios": [_scenario(run, one, seen) for one, seen in zip(run.evidence, run.seen, strict=True)],
    }
    is_certified = result in {Overall.CERTIFIED, Overall.CERTIFIED_WITH_WARNINGS} and not run.waived
    if issued_at is None or not is_certified or not run.plan.goes_live:
        return content
    return {**content, "certificate": certificate(run, judgements, issued_at.replace(microsecond=0))}


def certificate(run: Run, judgements: Sequence[Judgement], issued_at: datetime) -> dict[str, Any]:
    """
    Return what `POST /applications/{applicationId}/test-reports` takes.

    Args:
        issued_at: The marketplace's time, in which it is judged again, too.
    """
    before, entries = certificates.NOTHING_BEFORE, []
    for one in judgements:
        shown = ", ".join(f"{each.scenario} {list(each.entries)}" for each in one.occasions[:3])
        content = f"{len(one.occasions)} occasions, such as {shown or 'none'}; evidence {run.seal}"
        entry = certificates.Evidence(one.check.id, one.verdict, content, before, "")
        before = entry.hashed()
        entries.append(msgspec.structs.replace(entry, hash=before))
    whole = CertificationReport(
        plan=run.plan.id,
        plan_hash=run.plan.hash,
        issued_at=_text(issued_at),
        expires_at=_text(issued_at + VALIDITY),
        verdicts=tuple(CheckResult(one.check.id, one.verdict) for one in judgements),
        evidence=tuple(entries),
        hash="",
    )
    sealed: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(whole, hash=whole.hashed()))
    return sealed


def _check(one: Judgement) -> dict[str, Any]:
    check = one.check
    return {
        "id": check.id,
        "level": check.level,
        "version": check.version,
        "title": check.title,
        "clause": check.clause,
        "scenarios": list(check.scenarios),
        "verdict": one.verdict,
        "reason": one.reason,
        "why": check.why,
        "mend": check.mend,
        "occasions": len(one.occasions),
        "breaches": [
            {"entries": each.entries, "breach": each.breach, "scenario": each.scenario} for each in one.breaches
        ],
        "held": [{"scenario": each.scenario, "entries": each.entries} for each in one.occasions if not each.breach][
            :SHOWN
        ],
    }


def _scenario(run: Run, one: Evidence, seen: Mapping[str, Any]) -> dict[str, Any]:
    played = next(each for each in run.plan.scenarios if each.id == one.scenario)
    first = min((call.began for call in one.calls), default=0.0)
    return {
        "id": one.scenario,
        "title": played.title,
        "scale": one.scale,
        "startedAt": seen["startedAt"],
        "endedAt": seen["endedAt"],
        "journal": seen["journal"],
        "client": list(one.client),
        "failure": seen["failure"],
        "faults": list(one.faults),
        "acts": [{"at": act["at"], "act": act["act"]} for act in one.acts],
        "calls": [_call(call, first) for call in one.calls],
    }


def _call(call: Call, first: float) -> dict[str, Any]:
    """Return a call in short; `at` is virtual time, `seconds` real time since the first call."""
    content = {
        "number": call.number,
        "seconds": round(call.began - first, 3),
        "ms": round((call.ended - call.began) * 1000, 1),
        "at": _text(call.at),
        "operation": call.operation,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "verdict": call.verdict,
        "fault": call.fault,
        "effect": call.effect,
        "key": call.key,
        "replayed": call.replayed or None,
    }
    return {name: value for name, value in content.items() if value is not None}


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
