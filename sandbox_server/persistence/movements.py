"""The stock ledger in memory: a column for each field, some 40 bytes a movement."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.kernel.clock import from_milliseconds, to_milliseconds
from sandbox_server.persistence.positions import bounds, matching
from sandbox_server.services.ports import Query

_QUANTITIES = tuple(Quantity)
_CAUSES = tuple(Cause)
_QUANTITY_CODES = {quantity: code for code, quantity in enumerate(_QUANTITIES)}
_CAUSE_CODES = {cause: code for code, cause in enumerate(_CAUSES)}
_INDEXED = ("store_id", "sku", "cause")
_BATCH = 512


class Names(dict[str, int]):
    """A code for each text, given when it is first asked for; `texts` are the texts by code."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.texts = list(texts)
        super().__init__({text: code for code, text in enumerate(self.texts)})

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self.texts)
        self.texts.append(text)
        return code


class Numbers(dict[str, "array[int]"]):
    """The numbers of the movements that have a value, by value; rising."""

    def __missing__(self, value: str) -> "array[int]":
        numbers = self[value] = array("i")
        return numbers


class Movements:
    """Every movement, by its number, from 1."""

    def __init__(self) -> None:
        self.names = Names()
        self.at = array("q")
        self.stores = array("i")
        self.skus = array("i")
        self.quantities = array("b")
        self.deltas = array("q")
        self.causes = array("b")
        self.references = array("i")
        self.sources = array("i")
        self.indexes = {name: Numbers() for name in _INDEXED}
        self._fresh: list[Movement] = []

    def __len__(self) -> int:
        return len(self.at) + len(self._fresh)

    def copy(self) -> "Movements":
        """Return a ledger of its own with the same movements."""
        self.settle()
        twin = Movements()
        twin.names = Names(self.names.texts)
        for column in COLUMNS:
            setattr(twin, column, getattr(self, column)[:])
        twin.indexes = {
            name: Numbers((value, numbers[:]) for value, numbers in index.items())
            for name, index in self.indexes.items()
        }
        return twin

    def extend(self, movements: Iterable[Movement]) -> None:
        """Add movements at the end; their numbers are given here."""
        self._fresh.extend(movements)
        if len(self._fresh) >= _BATCH:
            self.settle()

    def settle(self) -> None:
        """Sort what was added lately into the columns: many at once cost a third of one by one."""
        fresh, code = self._fresh, self.names
        first = len(self.at) + 1
        self.at.extend([to_milliseconds(movement.at) for movement in fresh])
        self.stores.extend([code[movement.store_id] for movement in fresh])
        self.skus.extend([code[movement.sku] for movement in fresh])
        self.quantities.extend([_QUANTITY_CODES[movement.quantity] for movement in fresh])
        self.deltas.extend([movement.delta for movement in fresh])
        self.causes.extend([_CAUSE_CODES[movement.cause] for movement in fresh])
        self.references.extend([code[movement.reference] for movement in fresh])
        self.sources.extend([code[movement.source] for movement in fresh])
        for name, index in self.indexes.items():
            value_of = attrgetter(name)
            for number, movement in enumerate(fresh, start=first):
                index[value_of(movement)].append(number)
        fresh.clear()

    def _get(self, number: int) -> Movement:
        place = number - 1
        names = self.names.texts
        return Movement(
            number,
            from_milliseconds(self.at[place]),
            names[self.stores[place]],
            names[self.skus[place]],
            _QUANTITIES[self.quantities[place]],
            self.deltas[place],
            _CAUSES[self.causes[place]],
            names[self.references[place]],
            names[self.sources[place]],
        )

    def page(self, query: Query) -> tuple[Sequence[Movement], int | None]:
        """Return one page in the ledger's order, and the next one's `after`."""
        self.settle()
        earliest, latest = bounds(query.updated)
        start = max(query.after, bisect_left(self.at, earliest)) + 1
        stop = bisect_left(self.at, latest) + 1
        found: list[Movement] = []
        for number in matching(self.indexes, query.where, start, stop):
            if len(found) == query.limit:
                return found, found[-1].number
            found.append(self._get(number))
        return found, None

    def totals(self) -> Mapping[tuple[str, str], tuple[int, int, int]]:
        """Return the sums of the movements of each store and SKU."""
        self.settle()
        sums: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        for store, sku, quantity, delta in zip(self.stores, self.skus, self.quantities, self.deltas, strict=True):
            sums[store, sku][quantity] += delta
        names = self.names.texts
        return {(names[store], names[sku]): (a, b, c) for (store, sku), (a, b, c) in sums.items()}


COLUMNS = ("at", "stores", "skus", "quantities", "deltas", "causes", "references", "sources")
