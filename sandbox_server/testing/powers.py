"""What a test can do to its marketplace: break calls, move time, read what happened."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sandbox_server.remote import Query
from sandbox_server.testing import records
from sandbox_server.testing.records import Call, Due, Fault, Happened, Unmatched

Effect = str | Mapping[str, Any]
_PAGE = 100


class Operate(Protocol):
    """What calls a sandbox for one tenant."""

    def __call__(self, method: str, path: str, body: object = None, query: Query | None = None) -> Any:
        """Call an operation; the path is what stands behind the tenant's name."""
        ...


class Faults:
    """
    The rules by which calls go wrong.

    Args:
        operate: Calls the sandbox.
    """

    def __init__(self, operate: Operate) -> None:
        self._operate = operate
        self._excused: set[str] = set()
        self._gone_unused: list[Fault] = []

    def add(
        self,
        operation: str | None,
        effect: Effect,
        *,
        store: str | None = None,
        credential: str | None = None,
        headers: Mapping[str, str] | None = None,
        probability: float | None = None,
        seed: int | None = None,
        skip_first: int | None = None,
        max_count: int | None = None,
        after_ms: float | None = None,
        duration_ms: float | None = None,
        ttl_ms: float | None = None,
        id: str | None = None,  # noqa: A002 - the word of the contract
        may_stay_unused: bool = False,
    ) -> Fault:
        """
        Add a rule after the others.

        Args:
            operation: The calls that it breaks, such as `acknowledgeOrder`; None for any.
            effect: What happens: `lostResponse`, `error=503`, `delay=800`, `fault=HANG`, or what a rule has as its
                `effect`: `{"error": {"status": 503, "retryAfter": 2}}`.
            credential: Only calls of this client id.
            max_count: How often it plays at the most.
            may_stay_unused: Whether a test passes in which it never played.

        Raises:
            sandbox_server.remote.Refused: There is no such operation or effect, or it makes no sense.
        """
        match = {"operation": operation, "store": store, "credential": credential, "headers": headers}
        members = {
            "id": id,
            "match": _given(match) or None,
            "probability": probability,
            "seed": seed,
            "skipFirst": skip_first,
            "maxCount": max_count,
            "afterMs": after_ms,
            "durationMs": duration_ms,
            "ttlMs": ttl_ms,
            "effect": _effect(effect),
        }
        fault = records.fault(self._operate("POST", "/faults", _given(members)))
        if may_stay_unused:
            self._excused.add(fault.id)
        return fault

    def rules(self) -> list[Fault]:
        """Return the rules in the order in which they are asked."""
        return [records.fault(one) for one in self._operate("GET", "/faults")["items"]]

    def clear(self) -> None:
        """Take all rules away; those that have not played stay unused."""
        self._gone_unused = self.unused()
        self._operate("DELETE", "/faults")

    def unused(self) -> list[Fault]:
        """Return the rules that never played, and were not excused from it."""
        idle = [one for one in self.rules() if one.enabled and not one.played and one.id not in self._excused]
        return [*self._gone_unused, *idle]


class Clock:
    """
    The marketplace's virtual time.

    Args:
        operate: Calls the sandbox.
    """

    def __init__(self, operate: Operate) -> None:
        self._operate = operate

    @property
    def now(self) -> datetime:
        """The virtual time, in UTC."""
        return records.instant(self._operate("GET", "/clock")["now"])

    @property
    def next_due(self) -> Due | None:
        """What happens next, when time passes."""
        told = self._operate("GET", "/clock").get("nextDue")
        return None if told is None else records.due(told)

    def advance(self, by: timedelta | str) -> Happened:
        """Let time pass (a `timedelta`, or a text such as `PT15M`), and do everything that is due on the way."""
        length = by if isinstance(by, str) else f"PT{by.total_seconds():.3f}S"
        return records.happened(self._operate("POST", "/clock/advance", {"by": length}))

    def advance_to(self, at: datetime) -> Happened:
        """Let time pass until an instant, which has a zone."""
        text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return records.happened(self._operate("POST", "/clock/advance", {"to": text}))

    def freeze(self) -> None:
        """Let time stand still, as it does from the start unless it was asked to run."""
        self._operate("PUT", "/clock", {"mode": "FROZEN"})

    def run(self, scale: float = 1) -> None:
        """Let time run, `scale` times as fast as real time."""
        pace = {"mode": "REAL"} if scale == 1 else {"mode": "SCALED", "scale": scale}
        self._operate("PUT", "/clock", pace)


class Journal:
    """
    Every call to the marketplace.

    Args:
        operate: Calls the sandbox.
    """

    def __init__(self, operate: Operate) -> None:
        self._operate = operate

    def calls(
        self,
        operation: str | None = None,
        *,
        status: int | None = None,
        verdict: str | None = None,
        store: str | None = None,
        order: str | None = None,
        fault: str | None = None,
        request_id: str | None = None,
    ) -> list[Call]:
        """Return the calls that fit all of what is given, oldest first."""
        query = {
            "operation": operation,
            "status": status,
            "verdict": verdict,
            "storeId": store,
            "orderId": order,
            "fault": fault,
            "requestId": request_id,
        }
        return [records.call(one) for one in self._pages("/journal", query)]

    def call(self, number: int) -> Mapping[str, Any]:
        """Return one call in full, as the sandbox tells it: messages, contract errors and changes."""
        told: Mapping[str, Any] = self._operate("GET", f"/journal/{number}")
        return told

    def unmatched(self) -> list[Unmatched]:
        """Return the calls that found no operation, each with what was probably meant."""
        return [records.unmatched(one) for one in self._pages("/journal/unmatched", {})]

    def table(self, last: int = 50) -> str:
        """Return the latest calls as a table for people."""
        from sandbox_server.commands import calls  # noqa: PLC0415 - only a test that failed needs the words

        newest = self._operate("GET", "/journal", query={"limit": 1})["last"]
        if not newest:
            return "The marketplace was not called."
        told = [calls.plain(one) for one in self._pages("/journal", {"after": max(0, newest - last)})]
        before = [f"({newest - last} calls before these)"] if newest > last else []
        return "\n".join([*before, calls.heads(), *told])

    def _pages(self, path: str, query: Mapping[str, str | int | None]) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            page = self._operate("GET", path, query={**query, "limit": _PAGE, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("nextCursor")
            if cursor is None:
                return


def _effect(effect: Effect) -> Any:
    if not isinstance(effect, str):
        return effect
    if "=" not in effect and not effect.startswith("{"):
        return {effect: True}
    from sandbox_server.commands.faults import effect_named  # noqa: PLC0415 - it loads every effect there is

    return effect_named(effect)


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
