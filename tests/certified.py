"""A certification report as it ought to be, and one that is sealed again after a change."""

import json
from hashlib import sha256
from typing import Any

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


def sealed(report: Any) -> Any:
    """Return a report with the hashes that it ought to have."""
    before, evidence = "0" * 64, []
    for entry in report["evidence"]:
        whole = {**entry, "previousHash": before}
        before = hashed(whole)
        evidence.append({**whole, "hash": before})
    return seal({**report, "evidence": evidence})


def seal(report: Any) -> Any:
    """Return a report with its own hash; those of its evidence stay."""
    return {**report, "hash": hashed(report)}


def hashed(members: Any) -> str:
    """Return the hash of all members but the hash itself."""
    left = {name: value for name, value in members.items() if name != "hash"}
    return sha256(json.dumps(left, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
