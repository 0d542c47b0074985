"""Verdicts follow from occasions, and a certificate from verdicts."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from sandbox_server.certification.check import EVERY, Check, Level, Occasion, check
from sandbox_server.certification.evidence import Evidence
from sandbox_server.certification.reasons import reasons
from sandbox_server.certification.verdict import Judgement, Overall, judge, overall
from sandbox_server.domain.certificates import CheckVerdict

GOOD, BAD = Occasion((1,)), Occasion((2,), "It went wrong.")
EVIDENCE = Evidence("a-day", "client", ())


def declared(*occasions: Occasion, level: Level = Level.MUST, scenarios: str = "a-day") -> Check:
    @check("a.check", level, clause="", scenarios=scenarios, mutant="", why="", mend="")
    def of(_: Evidence) -> Iterable[Occasion]:
        """It goes well."""
        return occasions

    return of


def verdict(one: Check, void: tuple[str, ...] = (), excused: tuple[str, ...] = ()) -> CheckVerdict:
    return judge(one, [EVIDENCE], void, excused).verdict


@pytest.mark.parametrize(
    ("occasions", "level", "expected"),
    [
        ([GOOD], Level.MUST, CheckVerdict.PASS),
        ([GOOD, BAD], Level.MUST, CheckVerdict.FAIL),
        ([BAD], Level.SHOULD, CheckVerdict.WARN),
        ([], Level.MUST, CheckVerdict.NOT_EXERCISED),
    ],
)
def test_a_verdict_follows_from_the_occasions(occasions: list[Occasion], level: Level, expected: CheckVerdict) -> None:
    assert verdict(declared(*occasions, level=level)) is expected


@pytest.mark.parametrize(
    ("others", "expected", "reason"),
    [
        ([], CheckVerdict.NOT_EXERCISED, "Too slow to be judged: It took long."),
        ([GOOD], CheckVerdict.NOT_EXERCISED, "Too slow to be judged: It took long."),
        ([BAD], CheckVerdict.FAIL, "It went wrong."),
    ],
)
def test_a_client_that_was_too_slow_to_be_judged_neither_passes_nor_fails(
    others: list[Occasion], expected: CheckVerdict, reason: str
) -> None:
    slow = judge(declared(Occasion((3,), "It took long.", is_doubtful=True), *others), [EVIDENCE], (), ())

    assert (slow.verdict, slow.reason) == (expected, reason)
    assert slow.is_in_doubt is (expected is CheckVerdict.NOT_EXERCISED)


def test_a_run_that_was_too_slow_is_incomplete_and_says_what_helps() -> None:
    slow = judge(declared(Occasion((3,), "It took long.", is_doubtful=True)), [EVIDENCE], (), ())

    assert overall([slow]) is Overall.INCOMPLETE
    assert list(reasons([slow], {}, [])) == ["Too slow to be judged, see --pace: a.check."]


def test_occasions_of_scenarios_that_a_check_does_not_judge_do_not_count() -> None:
    assert verdict(declared(BAD, scenarios="another-day")) is CheckVerdict.NOT_EXERCISED
    assert verdict(declared(BAD, scenarios=EVERY)) is CheckVerdict.FAIL


def test_what_a_manifest_excuses_does_not_apply_unless_the_clients_calls_say_otherwise() -> None:
    assert verdict(declared(), excused=("a.check",)) is CheckVerdict.NOT_APPLICABLE
    assert verdict(declared(GOOD), excused=("a.check",)) is CheckVerdict.FAIL


@pytest.mark.parametrize(
    ("used", "occasions", "expected"),
    [
        ({"listOrders"}, [], CheckVerdict.NOT_APPLICABLE),
        ({"listOrders", "createSubscription"}, [], CheckVerdict.NOT_EXERCISED),
        (set(), [], CheckVerdict.NOT_EXERCISED),
        ({"listOrders"}, [BAD], CheckVerdict.FAIL),
    ],
)
def test_what_a_client_that_works_has_no_use_for_does_not_apply_to_it(
    used: set[str], occasions: list[Occasion], expected: CheckVerdict
) -> None:
    @check("a.check", Level.MUST, clause="", scenarios=EVERY, mutant="", why="", mend="", needs="createSubscription")
    def of(_: Evidence) -> Iterable[Occasion]:
        """It goes well."""
        return occasions

    assert judge(of, [replace(EVIDENCE, used=frozenset(used))], (), ()).verdict is expected


def test_a_failure_of_the_sandbox_voids_what_rests_on_it() -> None:
    assert verdict(declared(GOOD), void=("a-day",)) is CheckVerdict.HARNESS_ERROR
    assert verdict(declared(GOOD), void=("another-day",)) is CheckVerdict.PASS


def test_a_check_that_cannot_cope_with_the_evidence_is_the_sandboxs_failure() -> None:
    @check("a.check", Level.MUST, clause="", scenarios=EVERY, mutant="", why="", mend="")
    def of(_: Evidence) -> Iterable[Occasion]:
        raise KeyError("lines")

    assert judge(of, [EVIDENCE], (), ()).reason == "The check itself failed: KeyError('lines')."


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], Overall.INCOMPLETE),
        ([(Level.MUST, CheckVerdict.PASS), (Level.SHOULD, CheckVerdict.NOT_EXERCISED)], Overall.CERTIFIED),
        ([(Level.MUST, CheckVerdict.PASS), (Level.SHOULD, CheckVerdict.WARN)], Overall.CERTIFIED_WITH_WARNINGS),
        ([(Level.MUST, CheckVerdict.PASS), (Level.MUST, CheckVerdict.NOT_EXERCISED)], Overall.INCOMPLETE),
        ([(Level.MUST, CheckVerdict.FAIL), (Level.MUST, CheckVerdict.NOT_EXERCISED)], Overall.NOT_CERTIFIED),
        ([(Level.MUST, CheckVerdict.FAIL), (Level.MUST, CheckVerdict.HARNESS_ERROR)], Overall.VOID),
    ],
)
def test_what_comes_of_a_run_follows_from_all_verdicts(
    verdicts: list[tuple[Level, CheckVerdict]], expected: Overall
) -> None:
    judgements = [Judgement(declared(level=level), one, "") for level, one in verdicts]

    assert overall(judgements) is expected


@pytest.mark.parametrize(
    ("verdict", "ended", "expected"),
    [
        (CheckVerdict.PASS, "CRASHED", Overall.INCOMPLETE),
        (CheckVerdict.FAIL, "CRASHED", Overall.NOT_CERTIFIED),
        (CheckVerdict.PASS, "HUNG", Overall.CERTIFIED_WITH_WARNINGS),
        (CheckVerdict.PASS, "STOPPED", Overall.CERTIFIED),
    ],
)
def test_how_a_client_ended_counts_beside_what_it_did(verdict: CheckVerdict, ended: str, expected: Overall) -> None:
    assert overall([Judgement(declared(), verdict, "")], endings={ended}) is expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [(CheckVerdict.PASS, Overall.INCOMPLETE), (CheckVerdict.FAIL, Overall.NOT_CERTIFIED)],
)
def test_what_a_stopped_run_has_not_played_nobody_knows_but_what_was_broken_is_broken(
    verdict: CheckVerdict, expected: Overall
) -> None:
    judgements = [Judgement(declared(), verdict, "")]

    assert overall(judgements, is_whole=False) is expected
    assert "Stopped before these were played to their end: b, c." in reasons(judgements, {}, [], ["b", "c"])


def test_a_run_says_why_it_came_to_what_it_did() -> None:
    crashed, killed = {"ended": "CRASHED", "exit": 3}, {"ended": "HUNG", "exit": -9}
    evidence = [Evidence(name, "client", (), client=(crashed,)) for name in ("a", "b", "c", "d")]
    evidence.append(Evidence("e", "client", (), client=({"ended": "STOPPED", "exit": 0}, killed)))
    verdicts = {
        "f": (Level.MUST, CheckVerdict.FAIL),
        "n": (Level.MUST, CheckVerdict.NOT_EXERCISED),
        "o": (Level.SHOULD, CheckVerdict.NOT_EXERCISED),
        "p": (Level.MUST, CheckVerdict.PASS),
        "w": (Level.SHOULD, CheckVerdict.WARN),
        "x": (Level.MUST, CheckVerdict.FAIL),
        "h": (Level.MUST, CheckVerdict.HARNESS_ERROR),
    }
    judgements = [
        Judgement(replace(declared(level=level), id=name), one, "") for name, (level, one) in verdicts.items()
    ]

    assert list(reasons(judgements, {"x": "next week"}, evidence)) == [
        "The sandbox itself failed: h.",
        "Broken, and has to hold: f.",
        "The client crashed in a, b, c and 1 more (status 3).",
        "Never happened, and has to be judged: n.",
        "Broken, and should hold: w.",
        "Put up with: x.",
        "The client had to be ended by force in e (status -9).",
    ]


def test_of_a_client_that_did_right_in_all_nothing_is_to_be_said() -> None:
    assert list(reasons([Judgement(declared(), CheckVerdict.PASS, "")], {}, [EVIDENCE])) == []


def test_a_waived_failure_is_a_warning() -> None:
    failed = [Judgement(declared(), CheckVerdict.FAIL, "")]

    assert overall(failed, {"a.check": "mended next week"}) is Overall.CERTIFIED_WITH_WARNINGS
