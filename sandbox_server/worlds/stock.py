"""What stores report: what they open with, and what they count shortly before the world's first moment."""

from collections.abc import Sequence
from random import Random

from sandbox_server.domain.inventory import StockLevel, StockReport, available
from sandbox_server.domain.stores import Store
from sandbox_server.kernel.randomness import stream
from sandbox_server.services import inventory
from sandbox_server.services.tenants import Tenant
from sandbox_server.worlds.history import STORES
from sandbox_server.worlds.schema import Stock

_LOW = 3
_REFILLED = 0.7


class Shelves:
    """The stock reports of the stores."""

    def __init__(self, tenant: Tenant, seed: int, stock: Stock) -> None:
        self._tenant = tenant
        self._stock = stock
        self._rng: Random = stream(seed, "world/stock")

    def open(self, store: Store, skus: Sequence[str]) -> None:
        """Report what a store has at first of the products that it carries."""
        with self._tenant.begin(STORES) as tx:
            inventory.report(
                tx,
                [StockReport(store.store_id, sku, self._rng.randint(*self._stock.depth), 1, tx.now) for sku in skus],
            )

    def count(self, store: Store) -> None:
        """Report what a store has now, but for what it forgets; what has run low is filled up."""
        with self._tenant.begin(STORES) as tx:
            reports = [
                StockReport(store.store_id, level.sku, self._counted(store, level), level.sequence + 1, tx.now)
                for level in list(tx.levels.select(store_id=store.store_id))
                if self._short(level) or self._rng.random() >= self._stock.stale
            ]
            inventory.report(tx, reports)

    def _counted(self, store: Store, level: StockLevel) -> int:
        promised = level.reserved + level.allocated
        low = available(level, store.safety_stock) < _LOW
        if self._short(level) or (low and self._rng.random() < _REFILLED):
            return promised + self._rng.randint(*self._stock.depth)
        return level.on_hand

    @staticmethod
    def _short(level: StockLevel) -> bool:
        return level.on_hand < level.reserved + level.allocated
