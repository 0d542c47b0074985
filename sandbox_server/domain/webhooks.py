"""Subscriptions to events, and how often what could not be delivered is tried again."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from sandbox_server.domain.events import Event, EventType

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
)
"""How long after each failed attempt there is another one; after the last of them there is none (contract)."""

FAILING_FOR = timedelta(days=3)
"""How long a subscription may fail before it is disabled (contract)."""

MOST_SUBSCRIPTIONS = 50
"""How many subscriptions may be enabled at a time."""

MOST_WAITING = 1000
"""How many events of one subscription may wait for another attempt; newer ones wait in the feed until then."""

MOST_ATTEMPTS = 2000
"""How many attempts of one subscription are kept (contract)."""

GONE = 410


class SubscriptionStatus(StrEnum):
    """Whether a subscription is sent anything."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class DisabledReason(StrEnum):
    """Why a subscription is sent nothing any more: its receiver said so, it failed too long, or the world is a copy."""

    GONE = "GONE"
    FAILING = "FAILING"
    FORKED = "FORKED"


class Outcome(StrEnum):
    """What came of an attempt."""

    DELIVERED = "DELIVERED"
    REJECTED = "REJECTED"
    GONE = "GONE"
    TIMED_OUT = "TIMED_OUT"
    UNREACHABLE = "UNREACHABLE"
    NOT_ALLOWED = "NOT_ALLOWED"


class Subscription(msgspec.Struct, frozen=True, array_like=True):
    """
    A receiver of events.

    Args:
        event_types: What it is sent; none stands for everything.
    """

    subscription_id: str
    url: str
    event_types: tuple[EventType, ...]
    status: SubscriptionStatus
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    disabled_reason: DisabledReason | None = None
    version: int = 1

    @property
    def enabled(self) -> bool:
        """Whether it is sent anything."""
        return self.status is SubscriptionStatus.ENABLED

    def wants(self, kind: EventType) -> bool:
        """Whether it is sent events of this type."""
        return self.enabled and (not self.event_types or kind in self.event_types)


class Outbox(msgspec.Struct, frozen=True, array_like=True):
    """
    How far a subscription has come.

    Args:
        seen: The number of the last event of the feed that was sent, or passed over.
        waiting: How many events wait for another attempt.
        failing_since: When the first attempt failed after which none was successful.
    """

    subscription_id: str
    seen: int
    waiting: int = 0
    failing_since: datetime | None = None


class Delivery(msgspec.Struct, frozen=True, array_like=True):
    """
    An event that waits for another attempt.

    Args:
        webhook_id: What its receiver knows it by, the same in every attempt.
        attempts: How many there were.
        ready: Whether the next one is due.
    """

    webhook_id: str
    subscription_id: str
    event: Event
    attempts: int
    ready: bool


class Attempt(msgspec.Struct, frozen=True, array_like=True):
    """
    An attempt to deliver an event.

    Args:
        number: From 1 for each event.
        latency_ms: Milliseconds of real time that it took.
        status: The receiver's answer; None where there was none.
        next_at: When the next one is due; None where there is to be none.
    """

    subscription_id: str
    event_id: str
    event_type: EventType
    number: int
    at: datetime
    outcome: Outcome
    latency_ms: int
    status: int | None = None
    next_at: datetime | None = None

    @property
    def key(self) -> str:
        """What names it."""
        return f"{webhook_id(self.event_id, self.subscription_id)}/{self.number}"


def webhook_id(event_id: str, subscription_id: str) -> str:
    """
    Return what a receiver knows an event by: the same in every attempt, another one for another subscription.

    Source: Standard Webhooks, "Webhook headers": it holds no full stop, for those part what is signed.
    """
    return f"{event_id}-{subscription_id}"


def outcome_of(status: int) -> Outcome:
    """Return what an answer with this status means."""
    if 200 <= status < 300:
        return Outcome.DELIVERED
    return Outcome.GONE if status == GONE else Outcome.REJECTED


def next_attempt(attempts: int, outcome: Outcome, now: datetime) -> datetime | None:
    """
    Return when there is another attempt, or None where there is none.

    Args:
        attempts: How many there were, 1 or more.
        outcome: What came of the last one.
    """
    if outcome in {Outcome.DELIVERED, Outcome.GONE} or attempts > len(RETRIES):
        return None
    return now + RETRIES[attempts - 1]


def disabled(subscription: Subscription, reason: DisabledReason, now: datetime) -> Subscription:
    """Return a subscription that is sent nothing any more."""
    return msgspec.structs.replace(
        subscription,
        status=SubscriptionStatus.DISABLED,
        disabled_reason=reason,
        updated_at=now,
        version=subscription.version + 1,
    )
