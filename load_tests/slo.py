"""What a run must keep, as data, and whether it did."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any

import yaml

from load_tests.errors import CannotRun
from load_tests.record import Outcome, Record, Tally
from load_tests.systems import OPERATIONS

DEFAULT = Path(__file__).with_name("slo.yaml")
_QUANTILES = {"p50Ms": 0.5, "p95Ms": 0.95, "p99Ms": 0.99}
_RATES = {"errorRate": Outcome.FAILED, "throttleRate": Outcome.THROTTLED}
LIMITS = (*_QUANTILES, *_RATES, "leastCalls")
RUN = "run"
JUDGED_FROM = "judgedFrom"
Limits = Mapping[str, float]


@dataclass(frozen=True)
class Judgement:
    """
    Whether a limit was kept.

    Args:
        subject: The operation, or `run` for all of them.
        seen: What it came to, in the limit's unit.
    """

    subject: str
    limit: str
    allowed: float
    seen: float

    @property
    def kept(self) -> bool:
        """Whether it was."""
        return self.seen >= self.allowed if self.limit == "leastCalls" else self.seen <= self.allowed


@dataclass(frozen=True)
class Promises:
    """
    What is to be kept by the run, by each operation that was called, and by some of them in particular.
    """

    run: Limits
    default: Limits
    operations: Mapping[str, Limits]

    def judge(self, record: Record) -> list[Judgement]:
        """Return a judgement of each limit; a run without calls breaks the first one."""
        own = {name: value for name, value in self.run.items() if name != JUDGED_FROM}
        judgements = list(_judged(RUN, {"leastCalls": 1, **own}, record.total()))
        needed = {operation for operation, limits in self.operations.items() if "leastCalls" in limits}
        for operation in sorted(record.operations.keys() | needed):
            limits = {**self.default, **self.operations.get(operation, {})}
            tally = record.operations.get(operation, Tally())
            if tally.calls < self.run.get(JUDGED_FROM, 0):
                limits = {name: value for name, value in limits.items() if name not in _QUANTILES}
            judgements += _judged(operation, limits, tally)
        return judgements


def read(path: Path) -> Promises:
    """
    Return what a file promises.

    Raises:
        CannotRun: It does not say that, or names an operation that nobody calls.
    """
    try:
        written = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise CannotRun(f"{path} is no YAML: {' '.join(str(error).split())}.") from error
    try:
        return _promises(written)
    except (TypeError, ValueError) as error:
        raise CannotRun(f"{path}: {error}.") from error


def _promises(written: Any) -> Promises:
    parts = _members(written, "the file", {"run", "default", "operations"})
    operations = _members(parts.get("operations"), "operations", OPERATIONS)
    return Promises(
        _limits(parts.get("run"), "run", {JUDGED_FROM, *LIMITS}),
        _limits(parts.get("default"), "default"),
        {operation: _limits(limits, operation) for operation, limits in operations.items()},
    )


def _limits(written: Any, where: str, known: AbstractSet[str] = frozenset(LIMITS)) -> dict[str, float]:
    limits = {}
    for name, value in _members(written, where, known).items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < inf:
            raise ValueError(f"{name} of {where} is to be a number from 0, not {value!r}")
        limits[name] = float(value)
    return limits


def _members(written: Any, where: str, known: AbstractSet[str]) -> dict[str, Any]:
    if written is None:
        return {}
    if not isinstance(written, dict):
        raise TypeError(f"{where} is to have members")
    for name in written:
        if name not in known:
            nearest = get_close_matches(str(name), known, 1)
            advice = f"{nearest[0]!r} is meant, perhaps" if nearest else f"there are {', '.join(sorted(known))}"
            raise ValueError(f"{where} knows no {name!r}; {advice}")
    return written


def _judged(subject: str, limits: Limits, tally: Tally) -> Iterator[Judgement]:
    for limit, allowed in limits.items():
        yield Judgement(subject, limit, allowed, _seen(limit, tally))


def _seen(limit: str, tally: Tally) -> float:
    if limit in _QUANTILES:
        return tally.opened.quantile(_QUANTILES[limit]) * 1000
    return float(tally.calls) if limit == "leastCalls" else tally.rate(_RATES[limit])
