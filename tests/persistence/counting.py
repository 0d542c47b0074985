"""Counting what a list touches, instead of measuring how long it takes: every look into an array or a list counts."""

from array import array
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar

from sandbox_server.persistence.memory import MemoryPersistence

T = TypeVar("T")


class Looks:
    """How often something was looked at."""

    rows: ClassVar[int] = 0
    numbers: ClassVar[int] = 0


class CountedRows(list[Any]):
    """A list that counts the entries that are read."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        Looks.rows += len(found) if isinstance(place, slice) else 1
        return found

    def __iter__(self) -> Iterator[Any]:
        Looks.rows += len(self)
        return super().__iter__()


class CountedNumbers(array):  # type: ignore[type-arg]  # no parameters at run time
    """An array that counts the numbers that are read."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        Looks.numbers += len(found) if isinstance(place, slice) else 1
        return found

    def __iter__(self) -> Iterator[Any]:
        Looks.numbers += len(self)
        return super().__iter__()


def counted(value: Any) -> Any:
    """Return the same with its arrays and lists counted, at whatever depth of mappings, tuples and columns."""
    if isinstance(value, array):
        return CountedNumbers(value.typecode, value)
    if isinstance(value, list):
        return CountedRows(value)
    if isinstance(value, tuple):
        return tuple(map(counted, value))
    if isinstance(value, dict):
        for name, part in value.items():
            value[name] = counted(part)
    elif type(value).__module__.startswith("sandbox_server.persistence"):
        for name, part in vars(value).items():
            if name not in ("spec", "_indexed"):
                setattr(value, name, counted(part))
    return value


def count_in(world: MemoryPersistence) -> MemoryPersistence:
    """Return the world, every look into it counted from now on."""
    for columns in world.columns.values():
        counted(columns)
    counted(world.movements)
    return world


def looks(look: Callable[[], T]) -> tuple[T, int, int]:
    """Return what looking brings, how many rows it touched, and how many numbers of columns and indexes."""
    Looks.rows = Looks.numbers = 0
    found = look()
    return found, Looks.rows, Looks.numbers
