"""What a buyer is charged: the lines of a new order, priced with what is effective now."""

from collections.abc import Iterable, Sequence

from sandbox_server.domain import pricing as rules
from sandbox_server.domain.allocation import Demand, Share
from sandbox_server.domain.orders import Line
from sandbox_server.domain.prices import offer
from sandbox_server.services import catalogue, prices, promotions
from sandbox_server.services.ports import Transaction


def lines(tx: Transaction, demands: Iterable[Demand], shares: Sequence[Share]) -> tuple[Line, ...]:
    """
    Return the lines of a new order.

    Args:
        shares: Which stores serve it: a line costs what it does in the first store of its own; where it has none, what
            it does in all stores.

    Raises:
        NotFound: The catalogue has no such SKU.
    """
    first = {share.line_id: share.store.store_id for share in reversed(shares)}
    return tuple(_line(tx, demand, first.get(demand.line_id)) for demand in demands)


def _line(tx: Transaction, demand: Demand, store_id: str | None) -> Line:
    product = catalogue.get(tx, demand.sku)
    price = offer(product, prices.find(tx, demand.sku, store_id), tx.now)
    discount = promotions.best(tx, demand.sku, store_id, price.unit_price, demand.quantity)
    return rules.priced(demand, product, price, discount)
