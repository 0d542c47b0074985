"""How a chain joins the marketplace: what an application must say, and the states that it has."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from sandbox_server.domain.certificates import Finding
from sandbox_server.domain.errors import Fault, IllegalTransition, NdaMissing, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.kernel.money import Money

FEWEST_STORES = 3
LEAST_TRADE = Money(100_000_000, "USD")
"""A million a year."""


class AccountKind(StrEnum):
    """What kind of account the company has with the marketplace."""

    VENDOR = "VENDOR"
    SELLER = "SELLER"


class System(StrEnum):
    """What a company's stores run on."""

    POS = "POS"
    WMS = "WMS"
    ERP = "ERP"


class ChainFunction(StrEnum):
    """What a company wants of the marketplace."""

    UNIFIED_INVENTORY = "UNIFIED_INVENTORY"
    STORE_FULFILMENT = "STORE_FULFILMENT"
    STORE_RETURNS = "STORE_RETURNS"
    TRANSFERS = "TRANSFERS"
    PRICES = "PRICES"
    REPORTS = "REPORTS"


class Ineligibility(StrEnum):
    """Why a company cannot join."""

    NOT_A_VENDOR = "NOT_A_VENDOR"
    TOO_FEW_STORES = "TOO_FEW_STORES"
    TOO_LITTLE_TRADE = "TOO_LITTLE_TRADE"
    NO_SYSTEM = "NO_SYSTEM"
    NO_TECHNICAL_CONTACT = "NO_TECHNICAL_CONTACT"


_ASKED_FOR: Mapping[Ineligibility, str] = {
    Ineligibility.NOT_A_VENDOR: "A vendor account with the marketplace is needed.",
    Ineligibility.TOO_FEW_STORES: f"At least {FEWEST_STORES} stores are needed.",
    Ineligibility.TOO_LITTLE_TRADE: f"At least {LEAST_TRADE.minor // 100} {LEAST_TRADE.currency} a year are needed.",
    Ineligibility.NO_SYSTEM: "A POS, WMS or ERP is needed.",
    Ineligibility.NO_TECHNICAL_CONTACT: "A technical contact is needed.",
}


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    ELIGIBLE = "ELIGIBLE"
    INELIGIBLE = "INELIGIBLE"
    NDA_SIGNED = "NDA_SIGNED"
    VERIFIED = "VERIFIED"
    REFUSED = "REFUSED"
    LIVE = "LIVE"


_S = ApplicationStatus
TRANSITIONS: Mapping[ApplicationStatus, frozenset[ApplicationStatus]] = {
    _S.ELIGIBLE: frozenset({_S.NDA_SIGNED}),
    _S.INELIGIBLE: frozenset(),
    _S.NDA_SIGNED: frozenset({_S.VERIFIED, _S.REFUSED}),
    _S.VERIFIED: frozenset({_S.VERIFIED, _S.REFUSED, _S.LIVE}),
    _S.REFUSED: frozenset({_S.VERIFIED, _S.REFUSED}),
    _S.LIVE: frozenset(),
}

_NEXT: Mapping[ApplicationStatus, Fault] = {
    _S.ELIGIBLE: Fault("", "NDA_MISSING", "Sign the agreement with POST …/nda."),
    _S.NDA_SIGNED: Fault("", "NOT_VERIFIED", "Send a certification report with POST …/test-reports."),
    _S.VERIFIED: Fault("", "NOT_LIVE", "Go live with POST …/go-live."),
}
"""What a company does next, where nothing keeps it from that."""

BEGINNINGS = frozenset({_S.ELIGIBLE, _S.INELIGIBLE})
"""What an application can be at first."""

SIGNED = frozenset({_S.NDA_SIGNED, _S.VERIFIED, _S.REFUSED, _S.LIVE})
"""Where the company may see the contract."""


class Contact(msgspec.Struct, frozen=True, array_like=True):
    """Somebody to write to."""

    name: str
    email: str
    phone: str | None = None


class Applicant(msgspec.Struct, frozen=True, array_like=True):
    """
    What a company says of itself.

    Args:
        yearly_trade: In US dollars.
        stores: How many it has.
    """

    company: str
    account_kind: AccountKind
    yearly_trade: Money
    stores: int
    systems: tuple[System, ...]
    functions: tuple[ChainFunction, ...]
    technical_contact: Contact | None = None


class Signature(msgspec.Struct, frozen=True, array_like=True):
    """Who signed the agreement not to disclose, and when."""

    name: str
    title: str
    at: datetime


class Verification(msgspec.Struct, frozen=True, array_like=True):
    """
    What came of a report about the company's client.

    Args:
        findings: Everything that is wrong with the report; none where it was verified.
    """

    plan: str
    report_hash: str
    expires_at: datetime
    judged_at: datetime
    findings: tuple[Finding, ...] = ()


