"""A seller's invoice for a shipment: it says, to the minor unit, what the marketplace says that the shipment cost."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from sandbox_server.domain.errors import Fault, Unprocessable
from sandbox_server.domain.sales import Sold
from sandbox_server.kernel.money import Money


class InvoiceLine(msgspec.Struct, frozen=True, array_like=True):
    """So many of an order's line, their net amount and the tax on it, in minor units."""

    line_id: str
    quantity: int
    net: int
    tax: int


class Invoice(msgspec.Struct, frozen=True, array_like=True):
    """The invoice of a shipment; `number` is the seller's own."""

    invoice_id: str
    shipment_id: str
    order_id: str
    number: str
    issued_at: datetime
    currency: str
    lines: tuple[InvoiceLine, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def net(self) -> int:
        """The sum of its net amounts, in minor units."""
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        """The sum of its taxes, in minor units."""
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        """What the buyer pays, in minor units."""
        return self.net + self.tax


class Claim(NamedTuple):
    """What a seller says that a shipment cost; `total` in minor units."""

    shipment_id: str
    number: str
    issued_at: datetime
    lines: tuple[InvoiceLine, ...]
    total: int


def check_issued_at(issued_at: datetime, placed_at: datetime, now: datetime) -> None:
    """
    Raise where an invoice is said to be older than what it is for, or to come from the future.

    Raises:
        Unprocessable: Naming the bound.
    """
    if issued_at > now:
        fault = Fault("/issuedAt", "IN_FUTURE", f"It is {now.isoformat()} now; no invoice is from later than that.")
    elif issued_at < placed_at:
        fault = Fault("/issuedAt", "BEFORE_ORDER", f"The order was placed at {placed_at.isoformat()}.")
    else:
        return
    raise Unprocessable("The invoice cannot be from that time.", [fault])


def check_figures(claim: Claim, parcel: Sequence[Sold], currency: str) -> None:
    """
    Raise where an invoice does not say what its shipment cost, line by line and in all.

    Raises:
        Unprocessable: Naming each figure that differs, and what it has to be.
    """
    expected = {part.line.line_id: part for part in parcel}
    faults = [*_lines(claim.lines, expected, currency), *_missing(claim.lines, expected)]
    total = sum(part.price.gross for part in parcel)
    if claim.total != total:
        faults.append(_differs("/total", "TOTAL", "The shipment cost", total, currency))
    if faults:
        raise Unprocessable("The invoice does not say what the shipment cost.", faults)


def _lines(lines: Sequence[InvoiceLine], expected: Mapping[str, Sold], currency: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, line in enumerate(lines):
        part = expected.get(line.line_id)
        if part is None:
            yield Fault(f"/lines/{place}/lineId", "UNKNOWN_LINE", f"The shipment has no line {line.line_id}.")
        elif line.line_id in seen:
            yield Fault(f"/lines/{place}/lineId", "REPEATED", f"Line {line.line_id} is named above already.")
        else:
            seen.add(line.line_id)
            yield from _figures(f"/lines/{place}", line, part, currency)


def _figures(at: str, line: InvoiceLine, part: Sold, currency: str) -> Iterator[Fault]:
    if line.quantity != part.quantity:
        yield Fault(f"{at}/quantity", "QUANTITY", f"Of line {line.line_id} {part.quantity} were shipped.")
    if line.net != part.price.net:
        yield _differs(f"{at}/net", "NET", f"Line {line.line_id} cost", part.price.net, currency)
    if line.tax != part.price.tax:
        yield _differs(f"{at}/tax", "TAX", f"The tax on line {line.line_id} is", part.price.tax, currency)


def _missing(lines: Sequence[InvoiceLine], expected: Mapping[str, Sold]) -> Iterator[Fault]:
    named = {line.line_id for line in lines}
    for line_id, part in expected.items():
        if line_id not in named:
            message = f"Line {line_id} is missing, of which {part.quantity} were shipped."
            yield Fault("/lines", "MISSING_LINE", message)


def _differs(pointer: str, code: str, what: str, minor: int, currency: str) -> Fault:
    return Fault(pointer, code, f"{what} {Money(minor, currency).amount} {currency}.")
