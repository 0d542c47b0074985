"""Why a run came to what it did: a sentence for each thing that stands in the way, or is to be warned of."""

from collections.abc import Iterator, Mapping, Sequence

from sandbox_server.certification.check import Level
from sandbox_server.certification.client import CRASHED, HUNG
from sandbox_server.certification.evidence import Evidence
from sandbox_server.certification.verdict import Judgement
from sandbox_server.domain.certificates import CheckVerdict

_NAMED = 3
_MUST_HAPPEN = (CheckVerdict.NOT_EXERCISED, Level.MUST)


def reasons(
    judgements: Sequence[Judgement],
    waived: Mapping[str, str],
    evidence: Sequence[Evidence],
    not_played: Sequence[str] = (),
) -> Iterator[str]:
    """
    Give them, the gravest first; none for a client that did right in all.

    Args:
        waived: Reasons by the ids of checks whose failure is put up with.
        not_played: Ids of the scenarios that were left when the run was stopped.
    """
    due = [one for one in judgements if one.check.id not in waived]
    yield from _counted("The sandbox itself failed", _with(due, CheckVerdict.HARNESS_ERROR))
    yield from _counted("Broken, and has to hold", _with(due, CheckVerdict.FAIL))
    if not_played:
        yield f"Stopped before these were played to their end: {', '.join(not_played)}."
    yield from _endings(evidence, CRASHED, "The client crashed")
    open_still = [one for one in due if (one.verdict, one.check.level) == _MUST_HAPPEN]
    yield from _counted(
        "Never happened, and has to be judged", [one.check.id for one in open_still if not one.is_in_doubt]
    )
    yield from _counted("Too slow to be judged, see --pace", [one.check.id for one in open_still if one.is_in_doubt])
    yield from _counted("Broken, and should hold", _with(due, CheckVerdict.WARN))
    yield from _counted("Put up with", [one.check.id for one in judgements if one.check.id in waived])
    yield from _endings(evidence, HUNG, "The client had to be ended by force")


def _with(judgements: Sequence[Judgement], verdict: CheckVerdict) -> list[str]:
    return [one.check.id for one in judgements if one.verdict is verdict]


def _endings(evidence: Sequence[Evidence], ended: str, said: str) -> Iterator[str]:
    found: dict[int, list[str]] = {}
    for one in evidence:
        for run in one.client:
            if run["ended"] == ended:
                found.setdefault(run["exit"], []).append(one.scenario)
    for status, scenarios in sorted(found.items()):
        yield f"{said} in {_some(list(dict.fromkeys(scenarios)))} (status {status})."


def _counted(said: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"{said}: {_some(names)}."


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
