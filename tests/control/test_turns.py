"""Long work in the event loop is done in turns with everybody else's."""

import asyncio
from collections.abc import Iterator
from itertools import count

import pytest

from sandbox_server.control import turns
from sandbox_server.control.turns import in_turns
from sandbox_server.services.steps import Steps


def steps(seen: list[str]) -> Steps[str]:
    for number in range(3):
        seen.append(f"step {number}")
        yield
    return "done"


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Each look at the clock finds it a turn later."""
    moments = count(step=turns._TURN_NS)
    monkeypatch.setattr(turns, "monotonic_ns", lambda: next(moments))
    monkeypatch.setattr(turns, "_REST_SECONDS", 0)
    return moments


async def beside(seen: list[str]) -> None:
    for number in range(6):
        seen.append(f"other {number}")
        await asyncio.sleep(0)


def together(seen: list[str]) -> str:
    async def both() -> str:
        _, result = await asyncio.gather(beside(seen), in_turns(steps(seen)))
        return result

    return asyncio.run(both())


@pytest.mark.usefixtures("ticks")
def test_others_have_their_turn_after_each_step_that_takes_long() -> None:
    seen: list[str] = []
    assert together(seen) == "done"
    assert seen[:5] == ["other 0", "step 0", "other 1", "other 2", "step 1"]


def test_steps_that_take_no_time_are_done_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "monotonic_ns", lambda: 0)
    seen: list[str] = []
    assert together(seen) == "done"
    assert seen[:4] == ["other 0", "step 0", "step 1", "step 2"]


def test_nothing_rests_where_nobody_else_has_anything_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter((0, turns._TURN_NS, 5, 5 + turns._BUSY_NS, 0, 0, 0))
    monkeypatch.setattr(turns, "monotonic_ns", lambda: next(moments))
    monkeypatch.setattr(turns, "_REST_SECONDS", None)  # no sleep takes it
    assert asyncio.run(in_turns(steps([]))) == "done"
