"""Long work in the event loop, from which nobody else has to wait for long."""

from asyncio import sleep
from typing import TypeVar

from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.services.steps import Steps

T = TypeVar("T")
_TURN_NS = 2_000_000
"""How long is worked before others have their turn."""
_BUSY_NS = 200_000
"""How long others take where there is something for them to do."""
_REST_SECONDS = 0.008
"""How long they are left alone then: so the work has a fifth of the time where they want all of it."""


async def in_turns(work: Steps[T]) -> T:
    """
    Do long work, and return what it comes to; calls are answered meanwhile.

    The first step is done at once. Where nobody calls, it goes on without a rest.
    """
    while True:
        until = monotonic_ns() + _TURN_NS
        try:
            next(work)
            while monotonic_ns() < until:
                next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        since = monotonic_ns()
        await sleep(0)
        if monotonic_ns() - since > _BUSY_NS:
            await sleep(_REST_SECONDS)
