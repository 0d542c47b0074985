"""The state of the server itself."""

from collections.abc import Callable, Sequence

from sandbox_server import __version__
from sandbox_server.api.contract import Contract
from sandbox_server.api.operation import Call, Reply
from sandbox_server.control.registry import Registry
from sandbox_server.domain.inventory import StockLevel
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
        orders, oversold = [], []
        for record in self._registry:
            labels = {"tenant": record.tenant.name}
            with record.tenant.read() as tx:
                orders.append((labels, tx.orders.count()))
                oversold.append((labels, tx.levels.derived(_oversold)))
        families = (
            Family("sandbox_orders", "gauge", "Orders that were ever placed.", orders),
            Family("sandbox_oversold_units", "gauge", "Units promised beyond what stores have reported.", oversold),
        )
        return Reply(raw=self._metrics.exposition(families).encode(), media_type=MEDIA_TYPE.partition(";")[0])


def _oversold(levels: Sequence[StockLevel]) -> int:
    return sum(max(0, level.reserved + level.allocated - level.on_hand) for level in levels)
