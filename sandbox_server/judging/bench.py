"""Those who judge: processes side by side, each with a checker of its own."""

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice

from sandbox_server.api.contract import Contract
from sandbox_server.api.refusals import MOST_VIOLATIONS
from sandbox_server.judging.checker import Checker
from sandbox_server.judging.recorded import Recorded
from sandbox_server.judging.routes import Routes
from sandbox_server.reporting.findings import Finding, Side
from sandbox_server.traffic.redaction import MARK

_BATCH = 32  # calls: a blink
_WORTH_A_PROCESS = 200  # calls; fewer are judged before one has started


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    By what calls are judged.

    Args:
        contract: The contract.
        base_url: Where the recorded server has it; None for where the contract says, on any host.
        allows_unknown: Whether an answer may have members that the contract does not describe.
        sides: Whose faults are looked for.
    """

    contract: Contract
    base_url: str | None = None
    allows_unknown: bool = False
    sides: frozenset[Side] = frozenset({Side.REQUEST, Side.RESPONSE})


@dataclass(slots=True)
class Sentence:
    """
    What is to be said of some calls.

    Args:
        asked: How many went to each operation.
        valid: How many of those were as the contract wants them.
        statuses: How often an operation answered with a status.
        keywords: How often each keyword was held against a value.
    """

    calls: int = 0
    findings: list[Finding] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    keywords: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Sentence") -> None:
        """Take in what is to be said of other calls."""
        self.calls += other.calls
        self.findings += other.findings
        self.asked += other.asked
        self.valid += other.valid
        self.statuses += other.statuses
        self.keywords += other.keywords


class Seat:
    """Judges calls, one after the other."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._routes = Routes(terms.contract, terms.base_url)
        self._checker = Checker(terms.contract, allows_unknown=terms.allows_unknown)

    def judge(self, calls: Sequence[Recorded]) -> Sentence:
        """Return what is to be said of calls that went to operations."""
        sentence = Sentence(calls=len(calls))
        for call in calls:
            self._judge(call, sentence)
        sentence.keywords = self._checker.keywords.copy()
        self._checker.keywords.clear()
        return sentence

    def _judge(self, call: Recorded, sentence: Sentence) -> None:
        match = self._routes.find(call.exchange)
        assert match is not None
        name = match.operation.operation_id
        found = [one for one in self._checker.check(call, match) if MARK not in one.seen]
        sentence.asked[name] += 1
        sentence.valid[name] += all(one.side is not Side.REQUEST for one in found)
        if call.exchange.status:
            sentence.statuses[name, str(call.exchange.status)] += 1
        told = (one for one in found if one.side in self._terms.sides)
        exchange = call.exchange
        sentence.findings += (
            replace(one, operation=name, number=exchange.number, exchanges=(exchange,))
            for one in islice(told, MOST_VIOLATIONS)
        )


def judged(calls: Sequence[Recorded], terms: Terms, processes: int) -> Iterator[Sentence]:
    """
    Return what is to be said of calls that went to operations, batch by batch in their order.

    Args:
        processes: How many judge; few calls are judged right here.
    """
    batches = [calls[start : start + _BATCH] for start in range(0, len(calls), _BATCH)]
    if processes == 1 or len(calls) < _WORTH_A_PROCESS:
        yield from map(Seat(terms).judge, batches)
        return
    pool = ProcessPoolExecutor(min(processes, len(batches)), initializer=_sit_down, initargs=(terms,))
    try:
        yield from pool.map(_judge, batches)
    finally:
        pool.shutdown(cancel_futures=True)


_seats: list[Seat] = []
"""Of this process: one, once it has begun to judge."""


def _sit_down(terms: Terms) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that shows what was found
    _seats.append(Seat(terms))


def _judge(calls: Sequence[Recorded]) -> Sentence:
    return _seats[0].judge(calls)
