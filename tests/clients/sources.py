"""Stores whose shelves a test fills."""

from collections.abc import Mapping

from fixtures.clients.reference.counter import DropOff
from fixtures.clients.reference.dock import Delivery
from fixtures.clients.reference.shapes import Level, Place, Return, Transfer


class Counted:
    """A count of every place, changed by the test and by what the client moves."""

    def __init__(self, shelves: dict[Place, int]) -> None:
        self.shelves = shelves

    def units(self, place: Place, level: Level | None) -> int:
        return self.shelves.get(place, 0)

    def counts(self) -> Mapping[Place, int]:
        return self.shelves

    def moved(self, place: Place, units: int) -> None:
        self.shelves[place] = self.shelves.get(place, 0) + units


class DropOffs:
    """What buyers have brought, by return."""

    def __init__(self, **brought: list[DropOff]) -> None:
        self._brought = brought

    def drop_offs(self, rma: Return) -> list[DropOff]:
        return self._brought.get(rma["returnId"], [])[len(rma["receipts"]) :]


class Deliveries:
    """What vans have brought, by transfer."""

    def __init__(self, **brought: list[Delivery]) -> None:
        self._brought = brought

    def deliveries(self, transfer: Transfer) -> list[Delivery]:
        return self._brought.get(transfer["transferId"], [])[len(transfer["receipts"]) :]
