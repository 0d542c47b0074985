"""Where a scenario plays: a tenant of its own, the people and machines around the client, and the client itself."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from math import inf
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from sandbox_server.certification.evidence import ROUNDS, Wire
from sandbox_server.certification.onlooker import Onlooker
from sandbox_server.certification.presence import Presence
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.remote import Sandbox, in_path

OPEN_ORDERS = ("NEW", "ACKNOWLEDGED", "PARTIALLY_SHIPPED")
OPEN_RETURNS = ("AUTHORISED", "RECEIVED_IN_PART", "RECEIVED")
LOOK_SECONDS = 0.25
PATIENCE_TO_LISTEN = timedelta(minutes=3)
PATIENCE_FOR_ROUNDS_SECONDS = 15.0
"""Real time in which a client that is slow may go round as often as it takes to be judged."""
AT_WORK_SECONDS = 2.0
"""Real time since its last write in which a client is still taken to be at work."""
_SECOND_NS = 1_000_000_000


class ClientRuns(Protocol):
    """What starts and ends the client that is judged."""

    @property
    def is_running(self) -> bool:
        """Whether the client runs; one that was attached is always believed to."""
        ...

    @property
    def worked_seconds(self) -> float | None:
        """How long it has used a processor since it was started; None where nobody knows."""
        ...

    def start(self) -> None:
        """Start it."""
        ...

    def kill(self) -> None:
        """End it as a failure of the power would."""
        ...


class Interrupted(Exception):
    """Somebody has asked that the run ends."""


class Stage(Onlooker):
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
        patience_seconds: Real time in which a client that was started is to call; nothing is waited for after it, or
            where it is still at work, after four times that.
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
        super().__init__(sandbox, tenant)
        self.client = client
        self._tell = tell
        self._stop = stop or Event()
        self._end = monotonic_ns() + int(seconds * _SECOND_NS)
        self.acts: list[Wire] = []
        self.prices_file: Path | None = None
        """Where the chain's own price list stands, for a client that was told of it."""
        self._presence = Presence(
            lambda query: self._every("/journal", query),
            self.client_id,
            lambda: client.worked_seconds,
            heard or Event(),
            patience_seconds,
        )

    # --------------------------------------------------------------------------------------- what happens around it

    def start_client(self) -> None:
        """Start the client; a scenario sets up before what the client must not miss."""
        self.client.start()
        self._presence.begin()

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

    def sell(self, store_id: str, goods: Mapping[str, int]) -> None:
        """
        Sell to a walk-in customer: shelves empty at once, and nobody tells the marketplace.

        Args:
            goods: Units by SKU.
        """
        body = {"storeId": store_id, "lines": [{"sku": sku, "quantity": units} for sku, units in goods.items()]}
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
        self.acts.append({"at": self.now_text(), "act": act, "asked": asked, "answer": answer})

    # ------------------------------------------------------------------------------------------------------- waiting

    def until(self, what: str, is_so: Callable[[], bool], within: timedelta | None = None) -> bool:
        """
        Wait until something is so; return whether it came to that before the time was over.

        Nothing comes of waiting for a client that has ended, or has never called; it is looked at once more.

        Args:
            what: What is waited for, for whoever watches.
            within: Virtual time after which that is waited for no longer, unless the client is still at work: a while.

        Raises:
            Interrupted: The whole run is to end.
        """
        self._tell(what)
        is_over = self._over(within, AT_WORK_SECONDS) if within is not None else lambda: False
        while True:
            was_running = self.client.is_running
            if is_so():
                return True
            if not was_running or is_over() or monotonic_ns() > self._end or self._presence.is_silent():
                return False
            if self._presence.is_starting:
                self._tell("the client to call, which is still starting")
            if self._stop.wait(LOOK_SECONDS):
                raise Interrupted

    def until_orders_are_settled(self, within: timedelta | None = None) -> bool:
        """
        Wait until no order waits for the client.

        Args:
            within: Virtual time after which that is waited for no longer.
        """
        return self.until("orders to be settled", lambda: not any(map(self.has_orders, OPEN_ORDERS)), within)

    def until_returns_are_settled(self, within: timedelta | None = None) -> bool:
        """
        Wait until no goods are to be received, and no money to be paid back.

        Args:
            within: Virtual time after which that is waited for no longer.
        """
        return self.until("returns to be settled", lambda: not any(map(self.has_returns, OPEN_RETURNS)), within)

    def until_the_client_has_called(self, operation: str | None = None, since: str | None = None) -> bool:
        """Wait until the client has called an operation, or any; since a moment of virtual time, or ever."""
        return self.until(f"a call of {operation or 'the client'}", lambda: self._presence.has_called(operation, since))

    def until_the_client_reads_on(self, operation: str, within: timedelta) -> bool:
        """
        Wait until the client has read a further page of a list, and so is in the midst of it unless that was the last.

        Args:
            within: Virtual time after which that is waited for no longer: not every client reads on.
        """
        since = self.now_text()
        return self.until("a further page to be read", lambda: self._presence.has_read_on(operation, since), within)

    def until_orders_are_settled_and_listed(self, within: timedelta | None = None) -> bool:
        """
        Wait until no order waits for the client, and it has looked for more: one that listens need not have.

        Args:
            within: Virtual time after which either is waited for no longer.
        """
        since = self.now_text() if self.until_orders_are_settled(within) else None
        return self.until("orders to be listed", lambda: self._presence.has_called("listOrders", since), within)

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
        """Wait until so much virtual time has passed, in which the client has had its chance."""
        minutes = span / timedelta(minutes=1)
        return self.until(f"{minutes:.0f} virtual minutes to pass", self._over(span))

    def until_the_client_rests(self, span: timedelta, within: timedelta) -> bool:
        """
        Wait until the client has asked for no change for so much virtual time.

        Args:
            within: Virtual time after which that is waited for no longer.
        """
        start = self.now() + span

        def rests() -> bool:
            now = self.now()
            return now >= start and not self._presence.has_written(now - span)

        return self.until("the client to have nothing left to do", rests, within)

    def _over(self, span: timedelta, at_work_seconds: float = 0.0) -> Callable[[], bool]:
        """Return what says whether so much virtual time is over, in which a client that is slow had its chance, too."""
        since = self.now()
        end = since + span
        second = timedelta(seconds=float(self.tenant["clock"]["scale"]))

        def is_over() -> bool:
            now = self.now()
            if now < end or now >= end + PATIENCE_FOR_ROUNDS_SECONDS * second:
                return now >= end
            is_at_work = at_work_seconds and self._presence.has_written(now - at_work_seconds * second)
            return not is_at_work and self._presence.rounds(since) >= ROUNDS

        return is_over


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
