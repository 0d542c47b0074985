"""What a scenario is: a world, a pace of its time, and what happens around the client."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from types import ModuleType

from sandbox_server.certification.stage import Stage

Play = Callable[[Stage], None]
FIXTURE = "proving_ground"


@dataclass(frozen=True)
class Scenario:
    """
    Something that a client goes through.

    Args:
        id: As checks and plans name it.
        fixture: The world that it begins as.
        seed: What all chance in it follows from.
        scale: Virtual seconds for each real one.
        seconds: Real time after which it is over in any case.
        version: Grows whenever it plays otherwise than before.
        begins: Virtual time, as the wire has it; the fixture's where empty.
        may_end: Whether a client does right that ends by itself, with whatever status.
        title: What happens.
        play: Plays it.
    """

    id: str
    fixture: str
    seed: int
    scale: float
    seconds: float
    version: int
    begins: str
    may_end: bool
    title: str = field(compare=False)
    play: Play = field(compare=False)

    def paced(self, scale: float) -> "Scenario":
        """Return it at another pace; it has as much virtual time as ever, and its real time at least."""
        return replace(self, scale=scale, seconds=self.seconds * max(1.0, self.scale / scale))


def scenario(
    name: str,
    *,
    scale: float,
    seconds: float,
    fixture: str = FIXTURE,
    seed: int = 1,
    version: int = 1,
    begins: str = "",
    may_end: bool = False,
) -> Callable[[Play], Scenario]:
    """Make a scenario of a function that plays it; the first line of its docstring is the scenario's title."""

    def declare(play: Play) -> Scenario:
        title = (play.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        return Scenario(name, fixture, seed, scale, seconds, version, begins, may_end, title, play)

    return declare


def scenarios_of(modules: Iterable[ModuleType]) -> dict[str, Scenario]:
    """
    Return the scenarios of modules by id, in the order of their ids.

    Raises:
        ValueError: Two have the same id.
    """
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Scenario)]
    ids = [one.id for one in found]
    if repeated := {name for name in ids if ids.count(name) > 1}:
        raise ValueError(f"more than one scenario is called {', '.join(sorted(repeated))}")
    return {one.id: one for one in sorted(found, key=lambda one: one.id)}
