"""Subscriptions and attempts in the contract's words."""

from sandbox_server.api.acorn.wire import Wire, instant, present
from sandbox_server.domain.webhooks import Attempt, Subscription, webhook_id
from sandbox_server.services.codec import unpacker
from sandbox_server.services.ports import Packed

_unpack_subscription = unpacker(Subscription)
_unpack_attempt = unpacker(Attempt)


def subscription(packed: Packed) -> Wire:
    """Return a subscription, without its secret."""
    one = _unpack_subscription(packed)
    return present(
        subscriptionId=one.subscription_id,
        url=one.url,
        eventTypes=list(one.event_types) or None,
        description=one.description,
        status=one.status,
        disabledReason=one.disabled_reason,
        createdAt=instant(one.created_at),
        updatedAt=instant(one.updated_at),
    )


def attempt(packed: Packed) -> Wire:
    """Return an attempt to deliver an event."""
    one = _unpack_attempt(packed)
    return present(
        webhookId=webhook_id(one.event_id, one.subscription_id),
        eventId=one.event_id,
        eventType=one.event_type,
        attempt=one.number,
        at=instant(one.at),
        outcome=one.outcome,
        status=one.status,
        latencyMs=one.latency_ms,
        nextAttemptAt=instant(one.next_at) if one.next_at is not None else None,
    )
