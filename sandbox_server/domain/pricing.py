"""A line of a new order, with what it costs."""

from sandbox_server.domain.allocation import Demand
from sandbox_server.domain.catalogue import Product, tax_on
from sandbox_server.domain.orders import Line, Reduction
from sandbox_server.domain.prices import Offer


def priced(demand: Demand, product: Product, offer: Offer) -> Line:
    """Return the line that a demand becomes."""
    unit_price, list_price = offer
    reduced = unit_price != list_price
    return Line(
        demand.line_id,
        demand.sku,
        product.title,
        demand.quantity,
        unit_price.minor,
        tax_on(unit_price * demand.quantity, product.tax_class).minor,
        reduction=Reduction(list_price.minor) if reduced else None,
    )
