"""What a subscription wants, what an answer means, and when there is another attempt."""

from datetime import timedelta

import pytest

from sandbox_server.domain import webhooks
from sandbox_server.domain.events import EventType
from sandbox_server.domain.webhooks import (
    Attempt,
    DisabledReason,
    Outcome,
    Subscription,
    SubscriptionStatus,
    next_attempt,
    outcome_of,
)
from tests.domain.builders import LATER, NOW

CREATED, LATE = EventType.ORDER_CREATED, EventType.ORDER_LATE


def a_subscription(*kinds: EventType) -> Subscription:
    return Subscription("sub_1", "https://hooks.example.com", kinds, SubscriptionStatus.ENABLED, NOW, NOW)


def test_a_subscription_wants_the_types_it_names() -> None:
    assert a_subscription(LATE).wants(LATE)
    assert not a_subscription(LATE).wants(CREATED)


@pytest.mark.parametrize("kind", EventType)
def test_a_subscription_that_names_none_wants_all(kind: EventType) -> None:
    assert a_subscription().wants(kind)


@pytest.mark.parametrize("reason", DisabledReason)
def test_a_disabled_subscription_wants_nothing_and_says_why(reason: DisabledReason) -> None:
    disabled = webhooks.disabled(a_subscription(), reason, LATER)
    assert (disabled.status, disabled.disabled_reason) == (SubscriptionStatus.DISABLED, reason)
    assert (disabled.updated_at, disabled.version, disabled.enabled) == (LATER, 2, False)
    assert not disabled.wants(CREATED)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (199, Outcome.REJECTED),
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (300, Outcome.REJECTED),
        (302, Outcome.REJECTED),
        (409, Outcome.REJECTED),
        (410, Outcome.GONE),
        (500, Outcome.REJECTED),
    ],
)
def test_only_2xx_is_a_receipt_and_only_410_is_for_good(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


def test_a_failed_event_is_tried_again_after_the_contracts_times_and_then_no_more() -> None:
    hours = timedelta(hours=1)
    waits = [next_attempt(attempts, Outcome.REJECTED, NOW) for attempts in range(1, 8)]
    assert [at - NOW if at else None for at in waits] == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        2 * hours,
        5 * hours,
        10 * hours,
        None,
    ]


@pytest.mark.parametrize("outcome", Outcome)
def test_whatever_is_neither_a_receipt_nor_for_good_is_tried_again(outcome: Outcome) -> None:
    again = next_attempt(1, outcome, NOW)
    assert (again is None) == (outcome in {Outcome.DELIVERED, Outcome.GONE})


def test_an_attempt_is_named_by_what_its_receiver_knows_and_its_number() -> None:
    attempt = Attempt("sub_1", "evt_1", CREATED, 3, NOW, Outcome.REJECTED, 12, 500)
    assert attempt.key == f"{webhooks.webhook_id('evt_1', 'sub_1')}/3" == "evt_1-sub_1/3"
