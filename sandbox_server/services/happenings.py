"""Noting what happened, and scheduling what is to happen."""

from collections.abc import Sequence
from datetime import datetime

from sandbox_server.domain.events import DueEvent, DueKind, Event, EventType, due_key
from sandbox_server.domain.webhooks import Subscription
from sandbox_server.kernel.ids import make_id
from sandbox_server.services.ports import Transaction


def emit(tx: Transaction, kind: EventType, subject: str) -> None:
    """Note that something happened to an order, a shipment, a return, a store …: to whatever the type is about."""
    event_id = make_id(tx.seed, "evt", tx.events.count() + 1)
    tx.events.put(Event(event_id, kind, tx.now, subject, tx.cause))


def awaited_types(tx: Transaction) -> frozenset[EventType]:
    """Return the types of event that a subscription asks for: some are too many to note where nobody does."""
    return tx.subscriptions.derived(_awaited)


def schedule(tx: Transaction, kind: DueKind, subject: str, due: datetime | None) -> None:
    """
    Have something done at an instant, instead of any time it was to be done at before.

    Args:
        due: An instant that has passed already counts as now; None calls it off.
    """
    at = max(due, tx.now) if due is not None else None
    planned = tx.due.get(due_key(kind, subject))
    if planned is not None and planned.due != at:
        tx.due.remove(planned.key)  # not replaced: each scheduling has a sequence of its own
    if at is not None and (planned is None or planned.due != at):
        tx.due.put(DueEvent(kind, subject, at, tx.due.count() + 1))


def _awaited(subscriptions: Sequence[Subscription]) -> frozenset[EventType]:
    return frozenset(kind for kind in EventType if any(one.wants(kind) for one in subscriptions))
