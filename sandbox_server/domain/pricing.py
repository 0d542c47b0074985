"""A line of a new order, with what it costs."""

from sandbox_server.domain.allocation import Demand
from sandbox_server.domain.catalogue import Product, tax_on
from sandbox_server.domain.orders import Line, Reduction
from sandbox_server.domain.prices import Offer
from sandbox_server.domain.promotions import Discount


def priced(demand: Demand, product: Product, offer: Offer, discount: Discount | None) -> Line:
    """Return the line that a demand becomes; it is taxed on what it costs after the discount."""
    net = offer.unit_price * demand.quantity
    if discount is not None:
        net -= discount.amount
    return Line(
        demand.line_id,
        demand.sku,
        product.title,
        demand.quantity,
        offer.unit_price.minor,
        tax_on(net, product.tax_class).minor,
        reduction=_reduction(offer, discount),
    )


def _reduction(offer: Offer, discount: Discount | None) -> Reduction | None:
    if discount is not None:
        return Reduction(offer.list_price.minor, discount.amount.minor, (discount.promotion_id,))
    if offer.unit_price != offer.list_price:
        return Reduction(offer.list_price.minor)
    return None
