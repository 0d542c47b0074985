"""Events go to their receivers beside the calls, one at a time for each, and nothing is left when the server ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec
import pytest

from sandbox_server.asgi import Message, Receive, Scope, Send
from sandbox_server.domain.events import Event, EventType
from sandbox_server.domain.webhooks import Outcome
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.middleware import courier as module
from sandbox_server.middleware.courier import Courier, Delivering
from sandbox_server.middleware.post import Answered
from sandbox_server.services import outbox, webhooks
from sandbox_server.services.destinations import Destinations
from sandbox_server.services.happenings import emit
from sandbox_server.services.ports import Packed
from sandbox_server.services.tenants import Tenant
from sandbox_server.services.webhooks import Wanted
from tests.services.world import World

FAR_OFF = 60_000_000_000
"""Nanoseconds."""


class Those:
    """The tenants that there are."""

    def __init__(self, *worlds: World) -> None:
        self.tenants: Sequence[Tenant] = [world.tenant for world in worlds]


class Sent(NamedTuple):
    url: str
    secret: str
    webhook_id: str
    body: bytes


class FakePost:
    """Answers when a test lets it."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.under_way = self.most_under_way = 0
        self.open = asyncio.Event()
        self.open.set()
        self.outcome = Outcome.DELIVERED
        self.arrival = asyncio.Event()

    async def send(self, *letter: Any) -> Answered:
        self.sent.append(Sent(*letter))
        self.arrival.set()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.wait_for(self.open.wait(), 60)
            await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        return Answered(self.outcome, 3, 204 if self.outcome is Outcome.DELIVERED else None)

    async def wait_for(self, number: int) -> None:
        """Wait until so many calls have begun."""
        while len(self.sent) < number:
            self.arrival.clear()
            await asyncio.wait_for(self.arrival.wait(), 60)


def form(packed: Packed) -> dict[str, str]:
    event = msgspec.msgpack.decode(packed, type=Event)
    return {"subject": event.subject}


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0)


@pytest.fixture
def world() -> World:
    return World()


def subscribe(world: World, *kinds: EventType) -> str:
    wanted = Wanted("https://hooks.example.com", kinds)
    return world.do(webhooks.subscribe, wanted, Destinations()).subscription_id


def happen(world: World, *subjects: str) -> None:
    for subject in subjects:
        world.do(emit, EventType.ORDER_LATE, subject)


def outcomes(world: World) -> list[tuple[str, Outcome, int]]:
    return world.see(lambda tx: [(one.event_id, one.outcome, one.latency_ms) for one in tx.attempts.select()])


def live(act: Callable[[Courier, FakePost], Awaitable[None]], *worlds: World) -> FakePost:
    """Act while a courier goes round; return what was sent. Nothing is left running."""

    async def run() -> FakePost:
        fake = FakePost()
        courier = Courier(Those(*worlds), form, fake)  # type: ignore[arg-type]

        async def server(_scope: Scope, receive: Receive, _send: Send) -> None:
            await act(courier, fake)
            await receive()
            assert asyncio.all_tasks() == {asyncio.current_task()}, "it has ended before the server has"

        async def end() -> Message:
            return {"type": "lifespan.shutdown"}

        await Delivering(server, courier)({"type": "lifespan"}, end, end)  # type: ignore[arg-type]
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return fake

    return asyncio.run(run())


def test_what_happens_is_sent_without_being_asked_for(world: World) -> None:
    name = subscribe(world)

    async def act(_courier: Courier, fake: FakePost) -> None:
        happen(world, "ord_1", "ord_2")
        await fake.wait_for(2)
        happen(world, "ord_3")
        await fake.wait_for(3)

    sent = live(act, world).sent
    events = world.all_events()
    assert sent == [
        Sent(
            "https://hooks.example.com",
            webhooks.secret_of(7, name),
            f"{event.event_id}-{name}",
            b'{"subject":"%b"}' % event.subject.encode(),
        )
        for event in events
    ]


