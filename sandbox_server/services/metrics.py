"""What Prometheus is told: calls by operation, and what the tenants have come to."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the latency histogram, in seconds."""
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NO_OPERATION = "none"

Labels = Mapping[str, str]


class Family(NamedTuple):
    """
    A metric with its samples.

    Args:
        kind: `counter` or `gauge`.
    """

    name: str
    kind: str
    help: str
    samples: Iterable[tuple[Labels, float]]


class _Latency:
    """The histogram of one operation."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0


class Metrics:
    """
    Counts the calls to all tenants, from the server's start.

    Args:
        under_way: The request ids of calls that have come and are not over.
    """

    def __init__(self) -> None:
        self.under_way: set[str] = set()
        self._calls: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._faults: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._throttled: defaultdict[str, int] = defaultdict(int)
        self._latencies: defaultdict[str, _Latency] = defaultdict(_Latency)

    def observe(self, operation: str | None, status: int, seconds: float) -> None:
        """
        Count a call.

        Args:
            operation: None where it found none.
            status: 0 where nothing was answered.
            seconds: Real time from its first byte to the last of the answer.
        """
        name = operation or NO_OPERATION
        self._calls[name, status] += 1
        latency = self._latencies[name]
        latency.counts[bisect_left(BUCKETS, seconds)] += 1
        latency.seconds += seconds

    def observe_fault(self, operation: str | None, effect: str) -> None:
        """Count a fault that was played."""
        self._faults[operation or NO_OPERATION, effect] += 1

    def observe_throttled(self, operation: str | None) -> None:
        """Count a call that was over its limit."""
        self._throttled[operation or NO_OPERATION] += 1

    def exposition(self, more: Iterable[Family] = ()) -> str:
        """
        Return Prometheus' text format, version 0.0.4.

        Args:
            more: Metrics that others keep: orders and oversold units by tenant, for two.
        """
        families = (
            Family(
                "sandbox_calls_total",
                "counter",
                "Calls by operation and status; 0 is no answer.",
                [({"operation": name, "status": str(status)}, count) for (name, status), count in self._calls.items()],
            ),
            Family(
                "sandbox_faults_total",
                "counter",
                "Faults that were played.",
                [({"operation": name, "effect": effect}, count) for (name, effect), count in self._faults.items()],
            ),
            Family(
                "sandbox_throttled_total",
                "counter",
                "Calls that were over their limit.",
                [({"operation": name}, count) for name, count in self._throttled.items()],
            ),
            Family("sandbox_calls_under_way", "gauge", "Calls that are not over.", [({}, len(self.under_way))]),
            *more,
        )
        lines = [line for family in families for line in _lines(family)]
        return "\n".join([*lines, *self._histogram(), ""])

    def _histogram(self) -> list[str]:
        name = "sandbox_call_seconds"
        lines = _head(name, "histogram", "Real time from a call's first byte to the last of its answer.")
        for operation, latency in sorted(self._latencies.items()):
            total = 0
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), latency.counts, strict=True):
                total += count
                lines.append(_sample(f"{name}_bucket", {"operation": operation, "le": bound}, total))
            lines.append(_sample(f"{name}_sum", {"operation": operation}, latency.seconds))
            lines.append(_sample(f"{name}_count", {"operation": operation}, total))
        return lines


def _lines(family: Family) -> list[str]:
    samples = sorted(family.samples, key=lambda sample: tuple(sample[0].values()))
    return _head(*family[:3]) + [_sample(family.name, labels, value) for labels, value in samples]


def _head(name: str, kind: str, text: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]


def _sample(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{inside}}} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
