"""What the operator's interface says, in its wire form."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sandbox_server.api.operation import Call
from sandbox_server.api.pagination import decode, encode, filters_of
from sandbox_server.control.logins import Login
from sandbox_server.control.record import Record
from sandbox_server.control.standing import Snapshot
from sandbox_server.domain.events import DueEvent
from sandbox_server.kernel.clock import VirtualClock
from sandbox_server.services.ports import Transaction
from sandbox_server.traffic.throttle import Throttle

T = TypeVar("T")

BASE = "/_sandbox/v1"
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def instant(at: datetime) -> str:
    """Return an instant in UTC as the wire has it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tenant(record: Record, *, with_credentials: bool) -> dict[str, Any]:
    """Return a tenant; its credentials only where nobody lists it beside others."""
    with record.tenant.read() as tx:
        content: dict[str, Any] = {
            "name": record.tenant.name,
            "fixture": record.fixture,
            "seed": tx.seed,
            "currency": tx.currency,
            "clock": clock(record.clock, tx),
            "counts": record.standing.counts(),
            "throttleProfile": record.tenant.power(Throttle).profile,
        }
    if with_credentials:
        content["credentials"] = [_credentials(login) for login in record.logins]
    return content


def clock(virtual: VirtualClock, tx: Transaction) -> dict[str, Any]:
    """Return a clock, and what is due next by it."""
    content: dict[str, Any] = {"mode": virtual.mode, "scale": virtual.scale, "now": instant(tx.now)}
    event = tx.next_due(_END_OF_TIME)
    return content if event is None else {**content, "nextDue": due(event)}


def due(event: DueEvent) -> dict[str, Any]:
    """Return something that the clock does."""
    return {"due": instant(event.due), "kind": event.kind.name, "subject": event.subject}


def advanced(
    start: datetime, end: datetime, ran: Sequence[DueEvent], list_at_most: int, under_way: int = 0
) -> dict[str, Any]:
    """Return what was done while time passed."""
    kinds = Counter(event.kind.name for event in ran)
    return {
        "from": instant(start),
        "to": instant(end),
        "done": len(ran),
        "byKind": [{"kind": kind, "done": done} for kind, done in sorted(kinds.items())],
        "ran": [due(event) for event in ran[:list_at_most]],
        "webhooksUnderWay": under_way,
    }


def snapshot(kept: Snapshot) -> dict[str, Any]:
    """Return what is known of a snapshot."""
    content = {
        "snapshotId": kept.snapshot_id,
        "tenant": kept.tenant,
        "fixture": kept.standing.fixture,
        "seed": kept.standing.seed,
        "at": instant(kept.standing.now),
        "counts": kept.standing.counts(),
    }
    return {**content, "label": kept.label} if kept.label else content


def page(
    call: Call, items: Sequence[tuple[int, T]], to_wire: Callable[[T], Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    """
    Return one page of a list.

    Args:
        items: Everything that is listed, each with its position, rising.
        to_wire: Makes the wire form of what is on the page.
        seed: What cursors are signed with.
    """
    asked, filters = call.parameters, filters_of(call)
    after = decode(asked["cursor"], filters, seed) if "cursor" in asked else 0
    left = [(position, item) for position, item in items if position > after]
    shown = left[: asked["limit"]]
    content: dict[str, Any] = {"items": [to_wire(item) for _, item in shown]}
    return {**content, "nextCursor": encode(shown[-1][0], filters, seed)} if len(left) > len(shown) else content


def _credentials(login: Login) -> dict[str, Any]:
    credential = login.credential
    content: dict[str, Any] = {
        "clientId": credential.client_id,
        "clientSecret": login.secret,
        "apiKey": login.api_key,
        "scopes": list(credential.scopes),
        "suspended": credential.suspended,
    }
    return {**content, "stores": list(credential.stores)} if credential.stores else content
