"""What a company sends to join, already held against the contract, in the domain's words."""

from datetime import datetime

import msgspec

from sandbox_server.api.acorn.intake import Body, moment
from sandbox_server.domain.certificates import CertificationReport
from sandbox_server.domain.errors import Fault, Unprocessable
from sandbox_server.domain.onboarding import AccountKind, Applicant, ChainFunction, Contact, System
from sandbox_server.kernel.money import parse_money


def applicant(body: Body) -> Applicant:
    """
    Return what a company says of itself.

    Raises:
        Unprocessable: Its trade is no amount of the currency that it names.
    """
    try:
        trade = parse_money(body["yearlyTrade"]["amount"], body["yearlyTrade"]["currency"])
    except ValueError as error:
        fault = Fault("/yearlyTrade/amount", "AMOUNT", f"{error}.")
        raise Unprocessable("The year's trade is no amount of money.", [fault]) from None
    contact = body.get("technicalContact")
    return Applicant(
        body["company"],
        AccountKind(body["accountKind"]),
        trade,
        body["stores"],
        tuple(map(System, body["systems"])),
        tuple(map(ChainFunction, body["functions"])),
        Contact(contact["name"], contact["email"], contact.get("phone")) if contact is not None else None,
    )


def certification_report(body: Body) -> tuple[CertificationReport, tuple[datetime, datetime]]:
    """Return what a certification says, and from when to when it says so."""
    return msgspec.convert(body, CertificationReport), (moment(body["issuedAt"]), moment(body["expiresAt"]))
