"""Worlds that tenants begin as: kept warm, forked for each tenant, never changed."""

from asyncio import Lock, to_thread
from collections import OrderedDict
from collections.abc import Callable

from sandbox_server.control.standing import Standing
from sandbox_server.domain.errors import Fault, Unprocessable
from sandbox_server.worlds import FixtureError

_WARM = 8
Open = Callable[[str, int | None], Standing]
"""Returns a fixture's world from its name and a seed; None is the fixture's own seed. It may take minutes."""


class Beginnings:
    """
    The worlds of fixtures; the last eight that were asked for are kept.

    Args:
        open_world: Makes a world, or loads it from the cache.
    """

    def __init__(self, open_world: Open) -> None:
        self._open = open_world
        self._warm: OrderedDict[tuple[str, int | None], Standing] = OrderedDict()
        self._opening = Lock()

    def keep(self, world: Standing) -> None:
        """Keep a world warm. Nobody may change it from now on."""
        self._hold((world.fixture, world.seed), world)

    async def get(self, fixture: str, seed: int | None) -> Standing:
        """
        Return a fixture's world; one that is cold is made in a thread, one at a time.

        Raises:
            Unprocessable: There is no such fixture.
        """
        async with self._opening:
            world = self._warm.get((fixture, seed))
            if world is None:
                world = await to_thread(self._opened, fixture, seed)
            self._hold((fixture, seed), world)
        return world

    def _hold(self, asked: tuple[str, int | None], world: Standing) -> None:
        self._warm[asked] = world
        self._warm.move_to_end(asked)
        while len(self._warm) > _WARM:
            self._warm.popitem(last=False)

    def _opened(self, fixture: str, seed: int | None) -> Standing:
        try:
            return self._open(fixture, seed)
        except FixtureError as error:
            said = str(error)
            fault = Fault("/fixture", "UNKNOWN_FIXTURE", f"{said[:1].upper()}{said[1:]}.")
            raise Unprocessable(f"No world can be made of fixture {fixture!r}.", [fault]) from None
