"""What reports the stock of every store, and what reports prices."""

from typing import Any

from locust.env import Environment

from load_tests.users.system import Query, System, market_time

_LINES = 100
_PRICES = 50
_ORDERS = 20
_LOW = 10
_DELIVERED = 100


class StockSync(System):
    """Reports the stock of its stores, a page of lines a round; what has run low has been delivered meanwhile."""

    kind = "stock_sync"

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._done = 0
        self._cursor: str | None = None

    def work(self) -> None:
        """Read a page of a store's levels, and report them."""
        store_id = self._store()
        if store_id is None:
            return
        query: Query = {"storeId": store_id, "limit": _LINES, "cursor": self._cursor}
        answer = self.read("listInventory", "/inventory", query)
        if not answer.good:
            return
        self._cursor = answer.body.get("nextCursor")
        self._done += self._cursor is None
        items = [
            {
                "storeId": store_id,
                "sku": level["sku"],
                "onHand": level["onHand"] + (_DELIVERED if level["available"] < _LOW else 0),
                "sequence": level["sequence"] + 1,
                "asOf": market_time(answer.date),
            }
            for level in answer.body["items"]
        ]
        if items:
            self.call("reportInventory", "PUT", "/inventory", {"items": items})
            self.run_of.lines_reported += len(items)

    def _store(self) -> str | None:
        """Return the store whose turn it is; each user has its own."""
        stores, users = self.run_of.stores, self.run_of.plan.users[self.kind]
        if not stores:
            answer = self.read("listStores", "/stores", {"limit": 100})
            while answer.good:
                stores += [store["storeId"] for store in answer.body["items"] if store["storeId"] not in stores]
                if "nextCursor" not in answer.body:
                    break
                answer = self.read("listStores", "/stores", {"limit": 100, "cursor": answer.body["nextCursor"]})
        own = stores[self.number % users :: users] or stores
        return own[self._done % len(own)] if own else None


class PriceUpdater(System):
    """Reports prices anew, a page a round; where there are none, those at which was sold."""

    kind = "price_updater"

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._cursor: str | None = None

    def work(self) -> None:
        """Read a page of prices, and report them."""
        answer = self.read("listPrices", "/prices", {"limit": _PRICES, "cursor": self._cursor})
        if not answer.good:
            return
        self._cursor = answer.body.get("nextCursor")
        prices = answer.body["items"] or self._charged()
        items = [
            {
                "sku": price["sku"],
                "listPrice": price["listPrice"],
                "sequence": price["sequence"] + 1,
                **{name: price[name] for name in ("storeId", "salePrice", "saleFrom", "saleTo") if name in price},
            }
            for price in prices
        ]
        if items:
            self.call("reportPrices", "PUT", "/prices", {"items": items})

    def _charged(self) -> list[dict[str, Any]]:
        answer = self.read("listOrders", "/orders", {"limit": _ORDERS})
        orders = answer.body["items"] if answer.good else []
        charged = {line["sku"]: line["unitPrice"] for order in orders for line in order["lines"]}
        return [{"sku": sku, "listPrice": price, "sequence": 0} for sku, price in charged.items()]
