"""What a test is told: frozen, typed, and made of the operator's answers. What answers gain later is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Some units of a product in an order."""

    line_id: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    """
    An order as it stood when it was placed.

    Args:
        placed_at: Virtual time.
        store_ids: The stores that are to serve it; none where no store has the goods.
    """

    order_id: str
    status: str
    service_level: str
    placed_at: datetime
    store_ids: tuple[str, ...]
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    A fault rule, and what it has done.

    Args:
        operation: The operation whose calls it breaks; None for any.
        effect: The effect's name, such as `lostResponse`.
        matched: How many calls it matched.
        played: How often it played.
    """

    id: str
    operation: str | None
    effect: str
    enabled: bool
    matched: int
    played: int


@dataclass(frozen=True, slots=True)
class Due:
    """
    Something that the clock does.

    Args:
        due: When, in virtual time.
        kind: What, such as `ACKNOWLEDGE_BY`.
        subject: The id of what it is about.
    """

    due: datetime
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Happened:
    """
    What happened while time passed.

    Args:
        start: The virtual time before.
        end: The virtual time after.
        done: How many things of each kind were done.
        ran: The first thousand of each step, in the order in which they were done.
    """

    start: datetime
    end: datetime
    done: Mapping[str, int]
    ran: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """
    A call to the marketplace, in short.

    Args:
        received_at: Virtual time.
        path: Path and query as they were sent.
        status: The answer's; None where none was sent.
        milliseconds: Real time from first to last byte.
        verdict: What became of it, such as `ANSWERED`, `VIOLATION` or `FAULT`.
        operation: None where it found none.
        client_id: None where nobody was known.
        fault: The id of the fault rule that played.
        replayed: Whether it gave an earlier answer again.
    """

    number: int
    request_id: str
    received_at: datetime
    method: str
    path: str
    status: int | None
    milliseconds: float
    verdict: str
    operation: str | None
    client_id: str | None
    fault: str | None
    replayed: bool


@dataclass(frozen=True, slots=True)
class Unmatched:
    """
    A call that found no operation, and why.

    Args:
        number: Its number in the journal.
        remedy: What to send instead; empty where nothing is near.
    """

    number: int
    method: str
    path: str
    explanation: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """
    Something that must hold at every moment.

    Args:
        state: `HELD` or `BROKEN`.
        breaches: What breaks it, in words.
    """

    number: int
    statement: str
    state: str
    breaches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """
    Every invariant, held or broken.

    Args:
        holds: Whether nothing is broken.
        broken: What is.
        unused_faults: The ids of fault rules that never played.
    """

    holds: bool
    invariants: tuple[Invariant, ...]
    unused_faults: tuple[str, ...]

    @property
    def broken(self) -> tuple[Invariant, ...]:
        """The invariants that do not hold."""
        return tuple(one for one in self.invariants if one.state == "BROKEN")


def order(wire: Wire) -> Order:
    """Return an order of an answer."""
    lines = tuple(OrderLine(line["lineId"], line["sku"], line["quantity"]) for line in wire["lines"])
    placed_at, store_ids = instant(wire["placedAt"]), tuple(wire["storeIds"])
    return Order(wire["orderId"], wire["status"], wire["serviceLevel"], placed_at, store_ids, lines)


def fault(wire: Wire) -> Fault:
    """Return a fault rule of an answer."""
    operation = wire["match"].get("operation")
    return Fault(wire["id"], operation, wire["effectName"], wire["enabled"], wire["matched"], wire["played"])


def due(wire: Wire) -> Due:
    """Return something that is due, of an answer."""
    return Due(instant(wire["due"]), wire["kind"], wire["subject"])


def happened(wire: Wire) -> Happened:
    """Return what happened, of an answer."""
    done = {one["kind"]: one["done"] for one in wire["byKind"]}
    return Happened(instant(wire["from"]), instant(wire["to"]), done, tuple(map(due, wire["ran"])))


def together(steps: Sequence[Happened]) -> Happened:
    """Return what happened in one step after the other; there is one at least."""
    done: dict[str, int] = {}
    for step in steps:
        for kind, number in step.done.items():
            done[kind] = done.get(kind, 0) + number
    ran = tuple(one for step in steps for one in step.ran)
    return Happened(steps[0].start, steps[-1].end, done, ran)


def call(wire: Wire) -> Call:
    """Return a call of an answer."""
    return Call(
        number=wire["number"],
        request_id=wire["requestId"],
        received_at=instant(wire["receivedAt"]),
        method=wire["method"],
        path=wire["path"],
        status=wire.get("status"),
        milliseconds=wire["durationMs"],
        verdict=wire["verdict"],
        operation=wire.get("operationId"),
        client_id=wire.get("clientId"),
        fault=wire.get("fault"),
        replayed=wire.get("replayed", False),
    )


def unmatched(wire: Wire) -> Unmatched:
    """Return a call that found no operation, of an answer."""
    return Unmatched(wire["number"], wire["method"], wire["path"], wire["explanation"], wire.get("remedy", ""))


def audit(wire: Wire) -> Audit:
    """Return an audit of an answer."""
    return Audit(wire["holds"], tuple(map(_invariant, wire["invariants"])), tuple(wire["unusedFaults"]))


def instant(text: str) -> datetime:
    """Return an instant of an answer, in UTC."""
    return datetime.fromisoformat(text)


def _invariant(wire: Wire) -> Invariant:
    breaches = tuple(f"{one['subject']}: {one['detail']}" for one in wire["breaches"])
    return Invariant(wire["number"], wire["statement"], wire["state"], breaches)
