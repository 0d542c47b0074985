"""Who may join, and each step of a company's way in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from sandbox_server.domain import onboarding
from sandbox_server.domain.certificates import Doubt, Finding
from sandbox_server.domain.errors import Fault, IllegalTransition, NdaMissing, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.domain.onboarding import (
    AccountKind,
    Applicant,
    Application,
    ApplicationStatus,
    ChainFunction,
    Contact,
    Ineligibility,
    System,
    Verification,
)
from sandbox_server.kernel.money import Money
from tests.domain.builders import faults_of

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
COMPANY = Applicant(
    "Hudson Home Goods",
    AccountKind.VENDOR,
    Money(100_000_000, "USD"),
    3,
    (System.POS,),
    (ChainFunction.PRICES,),
    Contact("Zoë Núñez", "zoe@example.com"),
)
FINDING = Finding(Doubt.EXPIRED, "The report has expired.")


@dataclass
class Steps:
    """An application at each state."""

    eligible: Application
    ineligible: Application
    signed: Application
    verified: Application
    refused: Application
    live: Application


@pytest.fixture
def steps() -> Steps:
    eligible = onboarding.apply("app_1", COMPANY, NOW, "one")
    ineligible = onboarding.apply("app_2", msgspec.structs.replace(COMPANY, stores=2), NOW, "one")
    signed = onboarding.sign(eligible, "Zoë", "Counsel", NOW, "two")
    verified = onboarding.verify(signed, verification(), "three")
    refused = onboarding.verify(signed, verification(FINDING), "three")
    return Steps(eligible, ineligible, signed, verified, refused, onboarding.go_live(verified, LATER, "four"))


def verification(*findings: Finding) -> Verification:
    return Verification("chain-core@1", "c" * 64, NOW + timedelta(days=90), NOW, findings)


def test_a_company_at_the_limits_is_eligible(steps: Steps) -> None:
    assert (steps.eligible.status, steps.eligible.reasons) == (ApplicationStatus.ELIGIBLE, ())
    assert steps.eligible.history == (Change(NOW, None, "ELIGIBLE", "one"),)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account_kind": AccountKind.SELLER}, Ineligibility.NOT_A_VENDOR),
        ({"stores": 2}, Ineligibility.TOO_FEW_STORES),
        ({"yearly_trade": Money(99_999_999, "USD")}, Ineligibility.TOO_LITTLE_TRADE),
        ({"systems": ()}, Ineligibility.NO_SYSTEM),
        ({"technical_contact": None}, Ineligibility.NO_TECHNICAL_CONTACT),
    ],
)
def test_one_thing_that_is_missing_is_the_one_reason(changes: dict[str, object], reason: Ineligibility) -> None:
    application = onboarding.apply("app_1", msgspec.structs.replace(COMPANY, **changes), NOW, "one")
    assert (application.status, application.reasons) == (ApplicationStatus.INELIGIBLE, (reason,))


def test_every_reason_is_told() -> None:
    nobody = Applicant("Stall", AccountKind.SELLER, Money(0, "USD"), 0, (), (ChainFunction.PRICES,))
    assert onboarding.apply("app_1", nobody, NOW, "one").reasons == tuple(Ineligibility)


def test_trade_in_another_currency_is_not_weighed() -> None:
    with pytest.raises(Unprocessable) as refusal:
        onboarding.apply("app_1", msgspec.structs.replace(COMPANY, yearly_trade=Money(9, "JPY")), NOW, "one")
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("/yearlyTrade/currency", "CURRENCY")]


def test_each_step_is_recorded(steps: Steps) -> None:
    assert [(step.origin, step.to, step.cause) for step in steps.live.history] == [
        (None, "ELIGIBLE", "one"),
        ("ELIGIBLE", "NDA_SIGNED", "two"),
        ("NDA_SIGNED", "VERIFIED", "three"),
        ("VERIFIED", "LIVE", "four"),
    ]
    assert (steps.live.version, steps.live.live_at, steps.live.updated_at) == (4, LATER, LATER)
    assert steps.signed.signature == onboarding.Signature("Zoë", "Counsel", NOW)


def test_a_report_that_was_refused_can_be_followed_by_a_better_one(steps: Steps) -> None:
    assert steps.refused.status is ApplicationStatus.REFUSED
    assert onboarding.verify(steps.refused, verification(FINDING), "x").status is ApplicationStatus.REFUSED
    assert onboarding.verify(steps.refused, verification(), "x").status is ApplicationStatus.VERIFIED


def test_a_later_report_can_cost_a_company_its_verification(steps: Steps) -> None:
    assert onboarding.verify(steps.verified, verification(FINDING), "x").status is ApplicationStatus.REFUSED


@pytest.mark.parametrize("state", ["ineligible", "signed", "verified", "refused", "live"])
def test_only_who_is_eligible_signs(steps: Steps, state: str) -> None:
    with pytest.raises(IllegalTransition):
        onboarding.sign(getattr(steps, state), "Zoë", "Counsel", NOW, "x")


def test_who_cannot_join_is_told_every_reason_again_whatever_is_tried() -> None:
    nobody = Applicant("Stall", AccountKind.SELLER, Money(0, "USD"), 0, (), (ChainFunction.PRICES,))
    ineligible = onboarding.apply("app_1", nobody, NOW, "one")
    with pytest.raises(IllegalTransition) as refusal:
        onboarding.sign(ineligible, "Zoë", "Counsel", NOW, "x")
    assert refusal.value.faults == (
        Fault("", "NOT_A_VENDOR", "A vendor account with the marketplace is needed."),
        Fault("", "TOO_FEW_STORES", "At least 3 stores are needed."),
        Fault("", "TOO_LITTLE_TRADE", "At least 1000000 USD a year are needed."),
        Fault("", "NO_SYSTEM", "A POS, WMS or ERP is needed."),
        Fault("", "NO_TECHNICAL_CONTACT", "A technical contact is needed."),
    )


def test_who_is_not_verified_is_told_again_what_is_wrong_with_the_last_report(steps: Steps) -> None:
    refused = onboarding.verify(steps.signed, verification(FINDING, Finding(Doubt.VALIDITY, "Too long.")), "x")
    with pytest.raises(IllegalTransition) as refusal:
        onboarding.go_live(refused, NOW, "x")
    assert refusal.value.faults == (
        Fault("", "EXPIRED", "The report has expired."),
        Fault("", "VALIDITY", "Too long."),
    )


@pytest.mark.parametrize("state", ["eligible", "ineligible", "live"])
def test_a_report_is_judged_between_the_agreement_and_going_live(steps: Steps, state: str) -> None:
    with pytest.raises(IllegalTransition):
        onboarding.verify(getattr(steps, state), verification(), "x")


@pytest.mark.parametrize("state", ["eligible", "ineligible", "signed", "refused", "live"])
def test_only_who_is_verified_goes_live(steps: Steps, state: str) -> None:
    with pytest.raises(IllegalTransition):
        onboarding.go_live(getattr(steps, state), NOW, "x")


def test_who_waits_until_the_report_has_expired_does_not_go_live(steps: Steps) -> None:
    assert steps.verified.verification is not None
    last = steps.verified.verification.expires_at
    assert onboarding.go_live(steps.verified, last - timedelta(milliseconds=1), "x").live_at is not None
    with pytest.raises(Unprocessable) as refusal:
        onboarding.go_live(steps.verified, last, "x")
    assert [fault.code for fault in refusal.value.faults] == ["CERTIFICATE_EXPIRED"]


def test_the_contract_is_shown_from_the_agreement_on(steps: Steps) -> None:
    for application in (steps.signed, steps.verified, steps.refused, steps.live):
        onboarding.check_signed(application)
    for application, reason in ((steps.eligible, "NDA_MISSING"), (steps.ineligible, steps.ineligible.reasons[0])):
        with pytest.raises(NdaMissing) as refusal:
            onboarding.check_signed(application)
        assert faults_of(refusal.value) == [("", reason)]


@pytest.mark.parametrize(
    ("state", "step"),
    [("eligible", ["NDA_MISSING"]), ("signed", ["NOT_VERIFIED"]), ("verified", ["NOT_LIVE"]), ("refused", ["EXPIRED"])],
)
def test_who_is_not_live_is_told_what_to_do_for_it(steps: Steps, state: str, step: list[str]) -> None:
    with pytest.raises(IllegalTransition) as refusal:
        onboarding.check_live(getattr(steps, state))
    assert [fault.code for fault in refusal.value.faults] == step


def test_only_who_is_live_has_a_health(steps: Steps) -> None:
    assert onboarding.check_live(steps.live) == LATER
    with pytest.raises(IllegalTransition):
        onboarding.check_live(steps.verified)