class Application(msgspec.Struct, frozen=True, array_like=True):
    """
    A company that wants to join.

    Args:
        reasons: Everything that keeps it from joining.
        verification: What came of the report that was judged last.
        live_at: When it went live.
    """

    application_id: str
    status: ApplicationStatus
    applicant: Applicant
    created_at: datetime
    updated_at: datetime
    history: tuple[Change, ...]
    reasons: tuple[Ineligibility, ...] = ()
    signature: Signature | None = None
    verification: Verification | None = None
    live_at: datetime | None = None
    version: int = 1


def ineligibilities(applicant: Applicant) -> tuple[Ineligibility, ...]:
    """Return everything that keeps a company from joining."""
    rules = {
        Ineligibility.NOT_A_VENDOR: applicant.account_kind is not AccountKind.VENDOR,
        Ineligibility.TOO_FEW_STORES: applicant.stores < FEWEST_STORES,
        Ineligibility.TOO_LITTLE_TRADE: applicant.yearly_trade.minor < LEAST_TRADE.minor,
        Ineligibility.NO_SYSTEM: not applicant.systems,
        Ineligibility.NO_TECHNICAL_CONTACT: applicant.technical_contact is None,
    }
    return tuple(reason for reason, applies in rules.items() if applies)


def apply(application_id: str, applicant: Applicant, now: datetime, cause: str) -> Application:
    """
    Return a new application, judged.

    Raises:
        Unprocessable: Its trade is not told in US dollars.
    """
    if applicant.yearly_trade.currency != LEAST_TRADE.currency:
        fault = Fault("/yearlyTrade/currency", "CURRENCY", f"It must be {LEAST_TRADE.currency}.")
        raise Unprocessable("A year's trade is told in US dollars.", [fault])
    reasons = ineligibilities(applicant)
    status = _S.INELIGIBLE if reasons else _S.ELIGIBLE
    history = (Change(now, None, status, cause),)
    return Application(application_id, status, applicant, now, now, history, reasons)


def sign(application: Application, name: str, title: str, now: datetime, cause: str) -> Application:
    """
    Return the application with the agreement signed.

    Raises:
        IllegalTransition: It is signed already, or the company cannot join; with every reason.
    """
    signed = _move(application, _S.NDA_SIGNED, now, cause)
    return msgspec.structs.replace(signed, signature=Signature(name, title, now))


def check_signed(application: Application) -> None:
    """
    Raise unless the company may see the contract.

    Raises:
        NdaMissing: It has not signed.
    """
    if application.status not in SIGNED:
        raise NdaMissing(application.application_id, _obstacles(application))


def verify(application: Application, verification: Verification, cause: str) -> Application:
    """
    Return the application with a report judged: verified where nothing is wrong with it, else refused.

    Raises:
        IllegalTransition: The agreement is not signed, or the company is live.
    """
    status = _S.REFUSED if verification.findings else _S.VERIFIED
    moved = _move(application, status, verification.judged_at, cause)
    return msgspec.structs.replace(moved, verification=verification)


def go_live(application: Application, now: datetime, cause: str) -> Application:
    """
    Return the application of a company that is live.

    Raises:
        IllegalTransition: It is not verified; with everything that is wrong with its last report.
        Unprocessable: What it was verified by has expired.
    """
    live = _move(application, _S.LIVE, now, cause)
    verification = application.verification
    assert verification is not None, "what is verified was judged"
    if now >= verification.expires_at:
        fault = Fault("", "CERTIFICATE_EXPIRED", "Certify the client again, and send the new report.")
        raise Unprocessable("The report that the client was verified by has expired.", [fault])
    return msgspec.structs.replace(live, live_at=now)


def check_live(application: Application) -> datetime:
    """
    Return since when a company is live.

    Raises:
        IllegalTransition: It is not.
    """
    if application.live_at is None:
        raise _refusal(application, "checked")
    return application.live_at


def _move(application: Application, to: ApplicationStatus, now: datetime, cause: str) -> Application:
    if to not in TRANSITIONS[application.status]:
        raise _refusal(application, to)
    return msgspec.structs.replace(
        application,
        status=to,
        updated_at=now,
        history=(*application.history, Change(now, application.status, to, cause)),
        version=application.version + 1,
    )


def _refusal(application: Application, wanted: str) -> IllegalTransition:
    return IllegalTransition(
        "application", application.application_id, application.status, wanted, _obstacles(application)
    )


def _obstacles(application: Application) -> Iterator[Fault]:
    """Give everything that has kept an application from getting further, or what its next step is."""
    for reason in application.reasons:
        yield Fault("", reason, _ASKED_FOR[reason])
    if application.status in _NEXT:
        yield _NEXT[application.status]
    for finding in application.verification.findings if application.verification is not None else ():
        yield Fault("", finding.code, finding.message)
