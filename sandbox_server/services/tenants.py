"""A tenant: one isolated world with its clock."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import TypeVar, cast

from sandbox_server.domain.events import DueEvent
from sandbox_server.kernel.clock import Clock
from sandbox_server.services import timeline
from sandbox_server.services.ports import Persistence, Transaction

P = TypeVar("P")


class Tenant:
    """A world, what keeps it, and the clock that its time runs by."""

    def __init__(self, name: str, persistence: Persistence, clock: Clock) -> None:
        self.name = name
        self.clock = clock
        self._persistence = persistence
        self._powers: dict[type, object] = {}

    @property
    def persistence(self) -> Persistence:
        """What keeps its world."""
        return self._persistence

    def equip(self, *powers: object) -> None:
        """Take powers that go with the world: one of each kind, a new one for an old one."""
        self._powers.update((type(power), power) for power in powers)

    def power(self, kind: type[P]) -> P:
        """
        Return the power of this kind.

        Raises:
            KeyError: It has none.
        """
        return cast(P, self._powers[kind])

    @property
    def powers(self) -> Collection[object]:
        """Everything that it was equipped with."""
        return self._powers.values()

    @property
    def runs(self) -> bool:
        """Whether its time passes by itself."""
        return self.clock.runs

    def now(self) -> datetime:
        """Return the tenant's virtual time."""
        return self.clock.now()

    def begin(self, cause: str) -> AbstractContextManager[Transaction]:
        """Do what is due by now, and open a transaction at the present."""
        now = self.now()
        self.catch_up(now)
        return self._persistence.begin(cause, now)

    def read(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that changes nothing, not even what is due."""
        return self._persistence.read(self.now())

    def keep_up(self) -> int:
        """Do what is due by now; return how many things were done."""
        return self.catch_up(self.now())

    def catch_up(self, until: datetime) -> int:
        """Do what is due by then, each thing in a transaction of its own, in order; return how many things were."""
        done = 0
        while (
            (first := self._persistence.first_due()) is not None and first <= until and self._do_next(until) is not None
        ):
            done += 1
        return done

    def advance(self, until: datetime) -> Iterator[DueEvent]:
        """
        Move the clock forward step by step, and return what is done at each step as it is done.

        The clock stands at each thing's own instant when it is done, and at `until` when all are: whoever calls in
        between finds a world whose time and state agree.
        """
        while (event := self._do_next(until)) is not None:
            self._move_to(event.due)
            yield event
        self._move_to(until)

    def replace_world(self, persistence: Persistence, now: datetime) -> None:
        """Go on from another world's state and time, which may lie in the past."""
        self._persistence = persistence
        self.clock.begin_anew(now)

    def _move_to(self, at: datetime) -> None:
        with suppress(ValueError):  # a clock that runs may have passed it by itself
            self.clock.move_to(at)

    def _do_next(self, until: datetime) -> DueEvent | None:
        with self._persistence.begin("clock", until) as tx:
            event = timeline.take_next(tx, until)
            if event is not None:
                timeline.run(tx, event)
        return event
