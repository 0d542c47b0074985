"""Looking at what there is where a scenario plays, without anybody noticing."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sandbox_server.certification.evidence import Wire, instant
from sandbox_server.certification.observer import Observer
from sandbox_server.remote import Sandbox, in_path


class Onlooker:
    """
    Somebody who looks on.

    Args:
        sandbox: Where the tenant is.
        tenant: What was told when it was made.
    """

    def __init__(self, sandbox: Sandbox, tenant: Wire) -> None:
        self._sandbox = sandbox
        self.tenant = tenant
        reader = next(one for one in tenant["credentials"] if one["clientId"].startswith("acorn-reader"))
        self._market = Observer(f"{sandbox.url}/v1", reader["apiKey"])
        self._tills = Observer(f"{sandbox.url}/_sandbox/v1", reader["apiKey"])

    @property
    def client_id(self) -> str:
        """The client that is judged."""
        return str(self.tenant["credentials"][0]["clientId"])

    @property
    def secrets(self) -> tuple[str, str]:
        """What the client that is judged proves itself by."""
        own = self.tenant["credentials"][0]
        return str(own["clientSecret"]), str(own["apiKey"])

    def has_orders(self, status: str) -> bool:
        """Whether there are orders in a state."""
        return bool(self._market.page("/orders", {"status": status, "limit": 1})["items"])

    def has_returns(self, status: str) -> bool:
        """Whether there are returns in a state."""
        return bool(self._market.page("/returns", {"status": status, "limit": 1})["items"])

    def faults(self) -> list[Wire]:
        """Return the rules, and how often each has played."""
        rules: list[Wire] = self.operate("GET", "/faults")["items"]
        return rules

    def stock(self) -> list[Wire]:
        """Return what is really in the stores, beside what was reported: `physical`, `reported`."""
        return list(self._every("/till/stock"))

    def orders(self, **filters: str) -> list[Wire]:
        """Return orders as the marketplace has them."""
        return list(self._market.all("/orders", **filters))

    def returns(self) -> list[Wire]:
        """Return returns as the marketplace has them."""
        return list(self._market.all("/returns"))

    def events(self, since: datetime, **filters: str) -> list[Wire]:
        """Return what has happened, in order, as the marketplace tells it."""
        return list(self._market.all("/events", updatedAfter=since.isoformat(), **filters))

    def subscriptions(self) -> list[Wire]:
        """Return the receivers of webhooks that the marketplace calls."""
        return list(self._market.all("/subscriptions", status="ENABLED"))

    def prices(self) -> list[Wire]:
        """Return the prices that the marketplace was told."""
        return list(self._market.all("/prices"))

    def deliveries(self) -> list[Wire]:
        """Return the marketplace's own attempts to deliver webhooks."""
        paths = [f"/subscriptions/{one['subscriptionId']}/deliveries" for one in self.subscriptions()]
        return [attempt for path in paths for attempt in self._market.all(path)]

    def now(self) -> datetime:
        """Return the virtual time."""
        return instant(self.now_text())

    def world(self) -> dict[str, list[Wire]]:
        """Return what there is, for the evidence."""
        return {
            "orders": self.orders(),
            "shipments": list(self._market.all("/shipments")),
            "returns": self.returns(),
            "stock": self.stock(),
            "counts": list(self._tills.all("/pos/changes")),
            "deliveries": self.deliveries(),
        }

    def operate(self, method: str, path: str, body: object = None, query: Mapping[str, Any] | None = None) -> Any:
        """Call any of the operator's operations for the tenant, without noting it."""
        return self._sandbox.call(method, f"/tenants/{in_path(self.tenant['name'])}{path}", body, query)

    def now_text(self) -> str:
        """Return the virtual time as the wire has it."""
        return str(self.operate("GET", "/clock")["now"])

    def _every(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[Wire]:
        cursor: str | None = None
        while True:
            page = self.operate("GET", path, query={**(query or {}), "limit": 100, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("nextCursor")
            if cursor is None:
                return
