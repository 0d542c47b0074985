"""The rows of one table in memory: packed entities by position, with indexes that hold positions alone."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, Generic, TypeVar, cast

import msgspec

from sandbox_server.kernel.clock import to_milliseconds
from sandbox_server.persistence.instants import Instants
from sandbox_server.persistence.positions import BEGINNING, END, bounds, has, matching, narrowest_first
from sandbox_server.persistence.tables import Spec
from sandbox_server.services.ports import OPEN_WINDOW, Packed, Page, Query

E = TypeVar("E", bound=msgspec.Struct)
T = TypeVar("T")
_MOST_RECENT = 4096


class Columns(Generic[E]):
    """
    Entities packed to bytes, which the garbage collector need not look into.

    A row's position is its number in order of creation, from 1; it never changes and is never used again. `created`
    rises with the position, because the clock never goes back.
    """

    def __init__(self, spec: Spec[E]) -> None:
        self.spec = spec
        self.positions: dict[str, int] = {}
        self.keys: list[str | None] = []
        self.rows: list[Packed | None] = []
        self.created = array("q")
        self.updated = Instants()
        self._indexed = (*spec.fixed.items(), *spec.moving.items())
        self.indexes: dict[str, dict[str, array[int]]] = {name: {} for name, _ in self._indexed}
        self.first = 1
        self._recent: dict[str, E | None] = {}
        self._derived: dict[Callable[[Sequence[E]], Any], Any] = {}
        self.pass_over(1)

    def copy(self) -> "Columns[E]":
        """Return columns of their own with the same rows; the packed entities are shared."""
        twin = Columns(self.spec)
        twin.positions = self.positions.copy()
        twin.keys = self.keys.copy()
        twin.rows = self.rows.copy()
        twin.first = self.first
        twin.created, twin.updated = self.created[:], self.updated.copy()
        twin.indexes = {
            name: {value: positions[:] for value, positions in index.items()} for name, index in self.indexes.items()
        }
        return twin

    def get(self, key: str) -> E | None:
        """Return the entity with this key."""
        if key in self._recent:
            return self._recent[key]
        position = self.positions.get(key)
        row = self.rows[position] if position is not None else None
        return self.spec.unpack(row) if row is not None else None

    def get_all(self, keys: Iterable[str]) -> list[E | None]:
        """Return the entities with these keys."""
        recent, get = self._recent, self.get
        return [recent[key] if key in recent else get(key) for key in keys]

    def packed(self, keys: Iterable[str]) -> Iterator[Packed | None]:
        """Return the rows with these keys."""
        # The row before the first is empty: it stands for what is not there.
        return map(self.rows.__getitem__, map(self.positions.get, keys, repeat(0)))

    def put(self, rows: Mapping[str, Packed], entities: Mapping[str, E | None]) -> None:
        """
        Insert entities or replace those with their keys.

        Args:
            rows: What they are packed to, by key.
            entities: They themselves; what has no row is left alone.
        """
        self._derived.clear()
        positions, table, moving = self.positions, self.rows, self.spec.moving
        replaced: dict[int, E] = {}
        for key, row in rows.items():
            entity = cast(E, entities[key])
            position = positions.get(key)
            if position is None:
                self._insert(key, entity, row)
                continue
            if moving:
                self._move(position, entity)
            table[position] = row
            replaced[position] = entity
        if self.spec.updated_at is not None:
            self._date(replaced, self.spec.updated_at)
        if self.spec.is_hot:
            self._remember(entities)

    def pass_over(self, positions: int) -> None:
        """Leave so many positions empty: those of entities that came and went in one transaction."""
        for _ in range(positions):
            # Dates that rise with the position, and make no block look older than it is.
            created, updated = (self.created[-1], self.updated.at[-1]) if self.created else (BEGINNING, BEGINNING)
            self._append(None, None, created, updated)

    def remove(self, key: str) -> None:
        """Take the entity away; its position stays empty."""
        position = self.positions.get(key)
        if position is None:
            return
        self._derived.clear()
        entity = self.spec.unpack(self._row(position))
        for name, values in self._indexed:
            self._reindex(name, position, values(entity), ())
        self._recent.pop(key, None)
        del self.positions[key]
        self.keys[position] = self.rows[position] = None
        while self.first < len(self.rows) and self.rows[self.first] is None:
            self.first += 1

    def page(self, query: Query) -> Page[E]:
        """Return one page; its cost depends on the rows it returns, not on those there are."""
        return self._paged(self._candidates(query), query.limit)

    def latest(self, where: Mapping[str, str], below: int, limit: int) -> Page[E]:
        """Return one page of the rows before a position, the newest first; it costs what `page` costs."""
        stop = min(below, len(self.rows)) if below else len(self.rows)
        return self._paged(matching(self.indexes, where, self.first, stop, falling=True), limit)

    def positions_of(self, where: Mapping[str, str]) -> list[int]:
        """Return the positions of the rows whose indexes have these values, rising; half a millisecond for 100 000."""
        if where:
            return list(matching(self.indexes, where, self.first, len(self.rows)))
        return list(self.positions.values())

    def tally(self, index: str) -> Mapping[str, int]:
        """Return how many rows have each value of an index."""
        return {value: len(positions) for value, positions in self.indexes[index].items()}

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

    def _remember(self, entities: Mapping[str, E | None]) -> None:
        """Have what was written at hand unpacked, too; when that has become much, what comes next alone."""
        if len(self._recent) > _MOST_RECENT:
            self._recent.clear()
        self._recent.update(entities)

    def _row(self, position: int) -> Packed:
        row = self.rows[position]
        assert row is not None, "a key names a row that is there"
        return row

    def _insert(self, key: str, entity: E, row: Packed) -> None:
        spec = self.spec
        position = self.positions[key] = len(self.rows)
        created = to_milliseconds(spec.created_at(entity)) if spec.created_at is not None else BEGINNING
        updated = to_milliseconds(spec.updated_at(entity)) if spec.updated_at is not None else BEGINNING
        self._append(key, row, created, updated)
        # The new position is the highest one: it goes to the end of each index, which need not be searched.
        for name, values in self._indexed:
            index = self.indexes[name]
            for value in values(entity):
                positions = index.get(value)
                if positions is None:
                    positions = index[value] = array("q")
                positions.append(position)

    def _move(self, position: int, entity: E) -> None:
        before = self.spec.unpack(self._row(position))
        for name, values in self.spec.moving.items():
            self._reindex(name, position, values(before), values(entity))

    def _date(self, replaced: Mapping[int, E], updated_at: Callable[[E], datetime]) -> None:
        """Note when what stands at these positions was changed: all of it at once, as a rule."""
        instants = set(map(updated_at, replaced.values()))
        for at in instants:
            changed: Iterable[int] = replaced
            if len(instants) > 1:
                changed = [position for position, entity in replaced.items() if updated_at(entity) == at]
            self.updated.move(changed, to_milliseconds(at))

    def _append(self, key: str | None, row: Packed | None, created: int, updated: int) -> None:
        self.keys.append(key)
        self.rows.append(row)
        self.created.append(created)
        self.updated.append(updated)

    def _reindex(self, name: str, position: int, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        if before == after:
            return
        index = self.indexes[name]
        for value in before:
            if value not in after:
                positions = index[value]
                del positions[bisect_left(positions, position)]
                if not positions:
                    del index[value]
        for value in after:
            if value not in before:
                insort(index.setdefault(value, array("q")), position)

    def _paged(self, candidates: Iterable[int], limit: int) -> Page[E]:
        found: list[Packed] = []
        last = 0
        for position in candidates:
            row = self.rows[position]
            if row is None:
                continue
            if len(found) == limit:
                return Page(found, last)
            found.append(row)
            last = position
        return Page(found, None)

    def _candidates(self, query: Query) -> Iterable[int]:
        start, stop = max(query.after + 1, self.first), len(self.rows)
        earliest, latest = bounds(query.created)
        if earliest > BEGINNING:
            start = max(start, bisect_left(self.created, earliest))
        if latest < END:
            stop = bisect_left(self.created, latest)
        if query.updated == OPEN_WINDOW:
            return matching(self.indexes, query.where, start, stop)
        earliest, latest = bounds(query.updated)
        if query.where:
            return self._changed(query, start, stop, earliest, latest)
        return self.updated.within(start, stop, earliest, latest)

    def _changed(self, query: Query, start: int, stop: int, earliest: int, latest: int) -> Iterator[int]:
        """Return positions by index and by change: each in turn says where to look next."""
        narrowest, *others = narrowest_first(self.indexes, query.where)
        position = start
        while (place := bisect_left(narrowest, position)) < len(narrowest):
            held = narrowest[place]
            position = self.updated.following(held, stop, earliest, latest)
            if position >= stop:
                return
            if position == held:
                if all(has(other, position) for other in others):
                    yield position
                position += 1
