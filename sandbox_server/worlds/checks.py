"""What a fixture may not say though its shape would let it."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any
from zoneinfo import available_timezones

import msgspec

from sandbox_server.domain.stores import DAYS
from sandbox_server.traffic.credentials import ALL_SCOPES
from sandbox_server.worlds.schema import READ_ONLY, Fixture, Outcome, store_code
from sandbox_server.worlds.scripts import DAY, ORDERS, RETURNED_AFTER, RETURNS


def contradictions(fixture: Fixture) -> list[str]:
    """Return what the shape alone does not rule out: the place in the fixture, and what is wrong there."""
    return [
        *_turned_round(fixture, "$"),
        *_empty_weights(fixture),
        *_hours(fixture),
        *_time_zones(fixture),
        *_too_much(fixture),
        *_too_short(fixture),
        *_unknown_rights(fixture),
    ]


def _time_zones(fixture: Fixture) -> list[str]:
    named = {f"$.stores.places[{number}]": place.time_zone for number, place in enumerate(fixture.stores.places)}
    return [
        f"{at}.time_zone: there is no time zone {zone!r}"
        for at, zone in {"$": fixture.time_zone, **named}.items()
        if zone not in available_timezones()
    ]


def _turned_round(part: Any, path: str) -> list[str]:
    if isinstance(part, msgspec.Struct):
        return [
            found for name in part.__struct_fields__ for found in _turned_round(getattr(part, name), f"{path}.{name}")
        ]
    if not isinstance(part, tuple):
        return []
    if len(part) == 2 and all(isinstance(bound, int) for bound in part):
        return [f"{path}: the least, {part[0]}, is more than the most, {part[1]}"] if part[0] > part[1] else []
    return [found for number, item in enumerate(part) for found in _turned_round(item, f"{path}[{number}]")]


def _empty_weights(fixture: Fixture) -> list[str]:
    history = fixture.history
    weights: dict[str, Mapping[Any, float]] = {
        "buyers.locales": fixture.buyers.locales,
        "history.service_levels": history.service_levels,
        "history.lines": history.lines,
        "history.units": history.units,
    }
    return [f"$.{name}: all weights are 0" for name, given in weights.items() if not any(given.values())]


def _too_much(fixture: Fixture) -> list[str]:
    catalogue, history = fixture.catalogue, fixture.history
    found = []
    carried = catalogue.products - catalogue.carried_by_none
    if fixture.stock.products_per_store > carried:
        found.append(f"$.stock.products_per_store: a store cannot carry more than the {carried} products in any store")
    if history.orders.get(Outcome.OUT_OF_ASSORTMENT) and not catalogue.carried_by_none:
        found.append("$.history.orders.out_of_assortment: needs catalogue.carried_by_none to be 1 or more")
    delivered = history.orders.get(Outcome.DELIVERED, 0)
    if sum(history.returns.values()) > delivered:
        found.append(f"$.history.returns: there are more of them than the {delivered} orders delivered")
    if len(fixture.stores.places) > fixture.stores.count:
        found.append(f"$.stores.places: there are more of them than the {fixture.stores.count} stores")
    return found


def _hours(fixture: Fixture) -> list[str]:
    hours = fixture.stores.opening_hours
    spans = {day: getattr(hours, day) for day in DAYS}
    if not any(spans.values()):
        return ["$.stores.opening_hours: stores that never open serve no orders"]
    found = [
        f"$.stores.opening_hours.{day}: {span} ends before it begins"
        for day, span in spans.items()
        if span is not None and span[:5] >= span[6:]
    ]
    first = min(span[:5] for span in spans.values() if span is not None)
    found += [
        f"$.stores.cut_off[{number}]: at {cut_off} no store has opened yet, the first at {first}; such a store serves"
        " no orders"
        for number, cut_off in enumerate(fixture.stores.cut_off)
        if cut_off <= first
    ]
    return found


def _too_short(fixture: Fixture) -> list[str]:
    history = fixture.history
    needed = {f"orders.{outcome}": ORDERS[outcome].latest for outcome, count in history.orders.items() if count}
    needed |= {
        f"returns.{status}": RETURNS[status].latest + RETURNED_AFTER[1]
        for status, count in history.returns.items()
        if count
    }
    return [
        f"$.history.days: {history.days} are too few for {name}, which needs {minutes // DAY + 1}"
        for name, minutes in needed.items()
        if minutes >= history.days * DAY
    ]


def _unknown_rights(fixture: Fixture) -> list[str]:
    found = []
    stores = {store_code(number) for number in range(1, fixture.stores.count + 1)}
    for number, login in enumerate(fixture.credentials):
        known = {READ_ONLY, *ALL_SCOPES}
        for scope in login.scopes:
            if scope not in known:
                near = get_close_matches(scope, sorted(known), n=1, cutoff=0)
                found.append(f"$.credentials[{number}].scopes: there is no {scope!r}; did you mean {near[0]!r}?")
        found += [
            f"$.credentials[{number}].stores: there is no store {store!r}; they are S0001 and so on"
            for store in login.stores
            if store not in stores
        ]
    return found