def test_what_came_of_it_is_kept(world: World) -> None:
    subscribe(world)

    async def act(courier: Courier, _fake: FakePost) -> None:
        happen(world, "ord_1")
        assert await courier.settle(world.tenant, monotonic_ns() + FAR_OFF) == 0

    live(act, world)
    assert outcomes(world) == [(world.all_events()[0].event_id, Outcome.DELIVERED, 3)]


class Doubtful:
    """A process that has to undo what it has done, once."""

    leads = True

    def __init__(self, fake: FakePost) -> None:
        self.undone = 0
        self.sent_before: list[int] = []
        self._fake = fake

    async def make_sure(self) -> None:
        self.sent_before.append(len(self._fake.sent))
        self.undone = 1


def test_a_letter_leaves_when_what_it_tells_of_is_sure_to_be_kept(world: World) -> None:
    subscribe(world)
    leads: list[Doubtful] = []

    async def act(courier: Courier, fake: FakePost) -> None:
        lead = Doubtful(fake)
        courier._lead = lead
        leads.append(lead)
        happen(world, "ord_1")
        assert await courier.settle(world.tenant, monotonic_ns() + FAR_OFF) == 0

    assert len(live(act, world).sent) == 1
    assert leads[0].sent_before == [0, 0]


def test_one_receiver_is_called_once_at_a_time_and_others_beside_it(world: World) -> None:
    for _ in range(3):
        subscribe(world)

    async def act(courier: Courier, fake: FakePost) -> None:
        fake.open.clear()
        happen(world, "ord_1", "ord_2")
        await fake.wait_for(3)
        assert await courier.settle(world.tenant, monotonic_ns()) == 3
        assert len({sent.webhook_id for sent in fake.sent}) == 3
        fake.open.set()
        assert await courier.settle(world.tenant, monotonic_ns() + FAR_OFF) == 0

    fake = live(act, world)
    assert (len(fake.sent), fake.most_under_way) == (6, 3)


def test_at_most_eight_calls_of_a_tenant_are_under_way(world: World) -> None:
    for _ in range(10):
        subscribe(world)

    async def act(courier: Courier, fake: FakePost) -> None:
        fake.open.clear()
        happen(world, "ord_1")
        await fake.wait_for(8)
        fake.open.set()
        assert await courier.settle(world.tenant, monotonic_ns() + FAR_OFF) == 0

    fake = live(act, world)
    assert (len(fake.sent), fake.most_under_way) == (10, 8)


