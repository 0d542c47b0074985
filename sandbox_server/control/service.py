"""The state of the server itself."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sandbox_server import __version__
from sandbox_server.api.contract import Contract
from sandbox_server.api.operation import Call, Reply
from sandbox_server.control.registry import Registry
from sandbox_server.domain.inventory import STALE_AFTER, StockLevel
from sandbox_server.kernel.clock import to_milliseconds
from sandbox_server.services.metrics import MEDIA_TYPE, Family, Metrics


def health(contract: Contract, registry: Registry) -> Callable[[Call], Reply]:
    """Return what answers GET /health."""
    version = contract.document["info"]["version"]

    def get_health(_call: Call) -> Reply:
        content = {"status": "ok", "version": __version__, "contractVersion": version, "tenants": len(registry)}
        return Reply(content=content)

    return get_health


class Measures:
    """What answers GET /metrics."""

    def __init__(self, registry: Registry, metrics: Metrics) -> None:
        self._registry = registry
        self._metrics = metrics

    def get_metrics(self, _call: Call) -> Reply:
        """Tell what calls there were, and what the tenants have come to."""
        orders, levels, oversold, stale = [], [], [], []
        for record in self._registry:
            labels = {"tenant": record.tenant.name}
            with record.tenant.read() as tx:
                stock = tx.levels.derived(_stock)
                orders.append((labels, tx.orders.count()))
                levels.append((labels, len(stock.reported)))
                oversold.append((labels, stock.oversold))
                stale.append((labels, bisect_left(stock.reported, to_milliseconds(tx.now - STALE_AFTER))))
        families = (
            Family("sandbox_orders", "gauge", "Orders that were ever placed.", orders),
            Family("sandbox_oversold_units", "gauge", "Units promised beyond what stores have reported.", oversold),
            Family("sandbox_stock_levels", "gauge", "Stock levels.", levels),
            Family("sandbox_stale_levels", "gauge", "Stock levels whose last report is older than 15 minutes.", stale),
        )
        return Reply(raw=self._metrics.exposition(families).encode(), media_type=MEDIA_TYPE.partition(";")[0])


class _Stock(NamedTuple):
    """What levels come to: units promised beyond what was reported; when each was reported, in ms, the oldest first."""

    oversold: int
    reported: "array[int]"


def _stock(levels: Sequence[StockLevel]) -> _Stock:
    oversold = sum(max(0, level.reserved + level.allocated - level.on_hand) for level in levels)
    return _Stock(oversold, array("q", sorted(to_milliseconds(level.as_of) for level in levels)))
