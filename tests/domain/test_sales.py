"""What units cost that left a store, however the line was parted."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain.sales import Price, price_of, sold, units_of
from sandbox_server.domain.shipments import Shipment, ShipmentLine
from tests.domain.builders import a_line, a_shipment, an_order


def parcel(*lines: tuple[str, int]) -> Shipment:
    return a_shipment(lines=tuple(ShipmentLine(line_id, f"SKU-{line_id}", quantity) for line_id, quantity in lines))


def test_the_first_units_of_a_line_bear_their_part_of_the_tax_rounded_half_to_even() -> None:
    three = a_line("1", 3, tax=25)
    assert [price_of(three, units, "USD") for units in range(4)] == [(0, 0), (1000, 8), (2000, 17), (3000, 25)]
    assert price_of(three, 3, "USD").gross == 3025


def test_a_shipment_costs_the_difference_that_it_makes() -> None:
    sale = an_order(a_line("1", 3, tax=25), a_line("2", 1, unit_price=500, tax=1))
    first, second = parcel(("1", 1), ("2", 1)), parcel(("1", 2))
    assert [part.price for part in sold(sale, units_of([]), first)] == [Price(1000, 8), Price(500, 1)]
    (part,) = sold(sale, units_of([first]), second)
    assert (part.line.line_id, part.before, part.quantity, part.price) == ("1", 1, 2, Price(2000, 17))


@given(
    parts=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    unit_price=st.integers(0, 100_000),
    tax=st.integers(0, 100_000),
)
def test_the_parts_of_a_line_add_up_to_the_whole_of_it(parts: Sequence[int], unit_price: int, tax: int) -> None:
    sale = an_order(a_line("1", sum(parts), unit_price=unit_price, tax=tax))
    parcels = [parcel(("1", units)) for units in parts]
    prices = [sold(sale, units_of(parcels[:place]), one)[0].price for place, one in enumerate(parcels)]
    assert sum(price.net for price in prices) == unit_price * sum(parts)
    assert sum(price.tax for price in prices) == tax
