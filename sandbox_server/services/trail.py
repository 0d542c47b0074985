"""The journal held against the world: every change has its call, and no key has two effects."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice, pairwise
from typing import NamedTuple

from sandbox_server.domain.events import DueKind, Event
from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import Movement
from sandbox_server.services.archive import Mark
from sandbox_server.services.idempotency import KEPT_FOR
from sandbox_server.services.journal import Journal
from sandbox_server.services.ports import Transaction
from sandbox_server.services.steps import Steps
from sandbox_server.services.stretch import Stretch
from sandbox_server.traffic.journal import Entry

ACTORS = frozenset({"buyer", "carrier", "till", "store", "operator"})
"""Who acts without being a client; what they do is owed to `buyer:` and so on."""
_DUE = frozenset(DueKind)
_BATCH = 256
_EFFECTIVE = {0, *range(200, 300)}  # an answer that was lost may have had an effect


class Start(NamedTuple):
    """Where a tenant's own history starts: what it numbered before that came with its world."""

    movements: int
    events: int
    calls: int


class Gap(NamedTuple):
    """Between which marks calls may have got lost: a sandbox that is killed has not written down its last ones."""

    since: Mark
    until: Mark


class _Effect(NamedTuple):
    subject: str
    cause: str
    at: datetime
    is_excused: bool


class _Use(NamedTuple):
    """A call that had an effect under a key."""

    number: int
    received_at: datetime
    sent_at: datetime


def start_here(tx: Transaction, journal: Journal) -> Start:
    """Return the start of a history that starts now."""
    return Start(tx.ledger.count(), tx.events.count(), journal.last)


def mark_here(tx: Transaction) -> Mark:
    """Return how far a world has come."""
    return Mark(tx.ledger.count(), tx.events.count())


def audit_trail(
    tx: Transaction, calls: Stretch, start: Start, under_way: Collection[str], gaps: Sequence[Gap] = ()
) -> Steps[list[Breach]]:
    """
    Return what finds out where journal and world do not agree: flaws of the chain, changes without a call, keys with
    two effects.

    The transaction may be over before the first step, and both go on: what is looked at is taken here.

    Args:
        calls: The journal of the same moment.
        start: Where the tenant's own history starts.
        under_way: The request ids of calls that are not in the journal yet.
        gaps: What was done while calls may have got lost.
    """
    return _held_against(calls, _effects(tx, start, gaps), start.calls, set(under_way), tx.now)


def _held_against(
    calls: Stretch, effects: Iterator[_Effect], after: int, known: set[str], now: datetime
) -> Steps[list[Breach]]:
    found: list[Breach] = []
    uses: defaultdict[tuple[str, str], list[_Use]] = defaultdict(list)
    forgotten_until: datetime | None = None
    for part in calls.parts():
        if part.flaw is not None and not found:
            found.append(Breach(8, f"call {part.flaw.number}", part.flaw.reason))
        yield
        for entry in (kept.entry for kept in part.entries):
            if entry.number > after:
                forgotten_until = forgotten_until if entry.number == after + 1 else entry.sent_at
                after = entry.number
                known.add(entry.request_id)
                if key := _effective_key(entry):
                    uses[key].append(_Use(entry.number, entry.received_at, entry.sent_at))
                yield
    forgotten_until = forgotten_until if after >= calls.last else now
    while batch := list(islice(effects, _BATCH)):
        found += _unowned(batch, known, forgotten_until)
        yield
    for (client, name), of_key in uses.items():
        if numbers := _too_soon(of_key):
            found.append(Breach(5, f"{client}/{name}", f"calls {numbers} each had an effect"))
    return found


def _too_soon(uses: Sequence[_Use]) -> list[int]:
    """Return the numbers of calls of one key that came before it was good for another effect."""
    pairs = [(one, two) for one, two in pairwise(uses) if two.sent_at - one.received_at < KEPT_FOR]
    return sorted({use.number for pair in pairs for use in pair})


def key_of(entry: Entry) -> tuple[str, str] | None:
    """Return the client and the idempotency key of a call."""
    key = next((value for name, value in entry.request.fields() if name == "idempotency-key"), None)
    return None if key is None or entry.credential is None else (entry.credential, key)


def _effective_key(entry: Entry) -> tuple[str, str] | None:
    """Return the same of a call that had an effect of its own."""
    if entry.status not in _EFFECTIVE or not entry.changes:
        return None
    return None if ("idempotent-replayed", "true") in entry.response.fields() else key_of(entry)


def _unowned(effects: Iterable[_Effect], calls: Collection[str], since: datetime | None) -> Iterator[Breach]:
    """Name what is owed to nobody; what happened until `since` may be owed to calls that the journal has let go."""
    for effect in effects:
        known = effect.is_excused or effect.cause in calls or is_no_call(effect.cause)
        if not known and (since is None or effect.at > since):
            yield Breach(8, effect.subject, f"it is owed to {effect.cause!r}, which the journal does not know")


def is_no_call(cause: str) -> bool:
    """Whether it is a thing of the clock, or an actor."""
    actor, colon, _ = cause.partition(":")
    kind, slash, _ = cause.partition("/")
    return bool((colon and actor in ACTORS) or (slash and kind in _DUE))


def _effects(tx: Transaction, start: Start, gaps: Sequence[Gap]) -> Iterator[_Effect]:
    """Return what was done since the start, as of now."""
    movements = enumerate(tx.ledger.walk(start.movements), start=start.movements + 1)
    events = enumerate(tx.events.rows()[start.events + 1 :], start=start.events + 1)  # no event is ever removed
    unpack = tx.events.unpack
    return chain(
        (_of_movement(number, movement, gaps) for number, movement in movements),
        (_of_event(number, unpack(row), gaps) for number, row in events if row is not None),
    )


def _of_movement(number: int, movement: Movement, gaps: Sequence[Gap]) -> _Effect:
    is_excused = any(gap.since.movements < number <= gap.until.movements for gap in gaps)
    return _Effect(f"movement {number}", movement.source, movement.at, is_excused)


def _of_event(number: int, event: Event, gaps: Sequence[Gap]) -> _Effect:
    is_excused = any(gap.since.events < number <= gap.until.events for gap in gaps)
    return _Effect(event.event_id, event.cause, event.at, is_excused)
