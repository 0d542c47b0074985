"""What holds of the rules as a whole: refusals, life cycles, entities."""

import importlib
import pkgutil
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
import pytest

from sandbox_server import domain, kernel, traffic
from sandbox_server.domain import errors, events, onboarding, orders, reports, returns, shipments
from sandbox_server.domain.errors import DomainError
from sandbox_server.traffic import throttle

MODULES = [
    importlib.import_module(found.name)
    for package in (kernel, domain, traffic)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]
CLASSES = [
    kind
    for module in MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == module.__name__
]
Cycle = tuple[type[StrEnum], Mapping[Any, frozenset[Any]], frozenset[Any]]
LIFE_CYCLES: Mapping[str, Cycle] = {
    "order": (orders.OrderStatus, orders.TRANSITIONS, orders.BEGINNINGS),
    "return": (returns.ReturnStatus, returns.TRANSITIONS, returns.BEGINNINGS),
    "report": (reports.ReportStatus, reports.TRANSITIONS, reports.BEGINNINGS),
    "application": (
        onboarding.ApplicationStatus,
        onboarding.TRANSITIONS,
        onboarding.BEGINNINGS,
    ),
    "parcel": (shipments.ShipmentStatus, shipments.TRANSITIONS, shipments.BEGINNINGS),
}


def tree_of(refusal: type[DomainError], indent: str = "") -> list[str]:
    """Draw the refusals below one, in the order in which they are written."""
    below = [kind for kind in refusal.__subclasses__() if kind.__module__ == errors.__name__]
    lines = []
    for kind in below:
        last = kind is below[-1]
        lines.append(f"{indent}{'└' if last else '├'}── {kind.__name__}")
        lines += tree_of(kind, f"{indent}{' ' if last else '│'}   ")
    return lines


def test_the_tree_of_refusals_in_the_docstring_is_the_tree_there_is() -> None:
    assert errors.__doc__ is not None
    drawn = errors.__doc__.strip().partition("\n\n")[2].splitlines()
    assert drawn == ["DomainError", *tree_of(DomainError)]


def test_every_refusal_is_declared_where_the_others_are() -> None:
    refusals = [kind for kind in CLASSES if issubclass(kind, Exception)]
    assert {kind.__module__ for kind in refusals} == {errors.__name__}
    assert all(issubclass(kind, DomainError) for kind in refusals)


@pytest.mark.parametrize("cycle", LIFE_CYCLES.values(), ids=LIFE_CYCLES)
def test_the_table_of_a_life_cycle_has_every_state(cycle: Cycle) -> None:
    states, table, beginnings = cycle
    assert set(table) == set(states)
    assert set[StrEnum]().union(beginnings, *table.values()) == set(states)


@pytest.mark.parametrize("cycle", LIFE_CYCLES.values(), ids=LIFE_CYCLES)
def test_every_state_of_a_life_cycle_is_reached_and_none_is_left_for_ever(cycle: Cycle) -> None:
    states, table, beginnings = cycle
    reached = set(beginnings)
    while more := set[StrEnum]().union(*(table[state] for state in reached)) - reached:
        reached |= more
    ends = {state for state in states if not table[state]}
    leads_to_an_end = set(ends)
    while more := {state for state in states if table[state] & leads_to_an_end} - leads_to_an_end:
        leads_to_an_end |= more
    assert reached == set(states)
    assert leads_to_an_end == set(states)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("order", {"DELIVERED", "CANCELLED", "UNFULFILLABLE"}),
        ("return", {"CLOSED", "REJECTED", "EXPIRED"}),
        ("report", {"DONE", "FATAL"}),
        ("application", {"INELIGIBLE", "LIVE"}),
        ("parcel", {"DELIVERED", "RETURN_TO_SENDER"}),
    ],
)
def test_a_life_ends_where_the_contract_says(name: str, ends: set[str]) -> None:
    _, table, _ = LIFE_CYCLES[name]
    assert {state.value for state, ways in table.items() if not ways} == ends


@pytest.mark.parametrize(
    "states", [kind for kind in CLASSES if issubclass(kind, StrEnum)], ids=lambda kind: kind.__name__
)
def test_words_on_the_wire_are_the_names_of_their_members(states: type[StrEnum]) -> None:
    named_apart = (events.EventType, events.DueKind, throttle.Profile)
    separator = "." if states is events.EventType else "_"
    for member in states:
        name = member.name.lower().replace("_", separator) if states in named_apart else member.name
        assert member.value == name


@pytest.mark.parametrize(
    "entity", [kind for kind in CLASSES if issubclass(kind, msgspec.Struct)], ids=lambda kind: kind.__name__
)
def test_entities_do_not_change_under_their_readers(entity: type[msgspec.Struct]) -> None:
    assert entity.__struct_config__.frozen


def test_what_is_kept_is_packed_without_the_names_of_its_fields() -> None:
    entities = [kind for kind in CLASSES if issubclass(kind, msgspec.Struct)]
    named = {kind.__name__ for kind in entities if not kind.__struct_config__.array_like}
    assert named == {
        "Caller",
        "CertificationReport",
        "CheckResult",
        "Evidence",
        "FrozenPlan",
        "StockReport",
        "Entry",
        "Half",
        "_Digest",
        "_Link",
        "Match",
        "Rule",
    }  # made for a call and not kept in tables
