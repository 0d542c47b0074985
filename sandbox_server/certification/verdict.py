"""From evidence to verdicts, and from verdicts to a certificate or none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sandbox_server.certification.check import Check, Level, Occasion
from sandbox_server.certification.client import CRASHED, HUNG
from sandbox_server.certification.evidence import Evidence
from sandbox_server.domain.certificates import CheckVerdict


class Overall(StrEnum):
    """What comes of a run."""

    CERTIFIED = "CERTIFIED"
    CERTIFIED_WITH_WARNINGS = "CERTIFIED_WITH_WARNINGS"
    NOT_CERTIFIED = "NOT_CERTIFIED"
    INCOMPLETE = "INCOMPLETE"
    VOID = "VOID"


@dataclass(frozen=True)
class Judgement:
    """
    What came of a check.

    Args:
        reason: In a sentence; empty where nothing is to be said.
        occasions: Every moment that it was about.
    """

    check: Check
    verdict: CheckVerdict
    reason: str
    occasions: tuple[Occasion, ...] = ()

    @property
    def breaches(self) -> tuple[Occasion, ...]:
        """The occasions on which the client did wrong."""
        return _certain(self.occasions)

    @property
    def is_in_doubt(self) -> bool:
        """Whether the client was too slow to be judged, or its machine."""
        return self.verdict is CheckVerdict.NOT_EXERCISED and any(one.is_doubtful for one in self.occasions)


def judge(check: Check, evidence: Sequence[Evidence], void: Collection[str], excused: Collection[str]) -> Judgement:
    """
    Return what comes of a check.

    Args:
        evidence: Of every scenario that was played.
        void: Ids of scenarios in which the sandbox itself failed.
        excused: Ids of checks that the client's manifest declares to be none of its business.
    """
    if failed := sorted(scenario for scenario in void if check.concerns(scenario)):
        return Judgement(check, CheckVerdict.HARNESS_ERROR, f"The sandbox failed in {', '.join(failed)}.")
    try:
        found = tuple(
            replace(occasion, scenario=one.scenario)
            for one in evidence
            if check.concerns(one.scenario)
            for occasion in check.occasions(one)
        )
    except Exception as error:  # noqa: BLE001 - a check that cannot cope with a client's traffic is the sandbox's failure
        return Judgement(check, CheckVerdict.HARNESS_ERROR, f"The check itself failed: {error!r}.")
    if not found and check.id not in excused and _is_nothing_to_it(check, evidence):
        return Judgement(check, CheckVerdict.NOT_APPLICABLE, f"The client has no use for {check.needs}.")
    return Judgement(check, *_verdict(check, found, is_excused=check.id in excused), found)


def _is_nothing_to_it(check: Check, evidence: Sequence[Evidence]) -> bool:
    """Whether a client goes about its work without ever doing what makes a check its business."""
    used = frozenset[str]().union(*(one.used for one in evidence))
    return bool(check.needs and used) and check.needs not in used


def _verdict(check: Check, found: Sequence[Occasion], *, is_excused: bool) -> tuple[CheckVerdict, str]:
    if is_excused:
        if found:
            return CheckVerdict.FAIL, "The manifest declares that this does not apply; the client's calls say it does."
        return CheckVerdict.NOT_APPLICABLE, "So the client's manifest declares."
    if not found:
        return CheckVerdict.NOT_EXERCISED, "What this judges never happened."
    breaches = _certain(found)
    if not breaches:
        doubt = next((one.breach for one in found if one.is_doubtful), None)
        return (CheckVerdict.NOT_EXERCISED, f"Too slow to be judged: {doubt}") if doubt else (CheckVerdict.PASS, "")
    more = f" And {len(breaches) - 1} more." if len(breaches) > 1 else ""
    return (CheckVerdict.FAIL if check.level is Level.MUST else CheckVerdict.WARN), f"{breaches[0].breach}{more}"


def _certain(found: Iterable[Occasion]) -> tuple[Occasion, ...]:
    return tuple(one for one in found if one.breach and not one.is_doubtful)


def overall(
    judgements: Iterable[Judgement],
    waived: Mapping[str, str] | None = None,
    endings: Collection[str] = (),
    *,
    is_whole: bool = True,
) -> Overall:
    """
    Return what comes of all checks together.

    Args:
        waived: Reasons by the ids of checks whose failure is put up with, as a warning.
        endings: How the client ended in its scenarios. What it would have done after a crash nobody knows.
        is_whole: Whether everything was played that was to be; nobody knows of the rest, either.
    """
    verdicts = {(one.check.level, one.verdict, one.check.id in (waived or {})) for one in judgements}
    if any(verdict is CheckVerdict.HARNESS_ERROR for _, verdict, _ in verdicts):
        return Overall.VOID
    if any(verdict is CheckVerdict.FAIL and not put_up_with for _, verdict, put_up_with in verdicts):
        return Overall.NOT_CERTIFIED
    if (
        not verdicts
        or not is_whole
        or CRASHED in endings
        or any(
            level is Level.MUST and verdict is CheckVerdict.NOT_EXERCISED and not put_up_with
            for level, verdict, put_up_with in verdicts
        )
    ):
        return Overall.INCOMPLETE
    if HUNG in endings or any(verdict is CheckVerdict.WARN or put_up_with for _, verdict, put_up_with in verdicts):
        return Overall.CERTIFIED_WITH_WARNINGS
    return Overall.CERTIFIED
