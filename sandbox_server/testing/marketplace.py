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
_ACTS = {
    "/buyers/orders": "placeOrders",
    "/buyers/cancellations": "cancelAsBuyer",
    "/buyers/returns": "returnAsBuyer",
    "/till/sales": "sellAtTill",
    "/till/counts": "countAtStore",
    "/clock/advance": "advanceClock",
}
"""What is done around a client, as checks of the certification name it, by where it is asked for."""


class NotSettled(AssertionError):
    """Things were still due when there was no more time for them."""


class CheckFailed(AssertionError):
    """A check does not hold of what the test's client has done, or nothing it is about has happened."""


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
        self._own: Mapping[str, Any] = own
        self._acts: list[Mapping[str, Any]] = []
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

    def check(self, check_id: str) -> None:
        """
        Judge what the client has done until now by a check of the certification, such as `retry.same-key`.

        A check that would only warn in the certification fails here, for it was asked for.

        Raises:
            CheckFailed: It does not hold, or nothing that it is about has happened; the message says which.
            ValueError: There is no such check.
        """
        from sandbox_server.testing import checking  # noqa: PLC0415 - it loads every check there is

        __tracebackhide__ = True
        check = checking.named(check_id)
        evidence = checking.seen(self._sandbox, self.name, self._own, self._acts)
        if failure := checking.failure(check, list(check.occasions(evidence))):
            raise CheckFailed(failure)

    def operate(self, method: str, path: str, body: object = None, query: Query | None = None) -> Any:
        """
        Call any of the operator's operations for this marketplace, as `/_sandbox/docs` has them.

        Args:
            path: What stands behind the tenant's name, such as `/till/sales`.

        Raises:
            sandbox_server.remote.SandboxError: It came to nothing.
        """
        place = f"/tenants/{in_path(self.name)}"
        answer = self._sandbox.call(method, place + path, body, query)
        if method == "POST" and path in _ACTS:
            at = answer["to"] if "to" in answer else self._sandbox.call("GET", f"{place}/clock")["now"]
            self._acts.append({"at": at, "act": _ACTS[path], "asked": body, "answer": answer})
        return answer

    def delete(self) -> None:
        """Take it away, with all that happened in it; once is enough."""
        try:
            self.operate("DELETE", "")
        except Refused as refusal:
            if refusal.status != _NOT_FOUND:
                raise
