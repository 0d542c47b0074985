"""Which orders and returns there will be, when they begin, and what each comes to."""

from random import Random
from typing import NamedTuple

from sandbox_server.domain.returns import ReturnStatus
from sandbox_server.kernel.clock import to_milliseconds
from sandbox_server.kernel.randomness import stream
from sandbox_server.worlds.schema import Fixture, Outcome
from sandbox_server.worlds.scripts import DAY, ORDERS, RETURNED_AFTER, RETURNS, Script

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
# How much is bought in each hour of the day in UTC, which in America runs from the evening before to the evening.
_RHYTHM = (10, 10, 9, 8, 6, 4, 3, 2, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 9, 9, 9, 9, 9, 10)


class Plan(NamedTuple):
    """
    An order to be placed.

    Args:
        at: When, in milliseconds.
        outcome: What becomes of it.
        lines: How many lines it has at least.
        back: What becomes of its return, if it has one.
        back_at: When that is opened, in milliseconds.
    """

    at: int
    outcome: Outcome
    lines: int
    back: ReturnStatus | None = None
    back_at: int = 0


def draw_plans(seed: int, fixture: Fixture) -> list[Plan]:
    """Return the orders of a world's history in order of time."""
    rng = stream(seed, "world/plans")
    now = to_milliseconds(fixture.now)
    minutes = fixture.history.days * DAY
    returned = [status for status in ReturnStatus for _ in range(fixture.history.returns.get(status, 0))]
    plans = []
    for outcome in Outcome:
        for _ in range(fixture.history.orders.get(outcome, 0)):
            if outcome is Outcome.DELIVERED and returned:
                plans.append(_returned(rng, returned.pop(), now, minutes))
            else:
                script = ORDERS[outcome]
                plans.append(Plan(_moment(rng, script, now, minutes), outcome, script.lines))
    plans.sort()
    return plans


def _returned(rng: Random, status: ReturnStatus, now: int, minutes: int) -> Plan:
    script = RETURNS[status]
    back_at = _moment(rng, script, now, minutes - RETURNED_AFTER[1])
    at = back_at - rng.randrange(RETURNED_AFTER[0] * _MINUTE, RETURNED_AFTER[1] * _MINUTE)
    return Plan(at, Outcome.DELIVERED, script.lines, status, back_at)


def _moment(rng: Random, script: Script, now: int, minutes: int) -> int:
    """Return a moment at which a script may begin; over a long time, buyers keep to the hours of the day."""
    earliest = now - min(script.earliest or minutes, minutes) * _MINUTE
    latest = now - script.latest * _MINUTE
    while True:
        at = rng.randrange(earliest, latest)
        if latest - earliest < DAY * _MINUTE or rng.random() * max(_RHYTHM) < _RHYTHM[at // _HOUR % 24]:
            return at
