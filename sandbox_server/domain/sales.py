"""What was sold: the money of the units that have left a store, exact to the minor unit."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sandbox_server.domain.orders import Line, Order, cost_of
from sandbox_server.domain.shipments import Shipment


class Price(NamedTuple):
    """What units of a line cost, in minor units: the net amount, and the tax on it."""

    net: int
    tax: int

    @property
    def gross(self) -> int:
        """What the buyer pays."""
        return self.net + self.tax


NOTHING = Price(0, 0)


class Sold(NamedTuple):
    """Units of an order's line that left in one shipment; `before` so many others of it had left."""

    line: Line
    before: int
    quantity: int
    price: Price


def price_of(line: Line, units: int, currency: str) -> Price:
    """Return what the first so many units of a line cost."""
    if not units:
        return NOTHING
    net, tax = cost_of(line, units, currency)
    return Price(net.minor, tax.minor)


def sold(order: Order, before: Mapping[str, int], shipment: Shipment) -> list[Sold]:
    """
    Return what each line of a shipment cost.

    Each is the difference that its units make to what the line costs, so that the parts of a line add up to the whole
    of it, whatever it was parted into.

    Args:
        before: The units that had left before, by line id.
    """
    lines = {line.line_id: line for line in order.lines}
    return [_sold(lines[part.line_id], before[part.line_id], part.quantity, order.currency) for part in shipment.lines]


def units_of(shipments: Iterable[Shipment]) -> Counter[str]:
    """Return the units in an order's shipments, by line id."""
    units: Counter[str] = Counter()
    for shipment in shipments:
        for part in shipment.lines:
            units[part.line_id] += part.quantity
    return units


def _sold(line: Line, before: int, quantity: int, currency: str) -> Sold:
    after, ahead = price_of(line, before + quantity, currency), price_of(line, before, currency)
    return Sold(line, before, quantity, Price(after.net - ahead.net, after.tax - ahead.tax))
