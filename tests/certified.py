"""A certification report as it ought to be."""

from typing import Any

from sandbox_server.conformance.sealing import sealed
from sandbox_server.domain.certificates import FrozenPlan

PLANS = {"chain-core@1": FrozenPlan("c" * 64, {"order.ack-once": True, "ship.once": False})}


def certified(**changes: Any) -> Any:
    """Return a report of two checks that passed, changed where a test says so before it is sealed."""
    report = {
        "plan": "chain-core@1",
        "planHash": PLANS["chain-core@1"].hash,
        "issuedAt": "2026-11-27T14:00:00Z",
        "expiresAt": "2027-02-27T14:00:00Z",
        "verdicts": [{"check": "order.ack-once", "verdict": "PASS"}, {"check": "ship.once", "verdict": "WARN"}],
        "evidence": [
            {"check": "order.ack-once", "verdict": "PASS", "content": "journal 41: 200"},
            {"check": "ship.once", "verdict": "WARN", "content": "journal 42: Größe 7"},
        ],
    }
    return sealed(report | changes)
