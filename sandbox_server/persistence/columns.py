"""The rows of one table in memory: packed entities by position, with indexes that hold positions alone."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec

from sandbox_server.kernel.clock import to_milliseconds
from sandbox_server.persistence.positions import BEGINNING, END, bounds, has, held, matching
from sandbox_server.persistence.tables import Spec
from sandbox_server.services.codec import pack
from sandbox_server.services.ports import Page, Query

E = TypeVar("E", bound=msgspec.Struct)
T = TypeVar("T")
_LOG_SLACK = 100_000


class Columns(Generic[E]):
    """
    Entities packed to bytes, which the garbage collector need not look into.

    A row's position is its number in order of creation, from 1; it never changes and is never used again. `created`
    rises with the position, because the clock never goes back.
    """

    def __init__(self, spec: Spec[E]) -> None:
        self.spec = spec
        self.positions: dict[str, int] = {}
        self.keys: list[str | None] = [None]
        self.rows: list[bytes | None] = [None]
        self.created = array("q", (BEGINNING,))
        self.updated = array("q", (BEGINNING,))
        self.indexes: dict[str, dict[str, array[int]]] = {name: {} for name in (*spec.fixed, *spec.moving)}
        self.log_times = array("q")
        self.log_positions = array("q")
        self.log_from = BEGINNING
        self.first = 1
        self._derived: dict[Callable[[Sequence[E]], Any], Any] = {}

    def copy(self) -> "Columns[E]":
        """Return columns of their own with the same rows; the packed entities are shared."""
        twin = Columns(self.spec)
        twin.positions = self.positions.copy()
        twin.keys = self.keys.copy()
        twin.rows = self.rows.copy()
        twin.first = self.first
        twin.created, twin.updated = self.created[:], self.updated[:]
        twin.log_times, twin.log_positions, twin.log_from = self.log_times[:], self.log_positions[:], self.log_from
        twin.indexes = {
            name: {value: positions[:] for value, positions in index.items()} for name, index in self.indexes.items()
        }
        return twin

    def get(self, key: str) -> E | None:
        """Return the entity with this key."""
        position = self.positions.get(key)
        if position is None:
            return None
        row = self.rows[position]
        assert row is not None
        return self.spec.unpack(row)

    def put(self, key: str, entity: E) -> None:
        """Insert the entity or replace the one with its key."""
        spec = self.spec
        self._derived.clear()
        position = self.positions.get(key)
        if position is None:
            position = self._insert(key, entity)
        elif spec.moving:
            before = self.get(key)
            for name, values in spec.moving.items():
                self._reindex(name, position, values(before) if before is not None else (), values(entity))
        self.rows[position] = pack(entity)
        if spec.updated_at is not None:
            self._touch(position, to_milliseconds(spec.updated_at(entity)))

    def remove(self, key: str) -> None:
        """Take the entity away; its position stays empty."""
        position = self.positions.get(key)
        if position is None:
            return
        self._derived.clear()
        entity = self.get(key)
        assert entity is not None
        for name, values in {**self.spec.fixed, **self.spec.moving}.items():
            self._reindex(name, position, values(entity), ())
        del self.positions[key]
        self.keys[position] = self.rows[position] = None
        while self.first < len(self.rows) and self.rows[self.first] is None:
            self.first += 1

    def page(self, query: Query) -> Page[E]:
        """Return one page; its cost depends on the rows it returns, not on those there are."""
        found: list[tuple[int, bytes]] = []
        updated, rows = self.updated, self.rows
        earliest, latest = bounds(query.updated)
        for position in self._candidates(query):
            row = rows[position]
            if row is None or not earliest <= updated[position] < latest:
                continue
            if len(found) == query.limit:
                return Page([row for _, row in found], found[-1][0])
            found.append((position, row))
        return Page([row for _, row in found], None)

    def select(self, where: Mapping[str, str]) -> Iterator[str]:
        """Return the keys of the entities whose indexes have these values, in order of creation."""
        for position in matching(self.indexes, where, 1, len(self.rows)):
            key = self.keys[position]
            if key is not None:
                yield key

    def derived(self, build: Callable[[Sequence[E]], T]) -> T:
        """Return what `build` makes of all entities, kept until one of them changes."""
        if build not in self._derived:
            self._derived[build] = build([self.spec.unpack(row) for row in self.rows if row is not None])
        return cast(T, self._derived[build])

    def _insert(self, key: str, entity: E) -> int:
        position = self.positions[key] = len(self.rows)
        self.keys.append(key)
        self.rows.append(None)
        created_at = self.spec.created_at
        self.created.append(to_milliseconds(created_at(entity)) if created_at is not None else BEGINNING)
        self.updated.append(BEGINNING)
        for name, values in {**self.spec.fixed, **self.spec.moving}.items():
            self._reindex(name, position, (), values(entity))
        return position

    def _reindex(self, name: str, position: int, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        if before == after:
            return
        index = self.indexes[name]
        for value in before:
            if value not in after:
                positions = index[value]
                del positions[bisect_left(positions, position)]
        for value in after:
            if value not in before:
                insort(index.setdefault(value, array("q")), position)

    def _touch(self, position: int, at: int) -> None:
        self.updated[position] = at
        self.log_times.append(at)
        self.log_positions.append(position)
        if len(self.log_times) > 2 * len(self.rows) + _LOG_SLACK:
            self._forget_old_changes()

    def _forget_old_changes(self) -> None:
        half = len(self.log_times) // 2
        self.log_from = self.log_times[half - 1] + 1
        del self.log_times[:half], self.log_positions[:half]

    def _candidates(self, query: Query) -> Iterable[int]:
        start, stop = max(query.after + 1, self.first), len(self.rows)
        earliest, latest = bounds(query.created)
        if earliest > BEGINNING:
            start = max(start, bisect_left(self.created, earliest))
        if latest < END:
            stop = bisect_left(self.created, latest)
        recent = self._changed_since(query)
        if recent is None:
            return matching(self.indexes, query.where, start, stop)
        chosen = [held(self.indexes, name, value) for name, value in query.where.items()]
        return [
            position
            for position in recent
            if start <= position < stop and all(has(positions, position) for positions in chosen)
        ]

    def _changed_since(self, query: Query) -> Sequence[int] | None:
        """Return the positions of what changed lately, rising, where they are fewer than what the indexes offer."""
        if query.updated.after is None:
            return None
        earliest, _ = bounds(query.updated)
        if earliest < self.log_from:
            return None
        first = bisect_left(self.log_times, earliest)
        offered = min(
            (len(held(self.indexes, name, value)) for name, value in query.where.items()), default=len(self.rows)
        )
        if len(self.log_times) - first >= offered:
            return None
        return sorted(set(self.log_positions[first:]))
