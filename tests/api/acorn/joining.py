"""A company on its way into the marketplace, and the certification report that it shows."""

from typing import Any

from sandbox_server.services.plans import Plans
from tests.api.acorn.sandbox import Sandbox
from tests.certified import PLANS, certified

__all__ = ["application", "applied", "certified", "live", "signature", "signed", "verified"]


def application(**changes: Any) -> Any:
    """Return the body of an application that is eligible, changed where a test says so; None takes a member away."""
    body = {
        "company": "Hudson Home Goods",
        "accountKind": "VENDOR",
        "yearlyTrade": {"amount": "1000000.00", "currency": "USD"},
        "stores": 3,
        "systems": ["POS"],
        "technicalContact": {"name": "Zoë Núñez", "email": "zoe@example.com"},
        "functions": ["UNIFIED_INVENTORY"],
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def signature() -> Any:
    """Return the body that signs the agreement."""
    return {"name": "Zoë Núñez", "title": "General counsel"}


def applied(sandbox: Sandbox, **changes: Any) -> str:
    """Return the id of a new application."""
    answer = sandbox.post("/applications", application(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["applicationId"])


def signed(sandbox: Sandbox) -> str:
    """Return the id of an application whose agreement is signed."""
    name = applied(sandbox)
    assert sandbox.post(f"/applications/{name}/nda", signature()).is_success
    return name


def verified(sandbox: Sandbox) -> str:
    """Return the id of an application whose client is verified."""
    sandbox.tenant.equip(Plans(PLANS))
    name = signed(sandbox)
    answer = sandbox.post(f"/applications/{name}/test-reports", certified())
    assert answer.json()["status"] == "VERIFIED", answer.text
    return name


def live(sandbox: Sandbox) -> str:
    """Return the id of an application that is live."""
    name = verified(sandbox)
    assert sandbox.call("POST", f"/applications/{name}/go-live").is_success
    return name
