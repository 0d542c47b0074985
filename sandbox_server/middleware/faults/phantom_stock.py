"""`phantomStock`: goods are gone, and nobody says so."""

from typing import Any

from sandbox_server.domain.inventory import StockLevel
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage
from sandbox_server.services import tills
from sandbox_server.services.ports import Transaction


class PhantomStockEffect(Effect):
    """Takes goods off a shelf."""

    about = About(
        "phantomStock",
        "Just before the call so many units of the SKU are found missing from a shelf, no more than are "
        "there. The marketplace goes on believing in them until the store reports; the chain's own tills "
        "know. It is the shelf of the rule's store, else of the store in the call's path, else the fullest.",
        {"maxCount": 1, "effect": {"phantomStock": {"sku": "SKU-00001", "by": 3}}},
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Empty the shelf, and let the operation know nothing of it."""
        store_id = stage.chosen.rule.match.store or stage.path_parameters.get("storeId")
        with stage.tenant.begin(f"till:{stage.request_id}") as tx:
            level = _fullest(tx, given["sku"], store_id)
            if level is not None:
                left = tills.units(tx, level) - given["by"]
                tills.count(tx, level.store_id, [(level.sku, max(0, left))])
        await stage.run()


def _fullest(tx: Transaction, sku: str, store_id: str | None) -> StockLevel | None:
    """Return the level with most on its shelf, of a store or of all; None where there is nothing."""
    named = {} if store_id is None else {"store_id": store_id}
    filled = [level for level in tx.levels.select(sku=sku, **named) if tills.units(tx, level) > 0]
    return max(filled, key=lambda level: tills.units(tx, level), default=None)
