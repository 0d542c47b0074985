"""What a check is: an occasion that a client meets, and whether it did then what the contract asks for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import ModuleType

from sandbox_server.certification.evidence import Call, Evidence

EVERY = "*"
"""In place of scenarios: the check judges all of them."""
GRACE_SECONDS = 0.05
"""What a wait may fall short of: clocks of two machines, and the way between them."""


class Level(StrEnum):
    """How much a check weighs."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True)
class Occasion:
    """
    A moment that a check is about, and what the client made of it.

    Args:
        entries: Numbers of the journal that show it.
        breach: What the client did wrong, in a sentence; empty where it did right.
        is_doubtful: Whether the client, or its machine, may have been too slow for it.
        scenario: Where it was; whoever judges knows.
    """

    entries: tuple[int, ...]
    breach: str = ""
    scenario: str = ""
    is_doubtful: bool = False


Predicate = Callable[[Evidence], Iterable[Occasion]]


@dataclass(frozen=True)
class Check:
    """
    One thing that is judged of a client.

    Args:
        id: As plans name it, such as `retry.same-key`.
        clause: Where the contract asks for it.
        scenarios: Ids of those whose evidence it judges.
        mutant: The defect of the reference client that fails it.
        needs: The operation that makes it a client's business, such as subscribing; a client that never calls it is
            excused. Empty where it is every client's.
        why: What a breach costs, in orders or money.
        mend: What to change.
        version: Grows whenever it judges otherwise than before.
        title: What a client that passes does.
        occasions: Every moment that it is about; a check of which there was none is not exercised.
    """

    id: str
    level: Level
    clause: str
    scenarios: tuple[str, ...]
    mutant: str
    needs: str
    why: str
    mend: str
    version: int
    title: str = field(compare=False)
    occasions: Predicate = field(compare=False)

    def concerns(self, scenario: str) -> bool:
        """Whether the check judges what is seen in a scenario."""
        return scenario in self.scenarios or EVERY in self.scenarios


def check(
    name: str,
    level: Level,
    *,
    clause: str,
    scenarios: str | tuple[str, ...],
    mutant: str,
    why: str,
    mend: str,
    needs: str = "",
    version: int = 1,
) -> Callable[[Predicate], Check]:
    """Make a check of a function that finds its occasions; the first line of its docstring is the check's title."""

    def declare(occasions: Predicate) -> Check:
        title = (occasions.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        wanted = (scenarios,) if isinstance(scenarios, str) else scenarios
        return Check(name, level, clause, wanted, mutant, needs, why, mend, version, title, occasions)

    return declare


def held(*calls: Call) -> Occasion:
    """Return an occasion on which the client did right, with the calls that show it."""
    return Occasion(tuple(call.number for call in calls))


def broken(breach: str, *calls: Call) -> Occasion:
    """Return an occasion on which it did not."""
    return Occasion(tuple(call.number for call in calls), breach)


def undone(breach: str, evidence: Evidence, since: datetime, *calls: Call, until: datetime | None = None) -> Occasion:
    """
    Return an occasion on which the client left something undone; doubtful where it had no chance to do it.

    Args:
        since: When the client could know what was to be done.
        until: By when it was to be done; the scenario's end where left out.
    """
    is_doubtful = not evidence.had_the_chance(since, until)
    return Occasion(tuple(call.number for call in calls), breach, is_doubtful=is_doubtful)


def judged(breach: str | None, *calls: Call) -> Occasion:
    """Return an occasion, broken where a breach is named."""
    return Occasion(tuple(call.number for call in calls), breach or "")


def checks_of(modules: Iterable[ModuleType]) -> dict[str, Check]:
    """
    Return the checks of modules by id, in the order of their ids.

    Raises:
        ValueError: Two have the same id.
    """
    found = sorted(_declared(modules), key=lambda one: one.id)
    ids = [one.id for one in found]
    if repeated := {name for name in ids if ids.count(name) > 1}:
        raise ValueError(f"more than one check is called {', '.join(sorted(repeated))}")
    return dict(zip(ids, found, strict=True))


def _declared(modules: Iterable[ModuleType]) -> Iterator[Check]:
    return (value for module in modules for value in vars(module).values() if isinstance(value, Check))
