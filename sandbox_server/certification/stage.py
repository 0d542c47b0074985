"""Where a scenario plays: a tenant of its own, the people and machines around the client, and the client itself."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from sandbox_server.certification.evidence import Wire, instant
from sandbox_server.certification.observer import Observer
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.remote import Sandbox, in_path

OPEN_ORDERS = ("NEW", "ACKNOWLEDGED", "PARTIALLY_SHIPPED")
OPEN_RETURNS = ("AUTHORISED", "RECEIVED_IN_PART", "RECEIVED")
LOOK_SECONDS = 0.25
PATIENCE_TO_LISTEN = timedelta(minutes=3)
_SECOND_NS = 1_000_000_000


class ClientRuns(Protocol):
    """What starts and ends the client that is judged."""

    @property
    def is_running(self) -> bool:
        """Whether the client runs; one that was attached is always believed to."""
        ...

    def start(self) -> None:
        """Start it."""
        ...

    def kill(self) -> None:
        """End it as a failure of the power would."""
        ...


class Interrupted(Exception):
    """Somebody has asked that the run ends."""


class Stage:
    """
    Where a scenario plays.

    Args:
        sandbox: Where the tenant is.
        tenant: What was told when it was made.
        client: The client.
        seconds: Real time after which waiting is in vain.
        tell: Told what the scenario waits for.
        stop: Set when the whole run is to end.
        heard: Is set when the client calls for the first time.
        patience_seconds: Real time in which a client that was started is to call; nothing is waited for after it.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        tenant: Wire,
        client: ClientRuns,
        seconds: float,
        tell: Callable[[str], None] = lambda _: None,
        stop: Event | None = None,
        heard: Event | None = None,
        patience_seconds: float = inf,
    ) -> None:
        self._sandbox = sandbox
        self.tenant = tenant
        self.client = client
        self._tell = tell
        self._stop = stop or Event()
        self._heard = heard or Event()
        self._patience = patience_seconds
        self._end = monotonic_ns() + int(seconds * _SECOND_NS)
        self._started: int | None = None
        self._has_called_once = False
        self.acts: list[Wire] = []
        self.prices_file: Path | None = None
        """Where the chain's own price list stands, for a client that was told of it."""
        reader = next(one for one in tenant["credentials"] if one["clientId"].startswith("acorn-reader"))
        self._market = Observer(f"{sandbox.url}/v1", reader["apiKey"])
        self._tills = Observer(f"{sandbox.url}/_sandbox/v1", reader["apiKey"])

    # --------------------------------------------------------------------------------------- what happens around it

    def start_client(self) -> None:
        """Start the client; a scenario sets up before what the client must not miss."""
        self.client.start()
        self._started = self._started or monotonic_ns()

    def fault(
        self,
        operation: str | None,
        effect: Mapping[str, Any],
        *,
        skip_first: int | None = None,
        max_count: int | None = None,
        **members: Any,
    ) -> str:
        """
        Let calls of the client go wrong; return the rule's id.

        Args:
            effect: As the operator's interface has it.
            members: Any other member of a rule; `match` is added to.
        """
        match = {"operation": operation, "credential": self.client_id, **members.pop("match", {})}
        rule = {"match": _given(match), "skipFirst": skip_first, "maxCount": max_count, "effect": effect, **members}
        return str(self.do("addFault", "POST", "/faults", _given(rule))["id"])

    def end_fault(self, rule: str) -> None:
        """Let calls go right again."""
        self.do("removeFault", "DELETE", f"/faults/{in_path(rule)}")

    def place_orders(self, count: int, goods: Mapping[str, int] | None = None, **members: Any) -> list[Wire]:
        """
        Let as many buyers order something.

        Args:
            goods: Units by SKU; drawn when left out.
            members: Any other member of the operator's request, such as `buyer`.
        """
        lines = [{"sku": sku, "quantity": units} for sku, units in (goods or {}).items()]
        body = _given({"count": count, "lines": lines or None, **members})
        placed: list[Wire] = self.do("placeOrders", "POST", "/buyers/orders", body)["items"]
        return placed

    def sell(self, store_id: str, sku: str, units: int) -> None:
        """Sell to a walk-in customer: the shelf empties, and nobody tells the marketplace."""
        body = {"storeId": store_id, "lines": [{"sku": sku, "quantity": units}]}
        self.do("sellAtTill", "POST", "/till/sales", body)

    def count(self, store_id: str, sku: str, units: int) -> None:
        """Have a store's people find that so many units lie there, and nobody tell the marketplace."""
        body = {"storeId": store_id, "counts": [{"sku": sku, "units": units}]}
        self.do("countAtStore", "POST", "/till/counts", body)

    def begin_arrivals(self, profile: str, per_minute: float, span: timedelta) -> None:
        """Let buyers come for a while, so many a virtual minute in the mean, and more or fewer as a profile has it."""
        body = {"profile": profile, "perMinute": per_minute, "duration": f"PT{span.total_seconds():.0f}S"}
        self.do("beginArrivals", "PUT", "/arrivals", body)

    def advance(self, by: str) -> None:
        """Let virtual time leap, such as by `PT5M`."""
        self.do("advanceClock", "POST", "/clock/advance", {"by": by})

    def do(self, act: str, method: str, path: str, body: object = None) -> Any:
        """Do anything that the operator can do with the tenant, and note it under a name."""
        answer = self.operate(method, path, body)
        self.note(act, body, answer)
        return answer

    def note(self, act: str, asked: object, answer: object) -> None:
        """Note under a name what was done, and what came of it."""
        self.acts.append({"at": self._now_text(), "act": act, "asked": asked, "answer": answer})

    # ------------------------------------------------------------------------------------------------------- waiting

    def until(self, what: str, is_so: Callable[[], bool]) -> bool:
        """
        Wait until something is so; return whether it came to that before the time was over.

        Nothing comes of waiting for a client that has ended, or has never called; it is looked at once more.

        Args:
            what: What is waited for, for whoever watches.

        Raises:
            Interrupted: The whole run is to end.
        """
        self._tell(what)
        while True:
            was_running = self.client.is_running
            if is_so():
                return True
            if not was_running or monotonic_ns() > self._end or self._is_silent():
                return False
            if self._stop.wait(LOOK_SECONDS):
                raise Interrupted

    def until_orders_are_settled(self, within: timedelta | None = None) -> bool:
        """
        Wait until no order waits for the client.

        Args:
            within: Virtual time after which that is waited for no longer.
        """
        settled = self._by(within, lambda: not any(map(self.has_orders, OPEN_ORDERS)))
        return self.until("orders to be settled", settled)

    def until_returns_are_settled(self, within: timedelta | None = None) -> bool:
        """
        Wait until no goods are to be received, and no money to be paid back.

        Args:
            within: Virtual time after which that is waited for no longer.
        """
        settled = self._by(within, lambda: not any(map(self.has_returns, OPEN_RETURNS)))
        return self.until("returns to be settled", settled)

    def until_the_client_has_called(self, operation: str | None = None) -> bool:
        """Wait until the client has called an operation, or any."""
        return self.until(f"a call of {operation or 'the client'}", lambda: self._has_called(operation))

    def until_orders_are_settled_and_listed(self) -> bool:
        """Wait until no order waits for the client, and it has looked for more: one that listens need not have."""
        since = self._now_text() if self.until_orders_are_settled() else None
        return self.until("orders to be listed", lambda: self._has_called("listOrders", since))

    def until_the_client_listens(self) -> bool:
        """Wait until the client has subscribed to webhooks; not for long, since one that polls never does."""
        end = self.now() + PATIENCE_TO_LISTEN
        return self.until("a subscription", lambda: bool(self.subscriptions()) or self.now() >= end)

    def until_faults_have_played(self) -> bool:
        """Wait until every rule with a `maxCount` has played as often."""
        return self.until(
            "faults to be met",
            lambda: all(rule["played"] >= rule.get("maxCount", 1) for rule in self.faults()),
        )

    def until_time_has_passed(self, span: timedelta) -> bool:
        """Wait until so much virtual time has passed."""
        end = self.now() + span
        minutes = span / timedelta(minutes=1)
        return self.until(f"{minutes:.0f} virtual minutes to pass", lambda: self.now() >= end)

    # ------------------------------------------------------------------------------------------------------- looking

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
        return instant(self._now_text())

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

    def _by(self, within: timedelta | None, is_so: Callable[[], bool]) -> Callable[[], bool]:
        """Return whether something is so, or it is no longer waited for."""
        end = None if within is None else self.now() + within
        return lambda: is_so() or (end is not None and self.now() >= end)

    def _now_text(self) -> str:
        return str(self.operate("GET", "/clock")["now"])

    def _has_called(self, operation: str | None, since: str | None = None) -> bool:
        query = _given({"operation": operation, "limit": 100, "receivedAfter": since})
        calls = self.operate("GET", "/journal", query=query)["items"]
        return any(call.get("clientId") == self.client_id and call.get("status") == 200 for call in calls)

    def _is_silent(self) -> bool:
        """Whether the client has not called once, though it had the time for it."""
        if self._has_called_once or self._started is None or self._patience == inf:
            return False
        own = {self.client_id, None}
        self._has_called_once = any(call.get("clientId") in own for call in self._every("/journal"))
        if self._has_called_once:
            self._heard.set()
            return False
        return monotonic_ns() > self._started + self._patience * _SECOND_NS

    def _every(self, path: str) -> Iterator[Wire]:
        cursor: str | None = None
        while True:
            page = self.operate("GET", path, query={"limit": 100, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("nextCursor")
            if cursor is None:
                return


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
