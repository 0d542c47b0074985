"""The audit: every invariant of a tenant, with the calls that show what breaks it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sandbox_server.api.operation import Call, Reply
from sandbox_server.control import wire
from sandbox_server.control.registry import Record, Registry
from sandbox_server.domain.invariants import STATEMENTS, Breach
from sandbox_server.services.audit import audit
from sandbox_server.services.journal import Journal
from sandbox_server.services.metrics import Metrics
from sandbox_server.services.trail import audit_trail
from sandbox_server.traffic.faults import FaultRules

_SHOWN = 1000
_CALLS_SHOWN = 100
_NOT_APPLICABLE = {7}
"""Invariants about what the sandbox does not have yet."""


class Audits:
    """What answers at /tenants/{tenant}/audit."""

    def __init__(self, registry: Registry, metrics: Metrics) -> None:
        self._registry = registry
        self._metrics = metrics

    def get_audit(self, call: Call) -> Reply:
        """Answer GET …/audit."""
        record = self._registry.get(call.parameters["tenant"])
        with record.tenant.read() as tx:
            journal = record.tenant.power(Journal)
            now, breaches = tx.now, audit(tx)
            breaches += audit_trail(tx, journal, record.start, self._metrics.under_way)
        breaches += isolation(record, self._registry)
        calls = calls_about({breach.subject for breach in breaches}, journal)
        content = {
            "tenant": record.tenant.name,
            "at": wire.instant(now),
            "holds": not breaches,
            "invariants": [_invariant(number, breaches, calls) for number in STATEMENTS],
            "unusedFaults": list(record.tenant.power(FaultRules).unused),
        }
        return Reply(content=content)


def isolation(record: Record, others: Iterable[Record]) -> list[Breach]:
    """Name what a tenant shares with another that either could change, and clients that another's world knows (9)."""
    own, clients = _parts(record), _clients(record)
    found = []
    for other in others:
        if other is record:
            continue
        shared = sorted(name for name, part in _parts(other).items() if part is own.get(name))
        found += [Breach(9, f"{record.tenant.name}/{name}", f"it is {other.tenant.name}'s, too") for name in shared]
        found += [
            Breach(9, f"{record.tenant.name}/{client}", f"{other.tenant.name} knows this client, too")
            for client in sorted(clients & _clients(other))
        ]
    return found


def calls_about(subjects: Collection[str], journal: Journal) -> dict[str, list[int]]:
    """Return for each subject the numbers of the calls that changed it."""
    found: dict[str, list[int]] = {subject: [] for subject in subjects}
    for kept in journal.entries() if subjects else ():
        for key in {key for _, key, _, _ in kept.entry.changes}:
            if key in found and len(found[key]) < _CALLS_SHOWN:
                found[key].append(kept.entry.number)
    return found


def _invariant(number: int, breaches: Iterable[Breach], calls: Mapping[str, list[int]]) -> dict[str, Any]:
    broken = [breach for breach in breaches if breach.invariant == number]
    state = "BROKEN" if broken else "NOT_APPLICABLE" if number in _NOT_APPLICABLE else "HELD"
    shown = [{"subject": one.subject, "detail": one.detail, "entries": calls[one.subject]} for one in broken[:_SHOWN]]
    return {"number": number, "statement": STATEMENTS[number], "state": state, "breaches": shown}


def _parts(record: Record) -> Mapping[str, object]:
    """Return everything changeable that a world is made of."""
    world = record.standing.persistence
    return {**world.columns, "movements": world.movements, "deadlines": world.deadlines}


def _clients(record: Record) -> set[str]:
    with record.tenant.read() as tx:
        return {credential.client_id for credential in tx.credentials.select()}
