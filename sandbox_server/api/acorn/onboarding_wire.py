"""Applications, credentials and health in the contract's words."""

from sandbox_server.api.acorn.wire import Wire, history, instant, money, present
from sandbox_server.domain.certificates import Finding
from sandbox_server.domain.health import Score
from sandbox_server.domain.onboarding import Application, Contact, Verification
from sandbox_server.services.codec import unpacker
from sandbox_server.services.health import HealthCheck
from sandbox_server.services.issued import Login
from sandbox_server.services.ports import Packed

DOCUMENTS = [
    {"address": "/v1/openapi.json", "mediaType": "application/json"},
    {"address": "/v1/openapi.yaml", "mediaType": "application/yaml"},
]
"""Where the contract is to be had."""
_unpack = unpacker(Application)


def application(packed: Packed) -> Wire:
    """Return an application, without credentials."""
    one = _unpack(packed)
    asks = one.applicant
    signature = one.signature
    return present(
        applicationId=one.application_id,
        status=one.status,
        company=asks.company,
        accountKind=asks.account_kind,
        yearlyTrade=money(asks.yearly_trade),
        stores=asks.stores,
        systems=list(asks.systems),
        functions=list(asks.functions),
        technicalContact=_contact(asks.technical_contact) if asks.technical_contact is not None else None,
        reasons=list(one.reasons) or None,
        nda={"name": signature.name, "title": signature.title, "signedAt": instant(signature.at)}
        if signature is not None
        else None,
        verification=_verification(one.verification) if one.verification is not None else None,
        liveAt=instant(one.live_at) if one.live_at is not None else None,
        createdAt=instant(one.created_at),
        updatedAt=instant(one.updated_at),
        history=history(one.history),
    )


def credentials(login: Login) -> Wire:
    """Return what a client proves itself by."""
    return {
        "clientId": login.client_id,
        "clientSecret": login.secret,
        "apiKey": login.api_key,
        "tokenUrl": "/v1/oauth/token",
    }


def health_check(check: HealthCheck) -> Wire:
    """Return the health of a quarter."""
    return {
        "quarter": check.quarter.name,
        "from": instant(check.quarter.begins),
        "to": instant(check.quarter.ends),
        "complete": check.complete,
        "acknowledgements": _punctuality(check.acknowledgements),
        "shipments": _punctuality(check.shipments),
        "stockReports": _punctuality(check.stock_reports),
        "calls": _errors(check.calls),
    }


def _contact(contact: Contact) -> Wire:
    return present(name=contact.name, email=contact.email, phone=contact.phone)


def _verification(verification: Verification) -> Wire:
    return {
        "status": "REFUSED" if verification.findings else "VERIFIED",
        "plan": verification.plan,
        "reportHash": verification.report_hash,
        "expiresAt": instant(verification.expires_at),
        "judgedAt": instant(verification.judged_at),
        "reasons": [_finding(finding) for finding in verification.findings],
    }


def _finding(finding: Finding) -> Wire:
    return present(code=finding.code, message=finding.message, entry=finding.entry, check=finding.check)


def _punctuality(score: Score) -> Wire:
    return present(counted=score.counted, punctual=score.good, rate=_rate(score.good, score.counted))


def _errors(score: Score) -> Wire:
    errors = score.counted - score.good
    return present(counted=score.counted, errors=errors, rate=_rate(errors, score.counted))


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
