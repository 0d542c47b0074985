"""A tenant: one isolated world with its clock."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar, cast

from sandbox_server.domain.events import DueEvent
from sandbox_server.kernel.clock import Clock
from sandbox_server.services import timeline
from sandbox_server.services.anew import until_done
from sandbox_server.services.ports import Persistence, Transaction

P = TypeVar("P")
_ROUNDS = 10
"""How often others may get in between before a call goes on with a present that is no longer new."""


class Altering(Protocol):
    """Lends a tenant's power to be changed."""

    def __call__(self, tenant: "Tenant", power: P, /) -> AbstractContextManager[P]:
        """Return the power; what it has become at the end of the block is told."""
        ...


def _tell_nobody(_tenant: "Tenant", power: P) -> AbstractContextManager[P]:
    return nullcontext(power)


class Tenant:
    """A world, what keeps it, and the clock that its time runs by."""

    def __init__(self, name: str, persistence: Persistence, clock: Clock) -> None:
        self.name = name
        self.clock = clock
        self._persistence = persistence
        self._powers: dict[type, object] = {}
        self._altering: Altering = _tell_nobody

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

    def altering(self, kind: type[P]) -> AbstractContextManager[P]:
        """
        Lend the power of this kind to whoever changes it for good; others who have the same tenant are told.

        Raises:
            Unavailable: They cannot be told.
        """
        return self._altering(self, self.power(kind))

    def tell_by(self, altering: "Altering") -> None:
        """Have what is changed in powers told to others who have the same tenant."""
        self._altering = altering

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
        self._persistence.take_turn()
        now = self.now()
        for _ in range(_ROUNDS):
            # What was done has ended the turn; then it is another present.
            if not self.catch_up(now) or not self._persistence.take_turn():
                break
            now = self.now()
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
        return until_done(partial(self._try_next, until))

    def _try_next(self, until: datetime) -> DueEvent | None:
        self._persistence.take_turn()  # which may bring another world
        with self._persistence.begin("clock", until) as tx:
            event = timeline.take_next(tx, until)
            if event is not None:
                timeline.run(tx, event)
        return event
