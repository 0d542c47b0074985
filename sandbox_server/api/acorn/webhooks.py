"""Subscriptions to events, and the attempts to deliver them."""

from sandbox_server.api.acorn import webhooks_wire as wire
from sandbox_server.api.acorn.replies import listing, one
from sandbox_server.api.acorn.wire import etag, event
from sandbox_server.api.operation import Call, Rendered, Reply
from sandbox_server.domain.events import EventType
from sandbox_server.services import webhooks
from sandbox_server.services.codec import pack
from sandbox_server.services.destinations import Destinations
from sandbox_server.services.ports import Transaction
from sandbox_server.services.webhooks import Wanted

_ATTEMPTS = {"subscriptionId": "subscription_id", "eventId": "event_id", "outcome": "outcome"}


def list_subscriptions(call: Call, tx: Transaction) -> Reply:
    """Answer GET /subscriptions."""
    return listing(call, tx, tx.subscriptions, wire.subscription, {"status": "status"})


def create_subscription(call: Call, tx: Transaction) -> Reply:
    """Answer POST /subscriptions; this answer alone shows the secret."""
    asked = call.body
    kinds = tuple(EventType(kind) for kind in asked.get("eventTypes", ()))
    wanted = Wanted(asked["url"], kinds, asked.get("description"))
    made = webhooks.subscribe(tx, wanted, call.tenant.power(Destinations))
    secret = webhooks.secret_of(tx.seed, made.subscription_id)
    headers = {**etag(made.version), "Location": f"/v1/subscriptions/{made.subscription_id}"}
    return Reply(201, {**wire.subscription(pack(made)), "secret": secret}, headers)


def get_subscription(call: Call, tx: Transaction) -> Reply:
    """Answer GET /subscriptions/{subscriptionId}."""
    return one(webhooks.get(tx, call.parameters["subscriptionId"]), wire.subscription)


def delete_subscription(call: Call, tx: Transaction) -> Reply:
    """Answer DELETE /subscriptions/{subscriptionId}."""
    webhooks.unsubscribe(tx, call.parameters["subscriptionId"])
    return Reply(204)


def send_test(call: Call, tx: Transaction) -> Reply:
    """Answer POST /subscriptions/{subscriptionId}/test."""
    sent = webhooks.try_out(tx, call.parameters["subscriptionId"])
    return Reply(202, Rendered(pack(sent), event))


def list_deliveries(call: Call, tx: Transaction) -> Reply:
    """Answer GET /subscriptions/{subscriptionId}/deliveries."""
    webhooks.get(tx, call.parameters["subscriptionId"])
    return listing(call, tx, tx.attempts, wire.attempt, _ATTEMPTS)
