"""What was sold: the money of the units that have left a store, exact to the minor unit."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from sandbox_server.domain.orders import Line, Order, line_total
from sandbox_server.domain.shipments import Shipment, ShipmentLine


class Price(NamedTuple):
    """What units of a line cost, in minor units: the net amount, and the tax on it."""

    net: int
    tax: int

    @property
    def gross(self) -> int:
        """What the buyer pays."""
        return self.net + self.tax


class Sold(NamedTuple):
    """Units of an order's line that left in one shipment, and what they cost."""

    line: Line
    quantity: int
    price: Price


def price_of(line: Line, units: int, currency: str) -> Price:
    """Return what the first so many units of a line cost."""
    net, tax = line_total(msgspec.structs.replace(line, cancelled=line.quantity - units), currency)
    return Price(net.minor, tax.minor)


def sold(order: Order, before: Iterable[Shipment], shipment: Shipment) -> list[Sold]:
    """
    Return what each line of a shipment cost.

    Each is the difference that its units make to what the line costs, so that the parts of a line add up to the whole
    of it, whatever it was parted into.

    Args:
        before: The order's shipments that were made before this one.
    """
    lines = {line.line_id: line for line in order.lines}
    left = {part.line_id: 0 for part in shipment.lines}
    for parcel in before:
        for part in parcel.lines:
            if part.line_id in left:
                left[part.line_id] += part.quantity
    return [_sold(lines[part.line_id], left[part.line_id], part, order.currency) for part in shipment.lines]


def _sold(line: Line, before: int, part: ShipmentLine, currency: str) -> Sold:
    after, ahead = price_of(line, before + part.quantity, currency), price_of(line, before, currency)
    return Sold(line, part.quantity, Price(after.net - ahead.net, after.tax - ahead.tax))
