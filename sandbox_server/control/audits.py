"""The audit: every invariant of a tenant, with the calls that show what breaks it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sandbox_server.api.operation import Call, Reply
from sandbox_server.control import wire
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.control.turns import in_turns
from sandbox_server.domain.invariants import STATEMENTS, Breach
from sandbox_server.services.audit import audit
from sandbox_server.services.journal import Journal
from sandbox_server.services.metrics import Metrics
from sandbox_server.services.steps import Steps
from sandbox_server.services.stretch import Stretch
from sandbox_server.services.trail import audit_trail, key_of
from sandbox_server.traffic.faults import FaultRules
from sandbox_server.traffic.journal import Entry

_SHOWN = 1000
_CALLS_SHOWN = 100
_ID = re.compile(r"\b(?:ord|shp|ret|trf|stl)_[0-9a-z]+")


class Audits:
    """What answers at /tenants/{tenant}/audit."""

    def __init__(self, registry: Registry, metrics: Metrics) -> None:
        self._registry = registry
        self._metrics = metrics

    async def get_audit(self, call: Call) -> Reply:
        """Answer GET …/audit: of the moment at which it is asked for, however long that takes."""
        return Reply(content=await in_turns(self._audit(self._registry.get(call.parameters["tenant"]))))

    def _audit(self, record: Record) -> Steps[dict[str, Any]]:
        # Asking for the journal may do here what others have done meanwhile, so it comes before the world is looked at.
        calls = record.tenant.power(Journal).as_it_stands()
        with record.tenant.read() as tx:
            now, in_the_world = tx.now, audit(tx)
            under_way = self._metrics.under_way | record.tenant.power(Journal).expected
            on_the_way = audit_trail(tx, calls, record.start, under_way, record.gaps)
        between_tenants, unused = isolation(record, self._registry), list(record.tenant.power(FaultRules).unused)
        breaches = [*(yield from in_the_world), *(yield from on_the_way), *between_tenants]
        entries = yield from calls_about(breaches, calls)
        return {
            "tenant": record.tenant.name,
            "at": wire.instant(now),
            "holds": not breaches,
            "invariants": [_invariant(number, breaches, entries) for number in STATEMENTS],
            "unusedFaults": unused,
        }


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
            for client in _known(other, clients)
        ]
    return found


def calls_about(breaches: Collection[Breach], calls: Stretch) -> Steps[dict[Breach, list[int]]]:
    """Return for each breach the numbers of the calls that changed what it is about, or that it is about."""
    names = {breach: _names(breach) for breach in breaches}
    found: dict[str, list[int]] = {name: [] for of_breach in names.values() for name in of_breach}
    for part in calls.parts() if found else ():
        for entry in (kept.entry for kept in part.entries):
            for name in found.keys() & set(_names_of(entry)):
                found[name].append(entry.number)
            yield
    return {
        breach: sorted({number for name in of_breach for number in found[name]})[:_CALLS_SHOWN]
        for breach, of_breach in names.items()
    }


def _names(breach: Breach) -> set[str]:
    """Return what a breach may be about: its subject, the thing that the subject is a part of, things in its detail."""
    return {breach.subject, *_ID.findall(f"{breach.subject} {breach.detail}")}


def _names_of(entry: Entry) -> Iterator[str]:
    """Return what a call may be named by, or is about."""
    yield f"call {entry.number}"
    yield from (key for _, key, _, _ in entry.changes)
    if key := key_of(entry):
        yield "/".join(key)


def _invariant(number: int, breaches: Iterable[Breach], calls: Mapping[Breach, list[int]]) -> dict[str, Any]:
    broken = [breach for breach in breaches if breach.invariant == number]
    state = "BROKEN" if broken else "HELD"
    shown = [{"subject": one.subject, "detail": one.detail, "entries": calls[one]} for one in broken[:_SHOWN]]
    return {"number": number, "statement": STATEMENTS[number], "state": state, "breaches": shown}


def _parts(record: Record) -> Mapping[str, object]:
    """Return everything changeable that a world is made of."""
    world = record.standing.persistence
    return {**world.columns, "movements": world.movements, "deadlines": world.deadlines}


def _clients(record: Record) -> list[str]:
    with record.tenant.read() as tx:
        return sorted(credential.client_id for credential in tx.credentials.select())


def _known(record: Record, clients: Iterable[str]) -> list[str]:
    """Return those of the clients that a tenant knows; there may be hundreds of tenants to ask."""
    with record.tenant.read() as tx:
        return [client for client in clients if tx.credentials.has(client)]
