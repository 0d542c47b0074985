"""What is wrong with a certification report, all of it, and where."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sandbox_server.conformance.sealing import seal, sealed
from sandbox_server.domain.certificates import CertificationReport, Doubt, Finding, FrozenPlan, judge
from tests.certified import PLANS, certified

ASKS_FOR_NOTHING = {"chain-core@1": FrozenPlan(PLANS["chain-core@1"].hash, {})}
NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)


def found(body: Any, plans: dict[str, FrozenPlan] = PLANS, now: datetime = NOW) -> tuple[Finding, ...]:
    report = msgspec.convert(body, CertificationReport)
    validity = datetime.fromisoformat(report.issued_at), datetime.fromisoformat(report.expires_at)
    return judge(report, *validity, plans, now)


def told(findings: tuple[Finding, ...]) -> list[tuple[Doubt, int | None, str | None]]:
    return [(finding.code, finding.entry, finding.check) for finding in findings]


def verdicts(*pairs: tuple[str, str]) -> Any:
    return [{"check": check, "verdict": verdict} for check, verdict in pairs]


def test_a_report_as_it_ought_to_be_has_nothing_wrong() -> None:
    assert found(certified()) == ()


def test_a_plan_that_is_not_known_is_told_with_those_that_are() -> None:
    assert found(certified(), {}) == (Finding(Doubt.UNKNOWN_PLAN, "There is no plan chain-core@1. Known are: none."),)
    assert found(certified(plan="chain-core@2")) == (
        Finding(Doubt.UNKNOWN_PLAN, "There is no plan chain-core@2. Known are: chain-core@1."),
    )


def test_a_check_of_the_plan_that_the_report_leaves_out_is_told() -> None:
    short = certified(verdicts=verdicts(("ship.once", "WARN")))

    assert found(short) == (
        Finding(
            Doubt.CHECK_MISSING, "The plan chain-core@1 asks for the check order.ack-once.", check="order.ack-once"
        ),
    )


def test_what_need_not_be_passed_need_not_have_happened() -> None:
    idle = certified(
        verdicts=verdicts(("order.ack-once", "NOT_EXERCISED"), ("ship.once", "NOT_EXERCISED")),
        evidence=[
            {"check": "order.ack-once", "verdict": "NOT_EXERCISED", "content": ""},
            {"check": "ship.once", "verdict": "NOT_EXERCISED", "content": ""},
        ],
    )

    assert told(found(idle)) == [(Doubt.NOT_PASSED, None, "order.ack-once")]
    assert (Doubt.NOT_PASSED, None, "ship.once") in told(found(idle, {}))


@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({"planHash": "d" * 64}, [Doubt.PLAN_ALTERED]),
        ({"issuedAt": "2026-11-27T15:00:00.001Z"}, [Doubt.ISSUED_IN_FUTURE]),
        ({"issuedAt": "2026-11-27T15:00:00Z"}, []),
        ({"expiresAt": "2026-11-27T15:00:00Z"}, [Doubt.EXPIRED]),
        ({"expiresAt": "2026-11-27T15:00:00.001Z"}, []),
        ({"expiresAt": "2026-11-27T14:00:00Z"}, [Doubt.EXPIRED, Doubt.VALIDITY]),
        ({"expiresAt": "2027-02-27T14:00:00.001Z"}, [Doubt.VALIDITY]),
    ],
)
def test_plan_and_time_are_held_against_what_is_known(changes: Any, doubts: list[Doubt]) -> None:
    assert [finding.code for finding in found(certified(**changes))] == doubts


def test_a_verdict_that_was_altered_is_found_by_its_evidence_even_when_it_was_sealed_again() -> None:
    failed = certified(
        verdicts=verdicts(("order.ack-once", "PASS"), ("ship.once", "FAIL")),
        evidence=[
            {"check": "order.ack-once", "verdict": "PASS", "content": "journal 41: 200"},
            {"check": "ship.once", "verdict": "FAIL", "content": "journal 42: shipped twice"},
        ],
    )
    assert told(found(failed)) == [(Doubt.NOT_PASSED, None, "ship.once")]
    altered = {**failed, "verdicts": verdicts(("order.ack-once", "PASS"), ("ship.once", "PASS"))}
    assert told(found(altered)) == [(Doubt.REPORT_ALTERED, None, None), (Doubt.VERDICT_ALTERED, 2, "ship.once")]
    (finding,) = found(seal(altered))
    assert finding.message == "Entry 2 of the evidence says FAIL of ship.once; its verdict is PASS."


@pytest.mark.parametrize(("name", "value"), [("verdict", "WARN"), ("content", "nothing"), ("check", "ship.late")])
def test_an_entry_that_was_altered_is_named(name: str, value: str) -> None:
    report = certified()
    report["evidence"][0][name] = value
    assert (Doubt.EVIDENCE_ALTERED, 1) in [(code, entry) for code, entry, _ in told(found(seal(report)))]


def test_an_entry_that_was_altered_and_hashed_again_breaks_the_chain_after_it() -> None:
    report = certified()
    whole = sealed({**report, "evidence": [{**report["evidence"][0], "content": "nothing"}]})
    report["evidence"][0] = whole["evidence"][0]
    assert told(found(seal(report))) == [(Doubt.CHAIN_BROKEN, 2, "ship.once")]


def test_entries_that_are_gone_or_change_places_break_the_chain() -> None:
    report = certified()
    first, second = report["evidence"]
    swapped = found(seal({**report, "evidence": [second, first]}))
    assert told(swapped) == [(Doubt.CHAIN_BROKEN, 1, "ship.once"), (Doubt.CHAIN_BROKEN, 2, "order.ack-once")]
    gone = found(seal({**report, "evidence": [second]}))
    assert told(gone) == [(Doubt.CHAIN_BROKEN, 1, "ship.once"), (Doubt.WITHOUT_EVIDENCE, None, "order.ack-once")]


def test_the_last_entry_about_a_check_has_its_verdict() -> None:
    report = certified(
        verdicts=verdicts(("ship.once", "PASS")),
        evidence=[
            {"check": "ship.once", "verdict": "NOT_EXERCISED", "content": "begun"},
            {"check": "ship.once", "verdict": "PASS", "content": "ended"},
        ],
    )
    assert found(report, ASKS_FOR_NOTHING) == ()


def test_a_check_has_one_verdict() -> None:
    report = certified(verdicts=verdicts(("ship.once", "WARN"), ("ship.once", "WARN")))
    assert told(found(report, ASKS_FOR_NOTHING)) == [(Doubt.CHECK_REPEATED, None, "ship.once")]


@pytest.mark.parametrize("verdict", ["FAIL", "NOT_EXERCISED", "HARNESS_ERROR"])
def test_what_did_not_pass_is_named(verdict: str) -> None:
    entry = {"check": "ship.once", "verdict": verdict, "content": "x"}
    report = certified(verdicts=verdicts(("ship.once", verdict)), evidence=[entry])
    assert told(found(report, ASKS_FOR_NOTHING)) == [(Doubt.NOT_PASSED, None, "ship.once")]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    report = certified(plan="other@1", issuedAt="2027-01-01T00:00:00Z", expiresAt="2026-01-01T00:00:00Z")
    assert {finding.code for finding in found({**report, "hash": "0" * 64}, now=NOW + timedelta(days=1))} == {
        Doubt.UNKNOWN_PLAN,
        Doubt.ISSUED_IN_FUTURE,
        Doubt.EXPIRED,
        Doubt.VALIDITY,
        Doubt.REPORT_ALTERED,
    }
