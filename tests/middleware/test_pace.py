"""What is due is done while nobody calls, for as long as the server lives."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from sandbox_server.asgi import ASGIApp, Message, Receive, Scope, Send
from sandbox_server.middleware import pace
from sandbox_server.middleware.pace import Pace

LIFE: Scope = {"type": "lifespan"}


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look after clocks as often as the event loop comes round: tests wait for what happens, not for a time."""
    monkeypatch.setattr(pace, "_SECONDS", 0)


class Watched:
    """A tenant that says when its clock was looked after for the n-th time, and can stumble on the way."""

    def __init__(
        self, name: str, times: int, stumble: Callable[[int], None] = lambda _: None, *, runs: bool = True
    ) -> None:
        self.name = name
        self.runs = runs
        self.done = 0
        self.reached = asyncio.Event()
        self._times = times
        self._stumble = stumble

    def keep_up(self) -> int:
        self.done += 1
        if self.done == self._times:
            self.reached.set()
        self._stumble(self.done)
        return 0


class Those(NamedTuple):
    """The tenants that there are."""

    tenants: Sequence[Watched]


async def nobody_calls() -> Message:
    raise AssertionError("nothing is received")


async def nobody_listens(_message: Message) -> None:
    raise AssertionError("nothing is sent")


def living_until(*tenants: Watched) -> ASGIApp:
    """Return an application whose server lives until these tenants have been looked after."""

    async def live(_scope: Scope, _receive: Receive, _send: Send) -> None:
        for tenant in tenants:
            await asyncio.wait_for(tenant.reached.wait(), timeout=60)

    return live


def live(*tenants: Watched) -> list[asyncio.Task[None]]:
    """Have a server live until all its tenants were looked after; return what is left running when it is gone."""

    async def run() -> list[asyncio.Task[None]]:
        await Pace(living_until(*tenants), Those(tenants))(LIFE, nobody_calls, nobody_listens)
        await asyncio.sleep(0)
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    return asyncio.run(run())


def test_every_tenants_clock_is_looked_after_again_and_again() -> None:
    one, other = Watched("one", 3), Watched("other", 5)
    live(one, other)
    assert one.done >= 5
    assert other.done >= 5


def test_a_clock_that_stands_is_left_alone() -> None:
    frozen, running = Watched("frozen", 1, runs=False), Watched("running", 3)
    asyncio.run(_await(Pace(living_until(running), Those([frozen, running])), LIFE))
    assert (frozen.done, running.done >= 3) == (0, True)


def test_nothing_is_left_running_when_the_server_ends() -> None:
    assert live(Watched("one", 1)) == []


def test_a_clock_that_stumbles_is_logged_and_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    def stumble(time: int) -> None:
        if time == 1:
            raise RuntimeError("over a stone")

    lame, sound = Watched("lame", 2, stumble), Watched("sound", 2)
    with caplog.at_level(logging.ERROR, "sandbox.clock"):
        live(lame, sound)
    assert [record.message for record in caplog.records] == ["the clock of tenant lame stumbled"]
    assert caplog.records[0].exc_info is not None


def test_a_server_that_fails_takes_its_clocks_with_it() -> None:
    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("no more")

    async def run() -> set[asyncio.Task[None]]:
        with pytest.raises(RuntimeError):
            await Pace(fail, Those([Watched("one", 1)]))(LIFE, nobody_calls, nobody_listens)
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(run()) == set()


def test_a_call_is_passed_on_as_it_is() -> None:
    passed: list[object] = []

    async def note(*exchange: object) -> None:
        passed.extend(exchange)

    tenant = Watched("one", 1)
    call: Scope = {"type": "http"}
    asyncio.run(_await(Pace(note, Those([tenant])), call))
    assert passed == [call, nobody_calls, nobody_listens]
    assert tenant.done == 0


async def _await(app: Pace, scope: Scope) -> None:
    await app(scope, nobody_calls, nobody_listens)