def test_no_more_calls_are_under_way_over_all_tenants_than_there_are_places(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    worlds = [world, World()]
    for each in worlds:
        for _ in range(3):
            subscribe(each)

    async def act(courier: Courier, fake: FakePost) -> None:
        fake.open.clear()
        for each in worlds:
            happen(each, "ord_1")
        await fake.wait_for(3)
        fake.open.set()
        for each in worlds:
            assert await courier.settle(each.tenant, monotonic_ns() + FAR_OFF) == 0

    fake = live(act, *worlds)
    assert (len(fake.sent), fake.most_under_way) == (6, 3)


def test_receivers_of_one_tenant_that_hang_keep_no_other_tenants_waiting(world: World) -> None:
    other = World()
    for _ in range(20):
        subscribe(world)
    subscribe(other)

    async def act(courier: Courier, fake: FakePost) -> None:
        fake.open.clear()
        happen(world, "ord_1")
        await fake.wait_for(8)
        fake.open = asyncio.Event()  # for whoever is called from now on
        fake.open.set()
        happen(other, "ord_2", "ord_3")
        assert await courier.settle(other.tenant, monotonic_ns() + FAR_OFF) == 0
        assert fake.under_way == 8

    live(act, world, other)
    assert [outcome for _, outcome, _ in outcomes(other)] == [Outcome.DELIVERED] * 2
    assert outcomes(world) == []


def test_a_server_that_ends_breaks_off_what_is_under_way_and_forgets_nothing(world: World) -> None:
    subscribe(world)

    async def act(_courier: Courier, fake: FakePost) -> None:
        fake.open.clear()
        happen(world, "ord_1")
        await fake.wait_for(1)

    first = live(act, world).sent
    assert outcomes(world) == []

    async def again(courier: Courier, _fake: FakePost) -> None:
        assert await courier.settle(world.tenant, monotonic_ns() + FAR_OFF) == 0

    assert live(again, world).sent == first
    assert [outcome for _, outcome, _ in outcomes(world)] == [Outcome.DELIVERED]


def test_a_server_that_fails_takes_its_courier_with_it(world: World) -> None:
    async def act(_courier: Courier, _fake: FakePost) -> None:
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        live(act, world)


def test_what_was_sent_in_a_world_that_is_gone_is_not_written_into_another(world: World) -> None:
    subscribe(world)
    earlier, now = world.persistence.fork(), world.clock.now()

    async def act(courier: Courier, fake: FakePost) -> None:
        fake.open.clear()
        happen(world, "ord_1")
        await fake.wait_for(1)
        world.tenant.replace_world(earlier, now)
        fake.open.set()
        assert await courier.settle(world.tenant, monotonic_ns() + FAR_OFF) == 0

    assert len(live(act, world).sent) == 1
    assert outcomes(world) == []


def test_a_tenant_that_is_deleted_is_sent_nothing_for(world: World) -> None:
    subscribe(world)

    async def act(courier: Courier, fake: FakePost) -> None:
        fake.open.clear()
        happen(world, "ord_1", "ord_2")
        await fake.wait_for(1)
        courier._directory.tenants = []  # type: ignore[misc]
        fake.open.set()
        await asyncio.gather(*courier._walks.values())
        assert await courier.settle(world.tenant, monotonic_ns() + FAR_OFF) == 0

    assert len(live(act, world).sent) == 1


def test_a_subscription_without_news_is_not_walked_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_FAR", 2)
    name = subscribe(world, EventType.ORDER_CANCELLED)

    async def act(courier: Courier, _fake: FakePost) -> None:
        happen(world, "ord_1", "ord_2", "ord_3")
        assert await courier.settle(world.tenant, monotonic_ns() + FAR_OFF) == 0

    assert live(act, world).sent == []
    assert world.see(lambda tx: tx.outboxes.get(name)).seen == 3  # type: ignore[union-attr]


def test_a_receiver_that_breaks_the_courier_is_logged_and_holds_no_other_up(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lame, sound = subscribe(world), subscribe(world)
    secret_of = webhooks.secret_of

    def stumble(seed: int, name: str) -> str:
        if name == lame:
            raise RuntimeError("over a stone")
        return secret_of(seed, name)

    monkeypatch.setattr(module, "secret_of", stumble)

    async def act(_courier: Courier, fake: FakePost) -> None:
        happen(world, "ord_1")
        await fake.wait_for(1)

    with caplog.at_level(logging.ERROR, "sandbox.webhooks"):
        assert [sent.webhook_id.partition("-")[2] for sent in live(act, world).sent] == [sound]
    assert caplog.records[0].message == f"webhooks of subscription {lame} of tenant default stumbled"


def test_without_a_server_nothing_is_sent_and_nobody_waits(world: World) -> None:
    subscribe(world)
    happen(world, "ord_1")
    fake = FakePost()
    courier = Courier(Those(world), form, fake)  # type: ignore[arg-type]
    assert asyncio.run(courier.settle(world.tenant, monotonic_ns() + FAR_OFF)) == 0
    asyncio.run(courier.stop())
    assert fake.sent == []


def test_a_call_is_passed_on_as_it_is(world: World) -> None:
    passed: list[object] = []

    async def note(*exchange: object) -> None:
        passed.extend(exchange)

    async def nobody(*_: object) -> Any:
        raise AssertionError("nothing is said")

    app = Delivering(note, Courier(Those(world), form, FakePost()))  # type: ignore[arg-type]
    call: Scope = {"type": "http"}
    asyncio.run(_await(app(call, nobody, nobody)))
    assert passed == [call, nobody, nobody]


async def _await(passing: Awaitable[None]) -> None:
    await passing
