"""Subscriptions: what is to be sent, what came of it, what is tried again and when a subscription ends."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from sandbox_server.domain import webhooks as rules
from sandbox_server.domain.errors import IllegalTransition, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind, EventType
from sandbox_server.domain.webhooks import DisabledReason, Outcome, Subscription, SubscriptionStatus
from sandbox_server.services import outbox, webhooks
from sandbox_server.services.destinations import Destinations
from sandbox_server.services.happenings import emit
from sandbox_server.services.outbox import Letter, Result
from sandbox_server.services.webhooks import Wanted
from tests.services.world import World

URL = "https://hooks.example.com"
ANYWHERE = Destinations()


@pytest.fixture
def world() -> World:
    return World({("S0001", "SKU-1"): 10_000})


def subscribe(world: World, *kinds: EventType, url: str = URL) -> str:
    return world.do(webhooks.subscribe, Wanted(url, kinds), ANYWHERE).subscription_id


def letter(world: World, name: str) -> Letter | None:
    return world.see(lambda tx: outbox.next_letter(tx, name))


def answer(world: World, name: str, outcome: Outcome = Outcome.DELIVERED, status: int | None = None) -> Letter:
    """Have the next attempt end so."""
    sent = letter(world, name)
    assert sent is not None
    world.do(outbox.record, sent, Result(world.clock.now(), outcome, 7, status))
    return sent


def fail(world: World, name: str) -> Letter:
    return answer(world, name, Outcome.REJECTED, 500)


def attempts(world: World, name: str) -> Sequence[tuple[str, int, Outcome]]:
    found = world.see(lambda tx: list(tx.attempts.select(subscription_id=name)))
    return [(attempt.event_type.value, attempt.number, attempt.outcome) for attempt in found]


def attempts_of(world: World, name: str) -> Sequence[str]:
    return [attempt.event_id for attempt in world.see(lambda tx: list(tx.attempts.select(subscription_id=name)))]


def subscription(world: World, name: str) -> Subscription:
    return world.see(lambda tx: webhooks.get(tx, name))


def nothing_waits(world: World) -> bool:
    return world.see(lambda tx: not list(tx.deliveries.select()) and all(not o.waiting for o in tx.outboxes.select()))


# Subscribing


def test_a_subscription_is_sent_what_happens_after_it_was_made(world: World) -> None:
    world.place()
    name = subscribe(world)
    assert letter(world, name) is None
    order = world.place()
    sent = letter(world, name)
    assert sent is not None
    assert (sent.event.subject, sent.number) == (order.order_id, 1)


def test_the_same_seed_gives_the_same_names_and_secrets(world: World) -> None:
    one, two = subscribe(world), subscribe(world)
    other = World()
    assert subscribe(other) == one != two
    secrets = [webhooks.secret_of(seed, name) for seed, name in ((7, one), (7, two), (8, one))]
    assert len(set(secrets)) == 3
    assert all(secret.startswith("whsec_") for secret in secrets)


def test_types_are_kept_once_each_in_the_contracts_order(world: World) -> None:
    name = subscribe(world, EventType.ORDER_LATE, EventType.ORDER_CREATED, EventType.ORDER_LATE)
    assert subscription(world, name).event_types == (EventType.ORDER_CREATED, EventType.ORDER_LATE)


def test_a_url_that_leads_inside_is_refused_and_nothing_is_kept(world: World) -> None:
    before = world.everything()
    with pytest.raises(Unprocessable):
        subscribe(world, url="http://10.0.0.1/")
    assert world.everything() == before


def test_there_are_so_many_enabled_subscriptions_and_no_more(world: World) -> None:
    names = [subscribe(world) for _ in range(rules.MOST_SUBSCRIPTIONS)]
    with pytest.raises(Unprocessable, match="50 subscriptions"):
        subscribe(world)
    world.do(webhooks.unsubscribe, names[7])
    world.place()
    answer(world, names[8], Outcome.GONE, 410)
    assert len({subscribe(world), subscribe(world), *names}) == rules.MOST_SUBSCRIPTIONS + 2


@pytest.mark.parametrize("step", [webhooks.get, webhooks.unsubscribe, webhooks.try_out])
def test_a_subscription_that_there_is_not_is_refused(world: World, step: Callable[..., Any]) -> None:
    with pytest.raises(NotFound, match="subscription 'sub_none'"):
        world.do(step, "sub_none")


# Sending


def test_events_are_sent_in_the_order_in_which_they_happened(world: World) -> None:
    name = subscribe(world)
    orders = [world.place().order_id for _ in range(3)]
    assert [answer(world, name).event.subject for _ in orders] == orders
    assert letter(world, name) is None
    assert nothing_waits(world)


def test_what_is_not_wanted_is_passed_over(world: World) -> None:
    name = subscribe(world, EventType.ORDER_CANCELLED)
    for _ in range(250):
        world.do(emit, EventType.ORDER_LATE, "ord_1")
    assert letter(world, name) is None
    world.do(emit, EventType.ORDER_CANCELLED, "ord_2")
    world.do(emit, EventType.ORDER_LATE, "ord_3")
    assert answer(world, name).event.subject == "ord_2"
    assert letter(world, name) is None


def test_what_was_passed_over_is_not_looked_at_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_FAR", 2)
    name = subscribe(world, EventType.ORDER_CANCELLED)
    for far in (False, False, True):
        world.place()
        assert world.see(lambda tx: outbox.is_far_behind(tx, name)) is far
    world.do(outbox.pass_over, name)
    assert not world.see(lambda tx: outbox.is_far_behind(tx, name))
    assert not world.see(lambda tx: outbox.is_far_behind(tx, "sub_none"))
    world.do(outbox.pass_over, "sub_none")
    world.do(emit, EventType.ORDER_CANCELLED, "ord_2")
    assert answer(world, name).event.subject == "ord_2"


def test_two_subscriptions_know_an_event_by_two_names(world: World) -> None:
    one, two = subscribe(world), subscribe(world)
    world.place()
    first, second = answer(world, one), answer(world, two)
    assert first.event == second.event
    assert first.webhook_id != second.webhook_id
    assert (attempts(world, one), attempts(world, two)) == ([("order.created", 1, Outcome.DELIVERED)],) * 2


# Failing


def test_a_failed_event_is_tried_again_at_its_times_under_the_same_name(world: World) -> None:
    name = subscribe(world, EventType.ORDER_CREATED)
    world.place()
    first = fail(world, name)
    for wait in rules.RETRIES:
        assert letter(world, name) is None
        assert world.due(first.webhook_id) == {DueKind.WEBHOOK: wait}
        world.clock.move_to(world.clock.now() + wait)
        world.tenant.keep_up()
        assert fail(world, name).webhook_id == first.webhook_id
    assert world.due(first.webhook_id) == {}
    assert attempts(world, name) == [("order.created", number, Outcome.REJECTED) for number in range(1, 8)]


def test_each_attempt_says_when_the_next_one_is(world: World) -> None:
    name = subscribe(world)
    world.place()
    fail(world, name)
    world.wait(seconds=5)
    answer(world, name, status=204)
    kept = world.see(lambda tx: list(tx.attempts.select(subscription_id=name)))
    assert [(one.status, one.latency_ms, one.next_at) for one in kept] == [
        (500, 7, kept[0].at + timedelta(seconds=5)),
        (204, 7, None),
    ]
    assert nothing_waits(world)


def test_a_failed_event_holds_no_other_up(world: World) -> None:
    name = subscribe(world)
    first, second = world.place(), world.place()
    assert fail(world, name).event.subject == first.order_id
    assert answer(world, name).event.subject == second.order_id
    world.wait(seconds=5)
    assert answer(world, name).event.subject == first.order_id
    assert nothing_waits(world)


def test_so_many_may_wait_and_then_the_newer_ones_wait_in_the_feed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_WAITING", 2)
    name = subscribe(world)
    orders = [world.place().order_id for _ in range(4)]
    assert [fail(world, name).event.subject for _ in range(2)] == orders[:2]
    assert letter(world, name) is None
    assert not world.see(lambda tx: outbox.is_far_behind(tx, name))
    with pytest.raises(Unprocessable, match="2 events wait"):
        world.do(webhooks.try_out, name)
    world.wait(seconds=5)
    assert [answer(world, name).event.subject for _ in range(4)] == orders
    assert nothing_waits(world)


# Ending


def test_410_ends_a_subscription_at_once_without_a_warning(world: World) -> None:
    name = subscribe(world)
    for _ in range(3):
        world.place()
    fail(world, name)
    answer(world, name, Outcome.GONE, 410)
    ended = subscription(world, name)
    assert (ended.status, ended.disabled_reason) == (SubscriptionStatus.DISABLED, DisabledReason.GONE)
    assert letter(world, name) is None
    assert nothing_waits(world)
    assert world.due(name) == {}
    world.wait(days=4)
    assert letter(world, name) is None
    assert ("account.warning", name) not in world.events()


def test_three_days_of_failures_end_a_subscription_and_warn_the_others(world: World) -> None:
    name, other = subscribe(world), subscribe(world, EventType.ACCOUNT_WARNING)
    world.place()
    fail(world, name)
    assert world.due(name) == {DueKind.SUBSCRIPTION_FAILING: timedelta(days=3)}
    world.wait(days=2, hours=23)
    world.do(webhooks.try_out, name)
    fail(world, name)
    assert subscription(world, name).enabled
    world.wait(hours=1)
    assert subscription(world, name).disabled_reason is DisabledReason.FAILING
    assert letter(world, name) is None
    warning = letter(world, other)
    assert warning is not None
    assert (warning.event.type, warning.event.subject) == (EventType.ACCOUNT_WARNING, name)
    assert warning.event.cause == f"subscription_failing/{name}"
    assert nothing_waits(world)


def test_a_success_in_between_begins_the_three_days_anew(world: World) -> None:
    name = subscribe(world)
    world.place()
    fail(world, name)
    world.wait(days=2)
    answer(world, name)
    assert world.due(name) == {}
    world.wait(days=2)
    assert subscription(world, name).enabled
    fail(world, name)
    assert world.due(name) == {DueKind.SUBSCRIPTION_FAILING: timedelta(days=3)}


def test_a_subscription_that_is_deleted_leaves_nothing_that_is_due(world: World) -> None:
    name = subscribe(world)
    world.place()
    sent = fail(world, name)
    world.do(webhooks.unsubscribe, name)
    assert (world.due(name), world.due(sent.webhook_id)) == ({}, {})
    assert letter(world, name) is None
    with pytest.raises(NotFound):
        subscription(world, name)


def test_the_newest_attempts_of_a_subscription_are_kept_and_others_do_not_push_them_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, other = subscribe(world), subscribe(world)
    events = [world.place() for _ in range(5)]
    answer(world, other)
    sent = [answer(world, name).event for _ in events]
    monkeypatch.setattr(rules, "MOST_ATTEMPTS", 3)  # of a world that has kept more
    world.place()
    sent.append(answer(world, name).event)
    assert attempts_of(world, name) == [event.event_id for event in sent[-3:]]
    assert len(attempts(world, other)) == 1


def test_a_subscription_that_is_deleted_takes_its_attempts_with_it(world: World) -> None:
    name, other = subscribe(world), subscribe(world)
    world.place()
    for subscriber in (name, other):
        fail(world, subscriber)
    world.do(webhooks.unsubscribe, name)
    assert [len(attempts(world, subscriber)) for subscriber in (name, other)] == [0, 1]


def test_an_attempt_that_ends_after_its_subscription_changes_nothing(world: World) -> None:
    name = subscribe(world)
    world.place()
    sent = letter(world, name)
    assert sent is not None
    world.do(webhooks.unsubscribe, name)
    before = world.everything()
    world.do(outbox.record, sent, Result(world.clock.now(), Outcome.REJECTED, 7, 500))
    assert world.everything() == before


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.GONE, Outcome.DELIVERED])
def test_an_attempt_that_ends_after_its_subscription_is_disabled_is_kept_and_not_repeated(
    world: World, outcome: Outcome
) -> None:
    name = subscribe(world)
    world.place()
    sent = letter(world, name)
    assert sent is not None
    world.do(webhooks.leave_behind)
    disabled = subscription(world, name)
    world.do(outbox.record, sent, Result(world.clock.now(), outcome, 7, None))
    assert attempts(world, name) == [("order.created", 1, outcome)]
    assert subscription(world, name) == disabled
    assert world.due(name) == world.due(sent.webhook_id) == {}


@pytest.mark.parametrize("kind", [DueKind.WEBHOOK, DueKind.SUBSCRIPTION_FAILING])
def test_what_is_due_for_a_subscription_that_has_gone_does_nothing(world: World, kind: DueKind) -> None:
    before = world.everything()
    world.do(outbox.retry if kind is DueKind.WEBHOOK else outbox.give_up, "sub_none")
    assert world.everything() == before


def test_a_copy_of_a_world_calls_nobody(world: World) -> None:
    name = subscribe(world)
    world.place()
    fail(world, name)
    world.do(webhooks.leave_behind)
    world.place()
    assert subscription(world, name).disabled_reason is DisabledReason.FORKED
    assert letter(world, name) is None
    assert nothing_waits(world)


# Trying out


def test_a_test_is_sent_to_its_subscription_alone_and_stands_in_no_feed(world: World) -> None:
    name, other = subscribe(world, EventType.ORDER_LATE), subscribe(world)
    event = world.do(webhooks.try_out, name)
    assert (event.type, event.subject) == (EventType.SUBSCRIPTION_TEST, name)
    assert letter(world, other) is None
    assert event not in world.all_events()
    assert answer(world, name).event == event
    assert nothing_waits(world)


def test_every_test_is_another_event(world: World) -> None:
    name = subscribe(world)
    ids = {world.do(webhooks.try_out, name).event_id for _ in range(3)}
    ids |= {world.place().order_id and event.event_id for event in world.all_events()}
    assert len(ids) == 3 + len(world.all_events())


def test_a_disabled_subscription_cannot_be_tried(world: World) -> None:
    name = subscribe(world)
    world.do(webhooks.leave_behind)
    with pytest.raises(IllegalTransition, match=f"Subscription {name} is DISABLED; it cannot be tested"):
        world.do(webhooks.try_out, name)
