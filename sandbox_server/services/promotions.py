"""Promotions: set up by the retailer, applied when an order is placed."""

from collections.abc import Iterable, Sequence

from sandbox_server.domain import promotions as rules
from sandbox_server.domain.errors import Fault, NotFound, Unprocessable
from sandbox_server.domain.promotions import Discount, Promotion, Wanted
from sandbox_server.kernel.ids import make_id
from sandbox_server.kernel.money import Money
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, promotion_id: str) -> Promotion:
    """
    Return a promotion.

    Raises:
        NotFound: There is none with this id, or it was withdrawn.
    """
    promotion = tx.promotions.get(promotion_id)
    if promotion is None:
        raise NotFound("promotion", promotion_id)
    return promotion


def create(tx: Transaction, wanted: Wanted) -> Promotion:
    """
    Set up a promotion.

    Raises:
        Unprocessable: Its terms are not those of its kind, its amount is none of the chain's money, it is over before
            it begins, or already, or there is no such store or SKU; with every reason.
    """
    faults = [*rules.faults_of(wanted, tx.currency, tx.now), *_unknown(tx, wanted)]
    if faults:
        raise Unprocessable("This is no promotion that the chain can have.", faults)
    promotion_id = make_id(tx.seed, "prm", tx.promotions.count() + 1)
    promotion = rules.create(promotion_id, wanted, tx.now)
    tx.promotions.put(promotion)
    return promotion


def withdraw(tx: Transaction, promotion_id: str) -> None:
    """
    End a promotion; orders that are placed keep what it gave them.

    Raises:
        NotFound: There is none with this id.
    """
    tx.promotions.remove(get(tx, promotion_id).promotion_id)


def best(tx: Transaction, sku: str, store_id: str | None, unit_price: Money, quantity: int) -> Discount | None:
    """Return what the best promotion takes off so many of a SKU now; None where there is none."""
    on_it = tx.promotions.derived(_Book).of(sku)
    running = [promotion for promotion in on_it if rules.runs(promotion, store_id, tx.now)]
    return rules.best(running, unit_price, quantity)


class _Book:
    """All promotions, by what they are on."""

    def __init__(self, promotions: Sequence[Promotion]) -> None:
        self._promotions = tuple(promotions)
        self._of: dict[str, tuple[Promotion, ...]] = {}

    def of(self, sku: str) -> tuple[Promotion, ...]:
        """Return those that are on a SKU, in order of creation."""
        found = self._of.get(sku)
        if found is None:
            found = self._of[sku] = tuple(one for one in self._promotions if not one.skus or sku in one.skus)
        return found


def _unknown(tx: Transaction, wanted: Wanted) -> Iterable[Fault]:
    for place, store_id in enumerate(wanted.store_ids):
        if not tx.stores.has(store_id):
            yield Fault(f"/storeIds/{place}", "UNKNOWN_STORE", f"There is no store {store_id}.")
    for place, sku in enumerate(wanted.skus):
        if not tx.products.has(sku):
            yield Fault(f"/skus/{place}", "UNKNOWN_SKU", f"The catalogue has no SKU {sku}.")
