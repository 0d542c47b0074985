"""A life cycle, walked along every step that its table has, and pushed at every one that it has not."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.stage import Stage

Table = Mapping[str, frozenset[str]]
_MOST_SUBJECTS = 12
_MOST_MOVES = 40
_REFUSALS = {409, 422}


@dataclass(slots=True)
class Subject:
    """
    One thing that lives through the cycle.

    Args:
        path: What names it in a path.
        made: What was said when it was made.
        kept: What its moves have to remember.
    """

    path: Mapping[str, str]
    made: Mapping[str, Any]
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """
    Something that can be tried on a subject.

    Args:
        leads_to: The states that it leads to from where it is allowed.
        attempt: Tries it.
        is_call: Whether it is one call, that can be tried where it is not allowed.
        may_stay: Whether it may also leave things where they stand.
    """

    name: str
    leads_to: frozenset[str]
    attempt: Callable[[Stage, Subject], Answer]
    is_call: bool = True
    may_stay: bool = False


@dataclass(frozen=True, slots=True)
class Cycle:
    """
    A life cycle of the contract.

    Args:
        schema: The schema that has its states and its table.
        read: The operation that reads a subject.
        begin: Makes a new subject; each of these is begun with.
    """

    schema: str
    read: str
    begin: tuple[Callable[[Stage], Subject], ...]
    moves: tuple[Move, ...]


class Explorer:
    """
    Walks a cycle.

    Args:
        stage: Where it is played.
    """

    def __init__(self, stage: Stage, cycle: Cycle) -> None:
        self._stage = stage
        self._cycle = cycle
        self._table: Table = stage.document.life_cycles[cycle.schema]
        self._done: set[tuple[str, str]] = set()
        self._pushed: set[str] = set()

    def explore(self) -> None:
        """Walk until every step that can be reached has been taken."""
        for begin in self._cycle.begin:
            for _ in range(_MOST_SUBJECTS):
                before = len(self._done) + len(self._pushed)
                self._begin(begin)
                if len(self._done) + len(self._pushed) == before:
                    break
        missed = sorted(self._table.keys() - self._pushed)
        if missed:
            self._stage.lack(f"nothing here leads to {', '.join(missed)}")

    def _begin(self, begin: Callable[[Stage], Subject]) -> None:
        """Let a new subject live, in a world of its own where there can be one: time is moved in it."""
        if self._stage.has_operator:
            with self._stage.sibling() as own:
                self._live(own, begin(own))
        else:
            self._live(self._stage, begin(self._stage))

    def _live(self, stage: Stage, subject: Subject) -> None:
        now = self._read(stage, subject)
        for _ in range(_MOST_MOVES):
            state = str(now.json.get("status"))
            if state not in self._pushed:
                self._pushed.add(state)
                self._push(stage, subject, state, now)
            move = self._next(state)
            if move is None:
                return
            self._done.add((state, move.name))
            did = move.attempt(stage, subject)
            message = f"{move.name} is refused, though {state} allows it."
            if not stage.hold(did.succeeded, message, now, did, expected="2xx", seen=f"{did.status} {did.code}"):
                return
            now = self._read(stage, subject)
            after = str(now.json.get("status"))
            stage.hold(
                after in self._table[state] or (after == state and move.may_stay),
                f"{move.name} leads from {state} to where no step leads.",
                did,
                now,
                where="/status",
                expected=" or ".join(sorted(self._table[state])),
                seen=after,
            )
            if after not in self._table:
                return

    def _push(self, stage: Stage, subject: Subject, state: str, before: Answer) -> None:
        """Try what the state does not allow: it is refused, and changes nothing."""
        for move in self._cycle.moves:
            if move.is_call and not self._allows(state, move):
                did = move.attempt(stage, subject)
                stage.hold(
                    did.status in _REFUSALS,
                    f"{move.name} is not refused, though {state} does not allow it.",
                    before,
                    did,
                    expected="409 ILLEGAL_TRANSITION",
                    seen=f"{did.status} {did.code}".strip(),
                )
                after = self._read(stage, subject)
                same = (after.body, after.header("ETag")) == (before.body, before.header("ETag"))
                if not stage.hold(same, f"What was refused ({move.name}) has changed something.", before, did, after):
                    return

    def _next(self, state: str) -> Move | None:
        """Return the move that leads to a step not yet taken by the shortest way; None where none does."""
        ways: deque[tuple[str, Move | None]] = deque([(state, None)])
        seen = {state}
        while ways:
            at, first = ways.popleft()
            for move in self._cycle.moves:
                if self._allows(at, move):
                    if (at, move.name) not in self._done:
                        return first or move
                    for after in sorted(move.leads_to & self._table[at] - seen):
                        seen.add(after)
                        ways.append((after, first or move))
        return None

    def _allows(self, state: str, move: Move) -> bool:
        return bool(move.leads_to & self._table[state])

    def _read(self, stage: Stage, subject: Subject) -> Answer:
        answer = stage.api.call(self._cycle.read, path=subject.path)
        return stage.expect(answer, 200, "What lives can be read.")
