"""The audit: every invariant of a tenant, with the calls that show what breaks it."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox_server.api.operation import Call, Reply
from sandbox_server.control import wire
from sandbox_server.control.registry import Record, Registry
from sandbox_server.domain.invariants import STATEMENTS, Breach
from sandbox_server.services.audit import audit

_SHOWN = 1000
_NOT_APPLICABLE = {6, 7}
"""Invariants about what the sandbox does not have yet."""


class Audits:
    """What answers at /tenants/{tenant}/audit."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get_audit(self, call: Call) -> Reply:
        """Answer GET …/audit."""
        record = self._registry.get(call.parameters["tenant"])
        with record.tenant.read() as tx:
            now, breaches = tx.now, audit(tx)
        breaches += isolation(record, self._registry)
        content = {
            "tenant": record.tenant.name,
            "at": wire.instant(now),
            "holds": not breaches,
            "invariants": [_invariant(number, breaches) for number in STATEMENTS],
            "unusedFaults": [],
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


def _invariant(number: int, breaches: Iterable[Breach]) -> dict[str, Any]:
    broken = [breach for breach in breaches if breach.invariant == number]
    state = "BROKEN" if broken else "NOT_APPLICABLE" if number in _NOT_APPLICABLE else "HELD"
    shown = [{"subject": one.subject, "detail": one.detail, "entries": []} for one in broken[:_SHOWN]]
    return {"number": number, "statement": STATEMENTS[number], "state": state, "breaches": shown}


def _parts(record: Record) -> Mapping[str, object]:
    """Return everything changeable that a world is made of."""
    world = record.standing.persistence
    return {**world.columns, "movements": world.movements, "deadlines": world.deadlines}


def _clients(record: Record) -> set[str]:
    with record.tenant.read() as tx:
        return {credential.client_id for credential in tx.credentials.select()}
