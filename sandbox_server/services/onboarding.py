"""How a chain joins: it applies, signs, is certified, and goes live."""

from datetime import datetime

from sandbox_server.domain import certificates
from sandbox_server.domain import onboarding as rules
from sandbox_server.domain.certificates import CertificationReport
from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.onboarding import Applicant, Application, Verification
from sandbox_server.kernel.ids import make_id
from sandbox_server.services.plans import Plans
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, application_id: str) -> Application:
    """
    Return an application.

    Raises:
        NotFound: There is none with this id.
    """
    application = tx.applications.get(application_id)
    if application is None:
        raise NotFound("application", application_id)
    return application


def apply(tx: Transaction, applicant: Applicant) -> Application:
    """
    Ask to join.

    Raises:
        Unprocessable: The company's trade is not told in US dollars.
    """
    application_id = make_id(tx.seed, "app", tx.applications.count() + 1)
    return _put(tx, rules.apply(application_id, applicant, tx.now, tx.cause))


def sign(tx: Transaction, application_id: str, name: str, title: str) -> Application:
    """
    Sign the agreement not to disclose.

    Raises:
        NotFound: There is no such application.
        IllegalTransition: It is signed already, or the company cannot join.
    """
    return _put(tx, rules.sign(get(tx, application_id), name, title, tx.now, tx.cause))


def signed(tx: Transaction, application_id: str) -> Application:
    """
    Return an application whose company may see the contract.

    Raises:
        NotFound: There is no such application.
        NdaMissing: Its company has not signed.
    """
    application = get(tx, application_id)
    rules.check_signed(application)
    return application


def submit(
    tx: Transaction,
    application_id: str,
    report: CertificationReport,
    validity: tuple[datetime, datetime],
    plans: Plans,
) -> Application:
    """
    Have a report about the company's client judged again.

    Args:
        validity: When the report was issued, and when it expires.

    Raises:
        NotFound: There is no such application.
        IllegalTransition: The agreement is not signed, or the company is live.
    """
    application = get(tx, application_id)
    findings = certificates.judge(report, *validity, plans.frozen, tx.now)
    verification = Verification(report.plan, report.hash, validity[1], tx.now, findings)
    return _put(tx, rules.verify(application, verification, tx.cause))


def go_live(tx: Transaction, application_id: str) -> Application:
    """
    Let a company in.

    Raises:
        NotFound: There is no such application.
        IllegalTransition: It is not verified.
        Unprocessable: What it was verified by has expired.
    """
    return _put(tx, rules.go_live(get(tx, application_id), tx.now, tx.cause))


def _put(tx: Transaction, application: Application) -> Application:
    tx.applications.put(application)
    return application
