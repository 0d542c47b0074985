"""What is to be sent to the receivers of events, and what came of it."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from sandbox_server.domain import webhooks as rules
from sandbox_server.domain.events import DueKind, Event, EventType
from sandbox_server.domain.webhooks import (
    Attempt,
    Delivery,
    DisabledReason,
    Outbox,
    Outcome,
    Subscription,
    webhook_id,
)
from sandbox_server.services.happenings import emit, schedule
from sandbox_server.services.ports import Query, Transaction

_PAGE = 100
_FAR = 1000


class Letter(NamedTuple):
    """
    An event that is to be sent to a receiver now.

    Args:
        number: The how manieth attempt it is, from 1.
        seen: The number of the event in the feed; 0 for one that has waited.
    """

    subscription: Subscription
    event: Event
    number: int
    seen: int

    @property
    def webhook_id(self) -> str:
        """What its receiver knows it by."""
        return webhook_id(self.event.event_id, self.subscription.subscription_id)


class Result(NamedTuple):
    """
    What came of an attempt.

    Args:
        at: The virtual time at which it began.
        latency_ms: Milliseconds of real time that it took.
        status: The receiver's answer; None where there was none.
    """

    at: datetime
    outcome: Outcome
    latency_ms: int
    status: int | None = None


def next_letter(tx: Transaction, subscription_id: str) -> Letter | None:
    """Return what is to be sent to a receiver now: what has waited and is due, or else the next event of the feed."""
    subscription, progress = tx.subscriptions.get(subscription_id), tx.outboxes.get(subscription_id)
    if subscription is None or progress is None or not subscription.enabled:
        return None
    ready = tx.deliveries.page(Query({"ready": subscription_id}, limit=1)).rows
    if ready:
        delivery = tx.deliveries.unpack(ready[0])
        return Letter(subscription, delivery.event, delivery.attempts + 1, 0)
    if progress.waiting >= rules.MOST_WAITING:
        return None
    seen, event = _next_event(tx, subscription, progress.seen)
    return Letter(subscription, event, 1, seen) if event is not None else None


def is_far_behind(tx: Transaction, subscription_id: str) -> bool:
    """Whether much of the feed, which the subscription does not want, would be looked at again and again."""
    progress = tx.outboxes.get(subscription_id)
    if progress is None or progress.waiting >= rules.MOST_WAITING:
        return False
    return tx.events.count() - progress.seen > _FAR


def pass_over(tx: Transaction, subscription_id: str) -> None:
    """Remember that nothing in the feed is to be sent to a receiver."""
    progress = tx.outboxes.get(subscription_id)
    if progress is not None:
        tx.outboxes.put(msgspec.structs.replace(progress, seen=tx.events.count()))


def record(tx: Transaction, letter: Letter, result: Result) -> None:
    """Write down what came of an attempt, and what follows from it."""
    subscription_id = letter.subscription.subscription_id
    subscription, progress = tx.subscriptions.get(subscription_id), tx.outboxes.get(subscription_id)
    if subscription is None or progress is None:
        return
    again_at = rules.next_attempt(letter.number, result.outcome, tx.now) if subscription.enabled else None
    tx.attempts.put(
        Attempt(
            subscription_id,
            letter.event.event_id,
            letter.event.type,
            letter.number,
            result.at,
            result.outcome,
            result.latency_ms,
            result.status,
            again_at,
        )
    )
    _forget_the_oldest_attempts(tx, subscription_id)
    waiting = progress.waiting + _keep(tx, letter, again_at)
    since = None if result.outcome is Outcome.DELIVERED else progress.failing_since or tx.now
    tx.outboxes.put(Outbox(subscription_id, max(progress.seen, letter.seen), waiting, since))
    if result.outcome is Outcome.GONE and subscription.enabled:
        disable(tx, subscription, DisabledReason.GONE)
    elif since != progress.failing_since and subscription.enabled:
        ends = since + rules.FAILING_FOR if since is not None else None
        schedule(tx, DueKind.SUBSCRIPTION_FAILING, subscription_id, ends)


def add(tx: Transaction, subscription_id: str, event: Event) -> bool:
    """Have an event sent that is not in the feed; return False where too much waits already."""
    progress = tx.outboxes.get(subscription_id)
    if progress is None or progress.waiting >= rules.MOST_WAITING:
        return False
    tx.deliveries.put(Delivery(webhook_id(event.event_id, subscription_id), subscription_id, event, 0, ready=True))
    tx.outboxes.put(msgspec.structs.replace(progress, waiting=progress.waiting + 1))
    return True


def retry(tx: Transaction, key: str) -> None:
    """Have an event sent again whose time has come."""
    delivery = tx.deliveries.get(key)
    if delivery is not None:
        tx.deliveries.put(msgspec.structs.replace(delivery, ready=True))


def give_up(tx: Transaction, subscription_id: str) -> None:
    """Disable a subscription that has failed for too long, and warn of it."""
    subscription = tx.subscriptions.get(subscription_id)
    if subscription is not None and subscription.enabled:
        disable(tx, subscription, DisabledReason.FAILING)
        emit(tx, EventType.ACCOUNT_WARNING, subscription_id)


def disable(tx: Transaction, subscription: Subscription, reason: DisabledReason) -> None:
    """Send a receiver nothing more."""
    drop(tx, subscription.subscription_id)
    tx.subscriptions.put(rules.disabled(subscription, reason, tx.now))


def drop(tx: Transaction, subscription_id: str) -> None:
    """Forget what waits for a receiver."""
    for delivery in list(tx.deliveries.select(subscription_id=subscription_id)):
        schedule(tx, DueKind.WEBHOOK, delivery.webhook_id, None)
        tx.deliveries.remove(delivery.webhook_id)
    schedule(tx, DueKind.SUBSCRIPTION_FAILING, subscription_id, None)
    progress = tx.outboxes.get(subscription_id)
    if progress is not None:
        tx.outboxes.put(msgspec.structs.replace(progress, waiting=0, failing_since=None))


def forget_attempts(tx: Transaction, subscription_id: str) -> None:
    """Forget what came of all attempts of a subscription."""
    for attempt in list(tx.attempts.select(subscription_id=subscription_id)):
        tx.attempts.remove(attempt.key)


def _forget_the_oldest_attempts(tx: Transaction, subscription_id: str) -> None:
    """Make room for another attempt."""
    too_many = tx.attempts.tally("subscription_id").get(subscription_id, 0) + 1 - rules.MOST_ATTEMPTS
    if too_many > 0:
        oldest = tx.attempts.page(Query({"subscription_id": subscription_id}, limit=too_many))
        for attempt in map(tx.attempts.unpack, oldest.rows):
            tx.attempts.remove(attempt.key)


def _next_event(tx: Transaction, subscription: Subscription, seen: int) -> tuple[int, Event | None]:
    """Return the next event of the feed that a subscription wants, with its number; how far was looked, without one."""
    while rows := tx.events.page(Query(after=seen, limit=_PAGE)).rows:
        for row in rows:
            seen += 1  # events are numbered without a gap
            event = tx.events.unpack(row)
            if subscription.wants(event.type):
                return seen, event
    return seen, None


def _keep(tx: Transaction, letter: Letter, again_at: datetime | None) -> int:
    """Have an event wait for its next attempt, or not any more; return by how many more wait now."""
    key, subscription_id = letter.webhook_id, letter.subscription.subscription_id
    waited = tx.deliveries.has(key)
    schedule(tx, DueKind.WEBHOOK, key, again_at)
    if again_at is None:
        tx.deliveries.remove(key)
        return -waited
    tx.deliveries.put(Delivery(key, subscription_id, letter.event, letter.number, ready=False))
    return 1 - waited
