"""
How the report of a certification is sealed, for who writes one.

A hash is the SHA-256, in hexadecimal, of canonical JSON: members in the order of their names, no blanks, UTF-8. An
entry of the evidence is hashed with the hash of the entry before in it, the report with all of its entries in it.

Source: contract, `CertificationReport`.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

_NOTHING_BEFORE = "0" * 64


def sealed(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report with the hashes that it ought to have, those of its evidence included."""
    before, evidence = _NOTHING_BEFORE, []
    for entry in report["evidence"]:
        whole = {**entry, "previousHash": before}
        before = hashed(whole)
        evidence.append({**whole, "hash": before})
    return seal({**report, "evidence": evidence})


def seal(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report with its own hash; those of its evidence stay."""
    return {**report, "hash": hashed(report)}


def hashed(members: Mapping[str, Any]) -> str:
    """Return the hash of all members but the hash itself."""
    left = {name: value for name, value in members.items() if name != "hash"}
    return sha256(json.dumps(left, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
