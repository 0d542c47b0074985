"""How a chain joins: it applies, signs, hands in reports about its client, and goes live."""

from datetime import datetime, timedelta
from typing import Any

from sandbox_server.conformance.calls import Path
from sandbox_server.conformance.probes.acts import act, moved, read
from sandbox_server.conformance.probes.orders import now
from sandbox_server.conformance.sealing import sealed
from sandbox_server.conformance.stage import Stage


def onboarding(stage: Stage) -> None:
    """Apply, sign, hand in a report that is refused and one that is not, and go live."""
    own = signed(stage)
    read(stage, "getApplication", path=own)
    read(stage, "listApplications", {"limit": 5})
    read(stage, "getApplicationContract", path=own)
    refused = stage.document.operations["submitTestReport"].example
    moved(stage, act(stage, "submitTestReport", refused, path=own), "REFUSED")
    if not stage.has_operator:
        stage.lack("the plans that clients are certified by are told to an operator")
        return
    moved(stage, act(stage, "submitTestReport", certificate(stage), path=own), "VERIFIED")
    moved(stage, act(stage, "goLive", path=own), "LIVE")
    read(stage, "getHealthChecks", path=own)


def signed(stage: Stage) -> Path:
    """Apply and sign, and return what names the application in a path."""
    made = act(stage, "createApplication", stage.document.operations["createApplication"].example)
    own = {"applicationId": made.json["applicationId"]}
    moved(stage, made, "ELIGIBLE")
    early = stage.api.call("getApplicationContract", path=own)
    stage.hold(early.status == 403, "The contract is shown before the agreement.", made, early, expected=403)
    example = stage.document.operations["signAgreement"].example
    moved(stage, act(stage, "signAgreement", example, path=own), "NDA_SIGNED")
    return own


def certificate(stage: Stage, valid_days: int = 30) -> dict[str, Any]:
    """
    Return the report of a client that has passed a plan. It can be written, for it is judged by what it says alone.

    Raises:
        Unavailable: No plan is known.
    """
    plan = stage.operator.plan()
    issued = now(stage)
    expires = datetime.fromisoformat(issued) + timedelta(days=valid_days)
    verdicts = [{"check": check["id"], "verdict": "PASS"} for check in plan["checks"]]
    return sealed(
        {
            "plan": plan["plan"],
            "planHash": plan["hash"],
            "issuedAt": issued,
            "expiresAt": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
            "verdicts": verdicts,
            "evidence": [{**one, "content": "Written by the contract suites."} for one in verdicts],
        }
    )
