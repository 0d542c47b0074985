"""The world in which a client is tried: nothing waits in it, and the shelves are full."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import urlencode

from load_tests.errors import CannotRun
from load_tests.surge.calls import Calls, read_calls
from load_tests.surge.orders import Handled, handled
from load_tests.surge.stock import Stock
from load_tests.target import call
from load_tests.world import World
from sandbox_server.remote import Refused, SandboxError

_UNITS = 10_000
_BATCH = 500
_TOO_MANY = 429
_WAITING = ("NEW", "ACKNOWLEDGED", "PARTIALLY_SHIPPED")
_COMING_BACK = ("AUTHORISED", "RECEIVED_IN_PART", "RECEIVED")
_GAUGES = ("stock_levels", "stale_levels", "oversold_units")
Say = Callable[[str], None]


class Throttled(Exception):
    """The marketplace grants no call now."""


class Stage:
    """
    A world as the one who tries a client sees it.

    Args:
        tenant: The tenant, as the sandbox describes it.
    """

    def __init__(self, world: World, tenant: Mapping[str, Any]) -> None:
        self.world = world
        self.tenant = tenant
        self._snapshot = ""
        self._url = f"{world.sandbox.url}/v1"
        self.client = tenant["credentials"][0]
        # What we read is not to use up what the client may call.
        reader = next(one for one in tenant["credentials"] if "orders:write" not in one["scopes"])
        self._reader_key = reader["apiKey"]

    def environment(self, scale: float, seconds: float) -> dict[str, str]:
        """Return what a client is told of the world."""
        return {
            "ACORN_BASE_URL": self._url,
            "ACORN_CLIENT_ID": self.client["clientId"],
            "ACORN_CLIENT_SECRET": self.client["clientSecret"],
            "ACORN_API_KEY": self.client["apiKey"],
            "ACORN_TENANT": self.world.name,
            "ACORN_SCENARIO": "surge",
            "ACORN_POS_URL": f"{self.world.sandbox.url}/_sandbox/v1/pos",
            "ACORN_CLOCK_SCALE": f"{scale:g}",
            "ACORN_DEADLINE_SECONDS": f"{seconds:g}",
        }

    def prepare(self, say: Say) -> None:
        """Cancel the orders that wait, take back what was announced, and fill the shelves."""
        say("Preparing a world in which nothing waits and the shelves are full…")
        self.world.throttle("off")
        for status in _WAITING:
            for order in list(self._items("/orders", {"status": status})):
                try:
                    self.world.own("POST", "/buyers/cancellations", {"orderId": order["orderId"]})
                except Refused:  # what has left in part cannot be called back
                    continue
        stores = list(self._items("/stores", {}))
        counters = [store["storeId"] for store in stores if "RETURNS_DROP_OFF" in store["capabilities"]]
        for status in _COMING_BACK:
            for announced in list(self._items("/returns", {"status": status})):
                self._take_back(announced, counters[0])
        for store in stores:
            self._fill(store["storeId"])

    @contextmanager
    def copy(self) -> Iterator["Stage"]:
        """Return a copy of the world, whose journal is empty, until the block ends."""
        if not self._snapshot:
            self._snapshot = self.world.own("POST", "/snapshots", {})["snapshotId"]
        tenant = self.world.own("POST", f"/snapshots/{self._snapshot}/fork", {})
        try:
            yield Stage(World(self.world.sandbox, tenant), tenant)
        finally:
            with suppress(SandboxError):
                self.world.sandbox.call("DELETE", f"/tenants/{tenant['name']}")

    def now(self) -> datetime:
        """Return the world's time."""
        return datetime.fromisoformat(self.world.own("GET", "/clock")["now"])

    def has_been_called(self) -> bool:
        """Tell whether the client has done anything with success."""
        entries = self.world.own("GET", "/journal", query={"limit": 100})["items"]
        return any(entry.get("status") in {200, 201} and entry.get("operationId") != "createToken" for entry in entries)

    def waits(self, since: datetime) -> bool:
        """Tell whether an order that came since then is not done; where we are throttled, too, one may be."""
        try:
            return any(
                self._get("/orders", {"status": status, "createdAfter": _text(since), "limit": 1})["items"]
                for status in _WAITING
            )
        except Throttled:
            return True

    def orders(self, since: datetime) -> list[Handled]:
        """Return what became of the orders that came since then."""
        return [handled(order, since) for order in self._items("/orders", {"createdAfter": _text(since)})]

    def stock(self) -> Stock:
        """Return how fresh the stock levels are, and what was oversold."""
        metrics = BytesIO()
        self.world.sandbox.download("/metrics", metrics)
        samples = dict(line.rsplit(" ", 1) for line in metrics.getvalue().decode().splitlines())
        return Stock(*(int(samples[f'sandbox_{gauge}{{tenant="{self.world.name}"}}']) for gauge in _GAUGES))

    def calls(self) -> Calls:
        """Return what the client called."""
        with TemporaryFile() as journal:
            path = f"/tenants/{self.world.name}/journal/export"
            self.world.sandbox.download(path, journal, {"format": "ndjson"})
            journal.seek(0)
            return read_calls(journal, self.client["clientId"])

    def _take_back(self, announced: Mapping[str, Any], counter: str) -> None:
        """Receive and pay back a return."""
        path = f"/returns/{announced['returnId']}"
        coming = [
            {"lineId": line["lineId"], "quantity": units, "condition": "SELLABLE"}
            for line in announced["lines"]
            if (units := line["quantity"] - line["receivedQuantity"])
        ]
        if coming:
            announced = self._call("POST", f"{path}/receipts", {"storeId": counter, "lines": coming})
        owed = [
            {"lineId": line["lineId"], "quantity": line["refundableQuantity"], "amount": line["refundable"]}
            for line in announced["lines"]
            if line["refundableQuantity"]
        ]
        if owed:
            self._call("POST", f"{path}/refunds", {"lines": owed})

    def _fill(self, store_id: str) -> None:
        levels = list(self._items("/inventory", {"storeId": store_id}))
        now = _text(self.now())
        for start in range(0, len(levels), _BATCH):
            batch = levels[start : start + _BATCH]
            counts = [{"sku": level["sku"], "units": _UNITS} for level in batch]
            self.world.own("POST", "/till/counts", {"storeId": store_id, "counts": counts})
            items = [
                {
                    "storeId": store_id,
                    "sku": level["sku"],
                    "onHand": _UNITS,
                    "sequence": level["sequence"] + 1,
                    "asOf": now,
                }
                for level in batch
            ]
            self._call("PUT", "/inventory", {"items": items})

    def _items(self, path: str, query: Mapping[str, str | int]) -> Iterator[dict[str, Any]]:
        cursor: str | None = ""
        while cursor is not None:
            page = self._get(path, {**query, "limit": 100, **({"cursor": cursor} if cursor else {})})
            yield from page["items"]
            cursor = page.get("nextCursor")

    def _get(self, path: str, query: Mapping[str, str | int]) -> Any:
        return self._call("GET", f"{path}?{urlencode(query)}")

    def _call(self, method: str, path: str, body: object = None) -> Any:
        status, answer = call(
            self._url, method, path, {"X-Api-Key": self._reader_key if method == "GET" else self.client["apiKey"]}, body
        )
        if status == _TOO_MANY:
            raise Throttled
        if status not in {200, 201}:
            raise CannotRun(f"{method} {path} of the sandbox is answered with {status}.")
        return answer


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
