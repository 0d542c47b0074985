"""The stock ledger in memory: a column for each field, some 40 bytes a movement."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.kernel.clock import from_milliseconds, to_milliseconds
from sandbox_server.persistence.positions import bounds, matching
from sandbox_server.services.ports import Query

_QUANTITIES = tuple(Quantity)
_CAUSES = tuple(Cause)
_QUANTITY_CODES = {quantity: code for code, quantity in enumerate(_QUANTITIES)}
_CAUSE_CODES = {cause: code for code, cause in enumerate(_CAUSES)}
_INDEXED = ("store_id", "sku", "cause")


class Movements:
    """Every movement, by its number, from 1."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.codes: dict[str, int] = {}
        self.at = array("q")
        self.stores = array("i")
        self.skus = array("i")
        self.quantities = array("b")
        self.deltas = array("q")
        self.causes = array("b")
        self.references = array("i")
        self.sources = array("i")
        self.indexes: dict[str, dict[str, array[int]]] = {name: {} for name in _INDEXED}

    def __len__(self) -> int:
        return len(self.at)

    def copy(self) -> "Movements":
        """Return a ledger of its own with the same movements."""
        twin = Movements()
        twin.names, twin.codes = self.names.copy(), self.codes.copy()
        for column in COLUMNS:
            setattr(twin, column, getattr(self, column)[:])
        twin.indexes = {
            name: {value: numbers[:] for value, numbers in index.items()} for name, index in self.indexes.items()
        }
        return twin

    def append(self, movement: Movement) -> None:
        """Add a movement at the end; its number is given here."""
        self.at.append(to_milliseconds(movement.at))
        self.stores.append(self._code(movement.store_id))
        self.skus.append(self._code(movement.sku))
        self.quantities.append(_QUANTITY_CODES[movement.quantity])
        self.deltas.append(movement.delta)
        self.causes.append(_CAUSE_CODES[movement.cause])
        self.references.append(self._code(movement.reference))
        self.sources.append(self._code(movement.source))
        number = len(self.at)
        for name, value in (("store_id", movement.store_id), ("sku", movement.sku), ("cause", movement.cause.value)):
            index = self.indexes[name]
            numbers = index.get(value)
            if numbers is None:
                numbers = index[value] = array("i")
            numbers.append(number)

    def get(self, number: int) -> Movement:
        """Return the movement with this number."""
        place = number - 1
        names = self.names
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
        earliest, latest = bounds(query.updated)
        start = max(query.after, bisect_left(self.at, earliest)) + 1
        stop = bisect_left(self.at, latest) + 1
        found: list[Movement] = []
        for number in matching(self.indexes, query.where, start, stop):
            if len(found) == query.limit:
                return found, found[-1].number
            found.append(self.get(number))
        return found, None

    def totals(self) -> Mapping[tuple[str, str], tuple[int, int, int]]:
        """Return the sums of the movements of each store and SKU."""
        sums: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        for store, sku, quantity, delta in zip(self.stores, self.skus, self.quantities, self.deltas, strict=True):
            sums[store, sku][quantity] += delta
        names = self.names
        return {(names[store], names[sku]): (a, b, c) for (store, sku), (a, b, c) in sums.items()}

    def _code(self, name: str) -> int:
        code = self.codes.get(name)
        if code is None:
            code = self.codes[name] = len(self.names)
            self.names.append(name)
        return code


COLUMNS = ("at", "stores", "skus", "quantities", "deltas", "causes", "references", "sources")
