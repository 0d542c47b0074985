"""
What was seen of a client in a scenario, in a form that is good to judge.

It is made of files alone, so that whoever has them can judge again: the journal's lines, the world as it stood at the
end, what the people and machines around the client did, and which faults there were.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

Wire = Mapping[str, Any]
ROUNDS = 4
"""A client that has asked so often for what is new has seen to what it met the first time, if it ever does."""
AMPLE_SECONDS = 60
"""Real time in which any client on any machine has its chance, however seldom it asks."""
_OF_THE_MOMENT = {"updatedAfter", "updatedBefore", "createdAfter", "createdBefore"}
_BY_ITSELF = {"ENDED", "CRASHED"}


@dataclass(frozen=True, slots=True)
class Call:
    """
    One call of the client, as the journal has it.

    Args:
        number: In the journal.
        operation: None where there is none such.
        path: Without the query.
        status: 0 where nothing was answered.
        began: Seconds of real time since some moment; `ended` is when the answer was sent.
        at: Virtual time.
        body: The request's JSON; None where it has none. `answer` is that of the answer.
        text: The request's body as it came.
        headers: By lower-case name; `answer_headers` are those of the answer.
        fault: The rule that played; `effect` is the name of what it did.
        errors: What the contract finds wrong in the request.
        changes: What the call changed: `{table, key, before, after}`.
    """

    number: int
    operation: str | None
    method: str
    path: str
    query: Mapping[str, str]
    status: int
    began: float
    ended: float
    at: datetime
    headers: Mapping[str, str]
    text: str
    body: Any
    answer_headers: Mapping[str, str]
    answer: Any
    fault: str | None
    effect: str | None
    credential: str | None
    replayed: bool
    verdict: str
    errors: tuple[Wire, ...]
    changes: tuple[Wire, ...]
    peer: str

    @property
    def key(self) -> str | None:
        """The idempotency key."""
        return self.headers.get("idempotency-key")

    @property
    def is_done(self) -> bool:
        """Whether the client was told that it is done."""
        return 200 <= self.status < 300 and self.answer is not None

    @property
    def subject(self) -> str:
        """What the call is about: the path, and the order that the body names."""
        named = self.body.get("orderId", "") if isinstance(self.body, dict) else ""
        return f"{self.path} {named}".rstrip()

    @property
    def wish(self) -> tuple[str, str, str, str]:
        """What is asked for; the same for every try of the same call."""
        return self.method, self.path, "&".join(f"{name}={self.query[name]}" for name in sorted(self.query)), self.text


@dataclass(frozen=True)
class Evidence:
    """
    Everything that was seen in a scenario.

    Args:
        scenario: Its id.
        client_id: The client that is judged; calls of others are not its own.
        calls: The client's calls, in order.
        acts: What was done around the client, in order: `{at, act, ...}` with what came of it.
        faults: The rules as they stood at the end, with how often each played.
        world: What there was at the end, by name: `orders`, `shipments`, `returns`, `stock`, `counts` and `deliveries`.
        ended_at: Virtual time of the end.
        scale: Virtual seconds for each real one.
        client: How the client ran: `{ended, exit, seconds}` for each time that it was started.
        leaks: Numbers of calls with a secret in their address, or in a body that has no place for it.
        used: Operations that the client has called, before the scenario, too.
    """

    scenario: str
    client_id: str
    calls: tuple[Call, ...]
    acts: tuple[Wire, ...] = ()
    faults: tuple[Wire, ...] = ()
    world: Mapping[str, Sequence[Wire]] = field(default_factory=dict)
    ended_at: datetime | None = None
    scale: float = 1.0
    client: tuple[Wire, ...] = ()
    leaks: frozenset[int] = frozenset()
    used: frozenset[str] = frozenset()

    def of(self, *operations: str) -> list[Call]:
        """Return the calls of these operations, in order."""
        return [call for call in self.calls if call.operation in operations]

    def after(self, call: Call, wanted: Callable[[Call], bool] = lambda _: True) -> Iterator[Call]:
        """Return the calls that came after one and are wanted, in order."""
        return (other for other in self.calls if other.number > call.number and wanted(other))

    def act(self, name: str) -> list[Wire]:
        """Return what was done of this kind around the client, such as `placeOrders`."""
        return [one for one in self.acts if one["act"] == name]

    def had_the_chance(self, since: datetime, until: datetime | None = None) -> bool:
        """
        Return whether a client can be blamed for what it left undone between two moments of virtual time.

        A machine that is busy slows a client down, and virtual time goes on. So its time is counted in its own rounds:
        how often it has asked for what is new. One that has ended by itself would not have done any more.
        """
        end = until or self.ended_at
        if self.client and self.client[-1]["ended"] in _BY_ITSELF:
            return True
        if end is not None and (end - since).total_seconds() >= AMPLE_SECONDS * self.scale:
            return True
        within = (one for one in self.calls if one.is_done and since <= one.at and (end is None or one.at <= end))
        return rounds((one.operation, one.query) for one in within) >= ROUNDS

    @cached_property
    def placed(self) -> tuple[Wire, ...]:
        """The orders that were placed in the scenario, as they were then."""
        return tuple(order for act in self.act("placeOrders") for order in act["answer"]["items"])


def rounds(calls: Iterable[tuple[str | None, Mapping[str, str]]]) -> int:
    """
    Return how often a client went round: the most often that it has got the beginning of the same list.

    Args:
        calls: Operation and query of each that was answered with a result.
    """
    lists = ((name, query) for name, query in calls if name and name.startswith("list") and "cursor" not in query)
    asked = Counter((name, *sorted(_narrowed(query))) for name, query in lists)
    return max(asked.values(), default=0)


def _narrowed(query: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give what a list is narrowed by, whenever it is asked for."""
    return ((name, value) for name, value in query.items() if name not in _OF_THE_MOMENT)


