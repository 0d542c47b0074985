"""Subscriptions to events: made, ended, and tried."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

from sandbox_server.domain import webhooks as rules
from sandbox_server.domain.errors import Fault, IllegalTransition, NotFound, Unprocessable
from sandbox_server.domain.events import Event, EventType
from sandbox_server.domain.webhooks import DisabledReason, Outbox, Subscription, SubscriptionStatus
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import outbox
from sandbox_server.services.destinations import Destinations
from sandbox_server.services.ports import Transaction


class Wanted(NamedTuple):
    """
    What somebody subscribes to.

    Args:
        event_types: What it wants to be sent; none stands for everything.
    """

    url: str
    event_types: tuple[EventType, ...] = ()
    description: str | None = None


def get(tx: Transaction, subscription_id: str) -> Subscription:
    """
    Return a subscription.

    Raises:
        NotFound: There is none with this id.
    """
    subscription = tx.subscriptions.get(subscription_id)
    if subscription is None:
        raise NotFound("subscription", subscription_id)
    return subscription


def subscribe(tx: Transaction, wanted: Wanted, destinations: Destinations) -> Subscription:
    """
    Send what happens from now on to a receiver.

    Raises:
        Unprocessable: Nothing can, or may, be sent to its URL; or there are as many subscriptions as there may be.
    """
    destinations.check(wanted.url)
    if len(tx.subscriptions.derived(enabled)) >= rules.MOST_SUBSCRIPTIONS:
        fault = Fault("", "TOO_MANY", "Delete one that is not needed any more.")
        raise Unprocessable(f"There are {rules.MOST_SUBSCRIPTIONS} subscriptions already.", [fault])
    subscription_id = make_id(tx.seed, "sub", tx.subscriptions.count() + 1)
    chosen = tuple(kind for kind in EventType if kind in wanted.event_types)
    subscription = Subscription(
        subscription_id, wanted.url, chosen, SubscriptionStatus.ENABLED, tx.now, tx.now, wanted.description
    )
    tx.subscriptions.put(subscription)
    tx.outboxes.put(Outbox(subscription_id, tx.events.count()))
    return subscription


def unsubscribe(tx: Transaction, subscription_id: str) -> None:
    """
    Send a receiver nothing more, and forget it with all that was sent.

    Raises:
        NotFound: There is no such subscription.
    """
    get(tx, subscription_id)
    outbox.drop(tx, subscription_id)
    outbox.forget_attempts(tx, subscription_id)
    tx.outboxes.remove(subscription_id)
    tx.subscriptions.remove(subscription_id)


def try_out(tx: Transaction, subscription_id: str) -> Event:
    """
    Send a receiver an event that means nothing; return that.

    Raises:
        NotFound: There is no such subscription.
        IllegalTransition: It is disabled.
        Unprocessable: Too much waits for this receiver already.
    """
    subscription = get(tx, subscription_id)
    if not subscription.enabled:
        raise IllegalTransition("subscription", subscription_id, subscription.status, "tested")
    # Tests count downwards, so that none takes the number of an event of the feed.
    event_id = make_id(tx.seed, "evt", -(tx.deliveries.count() + 1))
    event = Event(event_id, EventType.SUBSCRIPTION_TEST, tx.now, subscription_id, tx.cause)
    if not outbox.add(tx, subscription_id, event):
        fault = Fault("", "QUEUE_FULL", "Let the receiver answer, or delete the subscription.")
        raise Unprocessable(f"{rules.MOST_WAITING} events wait for this receiver already.", [fault])
    return event


def secret_of(seed: int, subscription_id: str) -> str:
    """
    Return what the webhooks of a subscription are signed with; it follows from the seed, and is kept nowhere.

    Source: Standard Webhooks, "Signature scheme": 24 to 64 bytes in base64, after `whsec_`.
    """
    digest = hashlib.blake2b(f"{seed}/webhooks/{subscription_id}".encode(), digest_size=32).digest()
    return f"whsec_{b64encode(digest).decode()}"


def enabled(subscriptions: Sequence[Subscription]) -> Sequence[Subscription]:
    """Return those that are sent something."""
    return [subscription for subscription in subscriptions if subscription.enabled]


def leave_behind(tx: Transaction) -> None:
    """Disable every subscription of a world that is a copy: its receivers hear of the other one."""
    for subscription in tx.subscriptions.derived(enabled):
        outbox.disable(tx, subscription, DisabledReason.FORKED)
