"""What each suite plays: which calls Schemathesis makes up, and which probes follow a line of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sandbox_server.conformance.probes import (
    access,
    conflicts,
    cursors,
    filters,
    journeys,
    life_cycles,
    limits,
    outages,
    refusals,
    scopes,
    stock,
    strangers,
    versions,
)
from sandbox_server.conformance.stage import Stage

Probe = Callable[[Stage], None]


class Suite(StrEnum):
    """How much is looked at."""

    SMOKE = "smoke"
    FULL = "full"
    STATEFUL = "stateful"
    SECURITY = "security"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a suite plays.

    Args:
        phases: Of Schemathesis's phases, those that are run.
        examples: How many calls are drawn for an operation in a phase that draws.
        probes: Their names, in the order of playing.
        operations: Those that calls are made up for; every one when left out.
        covers: Whether every operation has to be reached, and every documented status seen or excused.
    """

    phases: tuple[str, ...]
    examples: int
    probes: tuple[str, ...]
    operations: tuple[str, ...] = ()
    reaches: bool = False
    covers: bool = False


_JOURNEYS: Mapping[str, Probe] = {f"journey_{name}": probe for name, probe in journeys.JOURNEYS.items()}
_RULES: Mapping[str, Probe] = {
    "cursor_walk": cursors.cursor_walk,
    "filters": filters.filters,
    "versions": versions.versions,
    "stock_arithmetic": stock.stock_arithmetic,
    "conflicts": conflicts.conflicts,
}
_LIFE: Mapping[str, Probe] = {f"life_cycle_{name}": probe for name, probe in life_cycles.LIFE_CYCLES.items()}
_DOORS: Mapping[str, Probe] = {
    "authentication": access.authentication,
    "tokens": access.tokens,
    "scopes": scopes.scopes,
    "stores_of_others": access.stores_of_others,
    "object_level_authorization": strangers.object_level_authorization,
}
_EDGES: Mapping[str, Probe] = {
    "refusals": refusals.refusals,
    "rate_limits": limits.rate_limits,
    "outages": outages.outages,
}

PROBES: Mapping[str, Probe] = {**_JOURNEYS, **_RULES, **_LIFE, **_DOORS, **_EDGES}
"""Every probe, by the name that findings are told under."""

PLANS: Mapping[Suite, Plan] = {
    Suite.SMOKE: Plan(("examples",), 1, (*_JOURNEYS, *_RULES, "authentication"), reaches=True),
    Suite.STATEFUL: Plan(("stateful",), 40, (*_JOURNEYS, *_RULES, *_LIFE), reaches=True),
    Suite.SECURITY: Plan(("examples",), 1, ("journey_access", *_DOORS, "refusals")),
    Suite.CONTROL: Plan(("examples", "coverage"), 3, ()),
    Suite.FULL: Plan(
        ("examples", "coverage", "fuzzing", "stateful"),
        30,
        tuple(PROBES),
        reaches=True,
        covers=True,
    ),
}
