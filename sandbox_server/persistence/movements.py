"""The stock ledger in memory: movements packed by the dozen or so, some 50 bytes each."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import msgspec

from sandbox_server.domain.inventory import Movement
from sandbox_server.kernel.clock import to_milliseconds
from sandbox_server.persistence.positions import bounds, matching
from sandbox_server.services.ports import Query

LEAF = 16
"""Movements that are packed together: cheap to write, and cheap to read for the sake of one of them."""


class Numbers(dict[str, "array[int]"]):
    """The numbers of the movements that have a value, by value; rising."""

    def __missing__(self, value: str) -> "array[int]":
        numbers = self[value] = array("i")
        return numbers


class Movements:
    """Every movement, by its number, from 1, in leaves; the last leaf is open until it is full."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self.since = array("q")
        self.indexes = {name: Numbers() for name in ("store_id", "sku", "cause")}
        self._open: list[Movement] = []

    def __len__(self) -> int:
        return len(self.leaves) * LEAF + len(self._open)

    def copy(self) -> "Movements":
        """Return a ledger of its own with the same movements; the packed ones are shared."""
        twin = Movements()
        twin.leaves, twin.since = self.leaves.copy(), self.since[:]
        twin.indexes = {
            name: Numbers((value, numbers[:]) for value, numbers in index.items())
            for name, index in self.indexes.items()
        }
        twin._open = self._open.copy()
        return twin

    def open_leaf(self) -> bytes:
        """Return the movements that wait for more, packed."""
        return _pack(self._open)

    def reopen(self, leaf: bytes) -> None:
        """Let packed movements, which the indexes know, wait for more."""
        self._open = _unpack(leaf)

    def extend(self, movements: Sequence[Movement]) -> None:
        """Add movements at the end; their numbers are given here."""
        stores, skus, causes = self.indexes.values()
        for number, movement in enumerate(movements, start=len(self) + 1):
            stores[movement.store_id].append(number)
            skus[movement.sku].append(number)
            causes[movement.cause].append(number)
        self._open.extend(movements)
        while len(self._open) >= LEAF:
            self.since.append(to_milliseconds(self._open[0].at))
            self.leaves.append(_pack(self._open[:LEAF]))
            del self._open[:LEAF]

    def page(self, query: Query) -> tuple[Sequence[Movement], int | None]:
        """Return one page in the ledger's order, and the next one's `after`."""
        earliest, latest = bounds(query.updated)
        start = max(query.after, (bisect_left(self.since, earliest) - 1) * LEAF) + 1
        beyond = bisect_left(self.since, latest)
        stop = (beyond * LEAF if beyond < len(self.since) else len(self)) + 1
        found: list[Movement] = []
        for movement in self._read(matching(self.indexes, query.where, start, stop)):
            at = to_milliseconds(movement.at)
            if at >= latest:
                break
            if len(found) == query.limit:
                return found, found[-1].number
            if at >= earliest:
                found.append(movement)
        return found, None

    def walk(self, after: int = 0) -> Iterator[Movement]:
        """Return every movement after one, without its number: a leaf at a time, four times as fast as by pages."""
        leaf = min(after // LEAF, len(self.leaves))
        movements = chain(chain.from_iterable(map(_unpack, self.leaves[leaf:])), self._open.copy())
        return islice(movements, after - leaf * LEAF, None)

    def _read(self, numbers: Iterable[int]) -> Iterator[Movement]:
        """Return the movements with these numbers, which rise: what lies in one leaf is unpacked together."""
        at_hand, leaf = -1, self._open
        for number in numbers:
            place, position = divmod(number - 1, LEAF)
            if place != at_hand:
                at_hand, leaf = place, _unpack(self.leaves[place]) if place < len(self.leaves) else self._open
            one = leaf[position]
            yield Movement(
                number, one.at, one.store_id, one.sku, one.quantity, one.delta, one.cause, one.reference, one.source
            )


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Movement]).decode
