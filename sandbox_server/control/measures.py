"""What Prometheus is told of the tenants' worlds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import compress
from operator import is_not
from weakref import WeakKeyDictionary

from sandbox_server.api.operation import Call, Reply
from sandbox_server.control.registry import Registry
from sandbox_server.domain.inventory import STALE_AFTER, StockLevel
from sandbox_server.kernel.clock import to_milliseconds
from sandbox_server.services.metrics import MEDIA_TYPE, Family, Metrics
from sandbox_server.services.ports import Packed, Table
from sandbox_server.services.tenants import Tenant


class Measures:
    """What answers GET /metrics."""

    def __init__(self, registry: Registry, metrics: Metrics) -> None:
        self._registry = registry
        self._metrics = metrics
        self._stocks: WeakKeyDictionary[Tenant, Stock] = WeakKeyDictionary()

    def get_metrics(self, _call: Call) -> Reply:
        """Tell what calls there were, and what the tenants have come to."""
        orders, levels, oversold, stale = [], [], [], []
        for record in self._registry:
            labels = {"tenant": record.tenant.name}
            stock = self._stocks.setdefault(record.tenant, Stock())
            with record.tenant.read() as tx:
                stock.look_at(tx.levels)
                orders.append((labels, tx.orders.count()))
                levels.append((labels, stock.levels))
                oversold.append((labels, stock.oversold))
                stale.append((labels, stock.reported_before(tx.now - STALE_AFTER)))
        families = (
            Family("sandbox_orders", "gauge", "Orders that were ever placed.", orders),
            Family("sandbox_oversold_units", "gauge", "Units promised beyond what stores have reported.", oversold),
            Family("sandbox_stock_levels", "gauge", "Stock levels.", levels),
            Family("sandbox_stale_levels", "gauge", "Stock levels whose last report is older than 15 minutes.", stale),
        )
        return Reply(raw=self._metrics.exposition(families).encode(), media_type=MEDIA_TYPE.partition(";")[0])


class Stock:
    """
    What the levels of a world come to.

    A row is never changed, only replaced: those alone are unpacked that are others than the last time.
    """

    def __init__(self) -> None:
        self.levels = 0
        self.oversold = 0
        self._reported: Counter[int] = Counter()
        self._rows: Sequence[Packed | None] = ()

    def look_at(self, table: Table[StockLevel]) -> None:
        """Know what they come to now; the table may be that of another world than the last time."""
        before, self._rows = self._rows, table.rows()
        differs = list(map(is_not, before, self._rows))
        self._count(table, (*compress(before, differs), *before[len(differs) :]), -1)
        self._count(table, (*compress(self._rows, differs), *self._rows[len(differs) :]), 1)
        self._reported = +self._reported  # without instants that no level is of any more

    def reported_before(self, at: datetime) -> int:
        """Return how many levels were reported before an instant."""
        earliest = to_milliseconds(at)
        return sum(levels for reported, levels in self._reported.items() if reported < earliest)

    def _count(self, table: Table[StockLevel], rows: Iterable[Packed | None], times: int) -> None:
        for level in map(table.unpack, filter(None, rows)):
            self.levels += times
            self.oversold += times * max(0, level.reserved + level.allocated - level.on_hand)
            self._reported[to_milliseconds(level.as_of)] += times
