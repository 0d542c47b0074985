"""How values are written on a page, the same in every language but for the names of units."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import g
from jinja2 import Environment

from sandbox_server.console.languages import refusals, text, word
from sandbox_server.kernel.money import Money
from sandbox_server.remote import in_words

UNITS = ("d", "h", "min", "s")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def install(environment: Environment) -> None:
    """Make the filters known to templates."""
    filters = {"instant": instant, "number": number, "money": money, "span": _spoken, "pretty": pretty, "said": said}
    environment.filters.update(filters)


def said(english: str) -> str:
    """Return what the marketplace says in the page's language; as it is where there are no words for it."""
    return refusals(g.language).said(english)


def refusal(problem: Mapping[str, Any]) -> str:
    """Return a problem in the page's language: what it is, and a line for each thing at fault."""
    lines = [line.strip().partition(": ") for line in in_words(problem).splitlines()]
    return "\n".join(text(g.language, "problem.line", what=said(what), why=said(why)) for what, _, why in lines)


def instant(at: datetime | str) -> str:
    """Return an instant of virtual time, in UTC, to the second: `2026-11-27 18:00:00`."""
    written = at if isinstance(at, str) else at.isoformat()
    return written[:19].replace("T", " ")


def number(value: float) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}"


def money(minor: int, currency: str) -> str:
    """Return an amount of minor units, as in `12.90 USD`."""
    return f"{Money(minor, currency).amount} {currency}"


def span(length: timedelta, names: Sequence[str] = UNITS) -> str:
    """
    Return a length of time in its two greatest units, as in `2 h 5 min`; what has passed has a minus.

    Args:
        names: What days, hours, minutes and seconds are called.
    """
    seconds = int(abs(length.total_seconds()))
    days, hours, minutes = seconds // _DAY, seconds % _DAY // _HOUR, seconds % _HOUR // _MINUTE
    units = zip((days, hours, minutes, seconds % _MINUTE), names, strict=True)
    shown = [f"{value} {unit}" for value, unit in units if value][:2]
    return ("-" if length < timedelta(0) else "") + (" ".join(shown) or f"0 {names[-1]}")


def _spoken(length: timedelta) -> str:
    return span(length, [word(g.language, "unit", unit) for unit in UNITS])


def pretty(body: Any) -> str:
    """Return JSON in lines where it is JSON, and any other text as it is."""
    if not isinstance(body, str):
        return json.dumps(body, indent=2, ensure_ascii=False)
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body
