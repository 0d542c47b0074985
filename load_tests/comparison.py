"""Two runs side by side."""

from collections.abc import Mapping
from typing import Any

from load_tests.errors import CannotRun

_SAME = ("profile", "fixture", "seconds", "users", "pace", "processes", "throttle")
"""What has to be the same, or the difference is not the server's."""


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what changed from one run to another, operation by operation.

    Raises:
        CannotRun: They have no operation in common.
    """
    common = sorted(before["operations"].keys() & after["operations"].keys())
    if not common:
        raise CannotRun("The two runs have no operation in common, so there is nothing to compare.")
    pairs = [(operation, before["operations"][operation], after["operations"][operation]) for operation in common]
    return {
        "before": before["madeAt"],
        "otherwise": {
            name: [_told(before["run"][name]), _told(after["run"][name])]
            for name in _SAME
            if before["run"][name] != after["run"][name]
        },
        "rows": [_row(*pair) for pair in [*pairs, ("all", before["total"], after["total"])]],
    }


def _told(value: Any) -> Any:
    """Return how many there are of each in words; anything else as it is."""
    if not isinstance(value, Mapping):
        return value
    return ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in value.items())


def _row(operation: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    figures = {
        "calls": (before["calls"], after["calls"]),
        "errorRate": (before["errorRate"], after["errorRate"]),
        **{name: (before["opened"][name], after["opened"][name]) for name in ("p50Ms", "p95Ms", "p99Ms")},
    }
    return {"operation": operation, **{name: _change(*pair) for name, pair in figures.items()}}


def _change(before: float, after: float) -> dict[str, float | None]:
    return {"before": before, "after": after, "ratio": round(after / before, 3) if before else None}
