"""What came of the calls: by operation, and by second. Records add up over processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from load_tests.latencies import Latencies


class Outcome(StrEnum):
    """What came of a call."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """No, as may be said: mostly 409, since somebody else was faster. The world is as it should be."""
    THROTTLED = "throttled"
    FAILED = "failed"


def outcome(status: int, error: object = None, *, may_refuse: bool = False) -> Outcome:
    """
    Return what an answer's status means; 0 is none.

    Args:
        may_refuse: Whether what was asked for may well be more than the marketplace allows.
    """
    if status == 429:
        return Outcome.THROTTLED
    if status == 409 or (may_refuse and 400 <= status < 500):
        return Outcome.REFUSED
    return Outcome.FAILED if error is not None or not 200 <= status < 300 else Outcome.ANSWERED


@dataclass
class Tally:
    """
    Some calls.

    Args:
        closed: From the call's own start, as most tools measure.
        opened: From the instant at which it was to begin.
    """

    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    closed: Latencies = field(default_factory=Latencies)
    opened: Latencies = field(default_factory=Latencies)
    unstarted: int = 0

    @property
    def calls(self) -> int:
        """How many were made."""
        return sum(self.outcomes.values())

    def rate(self, outcome: Outcome) -> float:
        """Return the part of the calls of which this came."""
        return self.outcomes[outcome] / self.calls if self.calls else 0.0

    def note(self, outcome: Outcome, closed: float, late: float) -> None:
        """Count a call that began late by so many seconds."""
        self.outcomes[outcome] += 1
        self.closed.add(closed)
        self.opened.add(closed + late)

    def note_unstarted(self, late: float) -> None:
        """Count a call that should have begun so many seconds ago, and has not: it takes that long at the least."""
        self.unstarted += 1
        self.opened.add(late)

    def merge(self, other: "Tally") -> None:
        """Count the other's calls, too."""
        for name, number in other.outcomes.items():
            self.outcomes[name] += number
        self.closed.merge(other.closed)
        self.opened.merge(other.opened)
        self.unstarted += other.unstarted

    def packed(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "outcomes": self.outcomes,
            "closed": self.closed.counts(),
            "opened": self.opened.counts(),
            "unstarted": self.unstarted,
        }

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> "Tally":
        """Return what was packed."""
        outcomes = dict.fromkeys(Outcome, 0) | {Outcome(name): number for name, number in packed["outcomes"].items()}
        return cls(dict(outcomes), Latencies(packed["closed"]), Latencies(packed["opened"]), packed["unstarted"])


@dataclass
class Record:
    """
    A run, or a part of one.

    Args:
        operations: The calls by operation.
        seconds: The calls by the second after the start in which their answer came.
        gauges: What was measured in a second: the last value of each name in each of the processes.
        samples: A few answers that should not have been, in words.
    """

    operations: dict[str, Tally] = field(default_factory=dict)
    seconds: dict[int, Tally] = field(default_factory=dict)
    gauges: dict[int, dict[str, dict[str, float]]] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)

    MOST_SAMPLES = 20

    def note(self, operation: str, at: float, outcome: Outcome, closed: float, late: float) -> None:
        """Count a call; `at` is the second after the start."""
        for tally in self._tallies(operation, at):
            tally.note(outcome, closed, late)

    def note_unstarted(self, operation: str, at: float, late: float) -> None:
        """Count a call that was to begin, and has not."""
        for tally in self._tallies(operation, at):
            tally.note_unstarted(late)

    def gauge(self, at: float, name: str, part: int, value: float) -> None:
        """Keep what was measured in one of the processes."""
        self.gauges.setdefault(int(at), {}).setdefault(name, {})[str(part)] = value

    def sample(self, words: str) -> None:
        """Keep an answer that should not have been, if few are kept."""
        if len(self.samples) < self.MOST_SAMPLES:
            self.samples.append(words)

    def total(self) -> Tally:
        """Return all calls together."""
        total = Tally()
        for tally in self.operations.values():
            total.merge(tally)
        return total

    def merge(self, other: "Record") -> None:
        """Add the other's calls, and take what it measured."""
        for operation, tally in other.operations.items():
            self.operations.setdefault(operation, Tally()).merge(tally)
        for second, tally in other.seconds.items():
            self.seconds.setdefault(second, Tally()).merge(tally)
        for second, gauges in other.gauges.items():
            for name, parts in gauges.items():
                self.gauges.setdefault(second, {}).setdefault(name, {}).update(parts)
        for words in other.samples:
            self.sample(words)

    def packed(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "operations": {operation: tally.packed() for operation, tally in sorted(self.operations.items())},
            "seconds": {str(second): tally.packed() for second, tally in sorted(self.seconds.items())},
            "gauges": {str(second): gauges for second, gauges in sorted(self.gauges.items())},
            "samples": self.samples,
        }

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> "Record":
        """Return what was packed."""
        return cls(
            {operation: Tally.unpacked(tally) for operation, tally in packed["operations"].items()},
            {int(second): Tally.unpacked(tally) for second, tally in packed["seconds"].items()},
            {int(second): gauges for second, gauges in packed["gauges"].items()},
            list(packed["samples"]),
        )

    def _tallies(self, operation: str, at: float) -> tuple[Tally, Tally]:
        return self.operations.setdefault(operation, Tally()), self.seconds.setdefault(int(at), Tally())
