"""What a run came to: judged, and as the data that every report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from load_tests.latencies import Latencies
from load_tests.record import Outcome, Record, Tally
from load_tests.slo import Judgement, Promises
from load_tests.world import Audit

PASSED, FAILED = "PASSED", "FAILED"
_QUANTILES = {"p50Ms": 0.5, "p95Ms": 0.95, "p99Ms": 0.99, "maxMs": 1.0}


@dataclass(frozen=True)
class Books:
    """
    What the calls say was done beside what the world says.

    Args:
        what: Of what.
        done: How often the answers, or those who act in the world, say that it was done.
        found: How many more of it there are.
    """

    what: str
    done: int
    found: int

    @property
    def holds(self) -> bool:
        """Whether nothing was lost and nothing doubled."""
        return self.done == self.found


@dataclass(frozen=True)
class Oracle:
    """
    What the world says after the run.

    Args:
        audits: In order; the first was before the load.
        why_not: Why there are none.
    """

    audits: Sequence[Audit]
    books: Sequence[Books] = ()
    why_not: str = ""


def result(run: Mapping[str, Any], found: Mapping[str, Any], promises: Promises, oracle: Oracle) -> dict[str, Any]:
    """
    Return a run's report.

    Args:
        run: What was run: names and numbers, as they are to stand in the report.
        found: What Locust wrote down.
    """
    record = Record.unpacked(found["record"])
    judgements = promises.judge(record)
    reasons = [*_reasons(judgements), *_broken(oracle), *found["exceptions"]]
    return {
        "kind": "load",
        "verdict": FAILED if reasons else PASSED,
        "reasons": reasons,
        "interrupted": found["interrupted"],
        "madeAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": {**run, "ranSeconds": round(found["seconds"], 3), "generatorShortOfTime": found["busy"]},
        "total": _figures(record.total()),
        "operations": {operation: _figures(tally) for operation, tally in sorted(record.operations.items())},
        "promises": [{**asdict(one), "kept": one.kept} for one in judgements],
        "audited": bool(oracle.audits),
        "whyNotAudited": oracle.why_not,
        "audits": [asdict(audit) for audit in oracle.audits],
        "books": [{**asdict(book), "holds": book.holds} for book in oracle.books],
        "seconds": _seconds(record, float(found["seconds"])),
        "samples": record.samples,
    }


def _reasons(judgements: Sequence[Judgement]) -> list[str]:
    return [
        f"{one.subject}: {one.limit} is {_short(one.seen)}, and is to be "
        f"{_short(one.allowed)} at the {'least' if one.limit == 'leastCalls' else 'most'}"
        for one in judgements
        if not one.kept
    ]


def _broken(oracle: Oracle) -> list[str]:
    broken: dict[str, str] = {}
    for audit in oracle.audits:
        for breach in audit.breaches:
            broken.setdefault(breach, f"the audit after {audit.second:.0f} s: {breach}")
    books = [
        f"{book.done} {book.what} were made, and there are {book.found}" for book in oracle.books if not book.holds
    ]
    return [*broken.values(), *books]


def _figures(tally: Tally) -> dict[str, Any]:
    return {
        "calls": tally.calls,
        "unstarted": tally.unstarted,
        **{outcome.value: tally.outcomes[outcome] for outcome in Outcome},
        "errorRate": round(tally.rate(Outcome.FAILED), 6),
        "throttleRate": round(tally.rate(Outcome.THROTTLED), 6),
        "opened": _latencies(tally.opened),
        "closed": _latencies(tally.closed),
    }


def _latencies(latencies: Latencies) -> dict[str, float]:
    return {name: round(latencies.quantile(part) * 1000, 3) for name, part in _QUANTILES.items()}


def _seconds(record: Record, lasted: float) -> list[dict[str, Any]]:
    """Return a row for each second of the run, also for those in which nothing came; gauges stay as they were last."""
    rows = []
    gauges: dict[str, dict[str, float]] = {}
    for second in range(max([int(lasted) - 1, *record.seconds]) + 1):
        tally = record.seconds.get(second, Tally())
        for name, parts in record.gauges.get(second, {}).items():
            gauges.setdefault(name, {}).update(parts)
        rows.append(
            {
                "second": second,
                "calls": tally.calls,
                **{outcome.value: tally.outcomes[outcome] for outcome in Outcome},
                "opened": _latencies(tally.opened),
                "closed": _latencies(tally.closed),
                **{name: sum(parts.values()) for name, parts in gauges.items()},
            }
        )
    return rows


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 1000 else f"{number:.4g}"
