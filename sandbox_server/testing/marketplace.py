"""One test's marketplace."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox_server.remote import Query, Refused, Sandbox, in_path
from sandbox_server.testing import records
from sandbox_server.testing.powers import Clock, Faults, Journal
from sandbox_server.testing.records import Audit, Happened, Order

_NOT_FOUND = 404
_LONG = timedelta(days=90)


class NotSettled(AssertionError):
    """Things were still due when there was no more time for them."""


class Marketplace:
    """
    A marketplace of one's own: a world that nobody else sees, with credentials, a clock, faults and a journal.

    Args:
        sandbox: Where it is.
        tenant: What was told when it was made.
    """

    def __init__(self, sandbox: Sandbox, tenant: Mapping[str, Any]) -> None:
        self._sandbox = sandbox
        self.name: str = tenant["name"]
        own = tenant["credentials"][0]
        self.client_id: str = own["clientId"]
        self.client_secret: str = own["clientSecret"]
        self.api_key: str = own["apiKey"]
        self.faults = Faults(self.operate)
        self.clock = Clock(self.operate)
        self.journal = Journal(self.operate)

    def __repr__(self) -> str:
        return f"<Marketplace {self.name} at {self.url}>"

    @property
    def url(self) -> str:
        """The base URL that an integration is given, with `/v1`."""
        return f"{self._sandbox.url}/v1"

    @property
    def token_url(self) -> str:
        """Where an integration gets its access tokens."""
        return f"{self.url}/oauth/token"

    def place_order(self, goods: Mapping[str, int] | None = None, *, service_level: str | None = None) -> Order:
        """
        Let a buyer order something.

        Args:
            goods: Units of each SKU; what sells when left out.
            service_level: `STANDARD`, `EXPEDITED` or `SAME_DAY`; drawn when left out.
        """
        return self.place_orders(1, goods, service_level=service_level)[0]

    def place_orders(
        self, count: int, goods: Mapping[str, int] | None = None, *, service_level: str | None = None
    ) -> list[Order]:
        """Let as many buyers order something."""
        lines = [{"sku": sku, "quantity": units} for sku, units in (goods or {}).items()]
        body = {"count": count, "lines": lines or None, "serviceLevel": service_level}
        placed = self.operate("POST", "/buyers/orders", {name: said for name, said in body.items() if said is not None})
        return [records.order(one) for one in placed["items"]]

    def settle(self, within: timedelta = _LONG) -> Happened:
        """
        Let time pass, from one thing that is due to the next, until nothing is; return what happened.

        Time stops at the last thing that was due. Deadlines are due, too: what is still to be acknowledged or shipped
        then is late. Call it when the client has done its part.

        Args:
            within: Virtual time that this may take.

        Raises:
            NotSettled: Things are due after that, too.
        """
        told = self.operate("GET", "/clock")
        start = records.instant(told["now"])
        steps = [Happened(start, start, {}, ())]
        while "nextDue" in told:
            due = records.due(told["nextDue"])
            if due.due - start > within:
                raise NotSettled(f"After {within} {due.kind} of {due.subject} is still to come, at {due.due:%F %T}.")
            left = max(timedelta(0), due.due - records.instant(told["now"]))
            steps.append(self.clock.advance(left))
            told = self.operate("GET", "/clock")
        return records.together(steps)

    def audit(self) -> Audit:
        """Hold every invariant against the world as it stands."""
        return records.audit(self.operate("GET", "/audit"))

    def operate(self, method: str, path: str, body: object = None, query: Query | None = None) -> Any:
        """
        Call any of the operator's operations for this marketplace, as `/_sandbox/docs` has them.

        Args:
            path: What stands behind the tenant's name, such as `/till/sales`.

        Raises:
            sandbox_server.remote.SandboxError: It came to nothing.
        """
        return self._sandbox.call(method, f"/tenants/{in_path(self.name)}{path}", body, query)

    def delete(self) -> None:
        """Take it away, with all that happened in it; once is enough."""
        try:
            self.operate("DELETE", "")
        except Refused as refusal:
            if refusal.status != _NOT_FOUND:
                raise
