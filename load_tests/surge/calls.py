"""What a client called in a trial, from the journal; and what of it explains why it was slow."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from load_tests.systems import SIGN_IN

_MANY_TOKENS = 0.1
_OFTEN = 0.05


@dataclass
class Calls:
    """
    A client's calls.

    Args:
        throttled: Those that were answered with 429.
        failed: Those that were answered with 4xx otherwise, or 5xx, or not at all.
        busy_seconds: The time that the marketplace spent on them.
    """

    made: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    busy_seconds: float = 0.0

    def note(self, entry: dict[str, Any]) -> None:
        """Count an entry of the journal."""
        operation, status = entry.get("operationId", "nothing there is"), entry.get("status", 0)
        self.made[operation] += 1
        self.busy_seconds += entry.get("durationMs", 0.0) / 1000
        if status == 429:
            self.throttled[operation] += 1
        elif not 200 <= status < 400:
            self.failed[operation] += 1


def read_calls(lines: Iterable[bytes], client_id: str) -> Calls:
    """Return the calls of a client, and those of whom nobody knows, from a journal as NDJSON."""
    calls = Calls()
    for line in lines:
        entry = json.loads(line)
        if entry.get("clientId", client_id) == client_id:
            calls.note(entry)
    return calls


def explanations(calls: Calls, orders: int, seconds: float) -> list[str]:
    """
    Return why the client was no faster, the likeliest reason first.

    Args:
        orders: How many came.
        seconds: How long the trial took, in real time.
    """
    whole = calls.made.total()
    if not whole:
        return ["It made no call."]
    tokens, others = calls.made[SIGN_IN], whole - calls.made[SIGN_IN]
    found = []
    if tokens > max(2, others * _MANY_TOKENS):
        found.append(
            f"It fetched {tokens} tokens for {others} other calls, where one an hour does; "
            f"{calls.throttled[SIGN_IN]} of them were refused, since tokens are limited, too."
        )
    for operation, number in calls.throttled.most_common():
        if operation != SIGN_IN and number > calls.made[operation] * _OFTEN:
            made = calls.made[operation]
            found.append(f"{operation} was throttled {number} times of {made}: the marketplace grants fewer calls.")
    for operation, number in calls.failed.most_common():
        if number > calls.made[operation] * _OFTEN:
            found.append(f"{operation} failed {number} times of {calls.made[operation]}.")
    pace = f"It made {whole / seconds:.1f} calls a second, {whole / max(1, orders):.1f} for each order; the marketplace"
    return [*found, f"{pace} worked on them {calls.busy_seconds / seconds:.0%} of the time."]