def read_evidence(journal: Iterable[bytes], seen: Wire) -> Evidence:
    """
    Return evidence of its files.

    Args:
        journal: Lines, as the journal is exported.
        seen: Everything else.
    """
    client_id, before = seen["clientId"], seen.get("after", 0)
    calls = [call for call in map(read_call, map(orjson.loads, journal)) if call.credential in {client_id, None}]
    return Evidence(
        scenario=seen["scenario"],
        client_id=client_id,
        calls=tuple(call for call in calls if call.number > before),
        acts=tuple(seen["acts"]),
        faults=tuple(seen["faults"]),
        world=seen["world"],
        ended_at=instant(seen["endedAt"]),
        scale=seen["scale"],
        client=tuple(seen["client"]),
        leaks=frozenset(seen["leaks"]),
        used=frozenset(call.operation for call in calls if call.operation and call.credential),
    )


def read_call(line: Wire) -> Call:
    """Return a call of a line of the journal."""
    target = urlsplit(line["path"])
    began = line["receivedMonotonicMs"] / 1000
    request, response = line["request"], line["response"]
    text = request.get("body", "")
    return Call(
        number=line["number"],
        operation=line.get("operationId"),
        method=line["method"],
        path=target.path,
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        status=line.get("status", 0),
        began=began,
        ended=began + line["durationMs"] / 1000,
        at=instant(line["receivedAt"]),
        headers=_headers(request),
        text=text,
        body=_json(request),
        answer_headers=_headers(response),
        answer=_json(response),
        fault=line.get("fault"),
        effect=line.get("effect"),
        credential=line.get("clientId"),
        replayed=line["replayed"],
        verdict=line["verdict"],
        errors=tuple(line["requestErrors"]),
        changes=tuple(line["changes"]),
        peer=line["peer"],
    )


def instant(text: str) -> datetime:
    """Return an instant of the wire."""
    return datetime.fromisoformat(text)


def _headers(message: Wire) -> dict[str, str]:
    return {one["name"]: one["value"] for one in message["headers"]}


def _json(message: Wire) -> Any:
    """Return what a message says in JSON; None where it says nothing, or something else."""
    try:
        return orjson.loads(message["body"])
    except (KeyError, orjson.JSONDecodeError):
        return None
