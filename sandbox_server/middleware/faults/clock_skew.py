"""`clockSkew`: the marketplace's clock goes wrong."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Answer, Stage
from sandbox_server.services.tenants import Tenant

_INSTANT = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)"
_WORD = re.compile(_INSTANT)
_IN_JSON = re.compile(f'"({_INSTANT})"'.encode())


class ClockSkewEffect(Effect):
    """Answers as a server whose clock is ahead, or behind."""

    about = About(
        "clockSkew",
        "The clock is ahead by so many seconds, or behind where they are negative: the Date header and every "
        "instant in the answer say so, and the instants of the request are taken for those of that clock. "
        "Nothing else is wrong, so a client that keeps to the server's own time misses nothing; when it "
        "stops, time seems to jump.",
        {"effect": {"clockSkew": {"seconds": 420}}},
        member="seconds",
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Translate the request to the right time, and the answer to the wrong one."""
        by = timedelta(seconds=given["seconds"])
        answer = await _ask(stage, -by)
        with _showing(stage, by):
            await stage.answer(answer.with_body(_shifted(answer.body, by)), instead_of=answer)


async def _ask(stage: Stage, by: timedelta) -> Answer:
    body = await stage.request.body()
    shifted = _shifted(body, by)
    if shifted != body:
        await stage.request.say(shifted)
    instants = {name: value for name, value in pages.query(stage).items() if _WORD.fullmatch(value)}
    if instants:
        pages.ask(stage, **{name: _moved(value, by) for name, value in instants.items()})
    return await stage.collect()


def _shifted(text: bytes, by: timedelta) -> bytes:
    """Return JSON with every instant in it moved; in a label there is none between quotation marks."""
    return _IN_JSON.sub(lambda found: f'"{_moved(found[1].decode(), by)}"'.encode(), text)


def _moved(instant: str, by: timedelta) -> str:
    """Return an instant moved; as it is where the calendar has no such day, or ends."""
    try:
        moved = datetime.fromisoformat(instant.upper()).astimezone(UTC) + by
    except (ValueError, OverflowError):
        return instant
    return f"{moved.isoformat(timespec='milliseconds')[:-6]}Z"


@contextmanager
def _showing(stage: Stage, by: timedelta) -> Iterator[None]:
    """Have answers stamped with the wrong time: their `Date` is the time of the call's tenant."""
    state = stage.scope["state"]
    tenant = state["tenant"]
    state["tenant"] = _Skewed(tenant, by)
    try:
        yield
    finally:
        state["tenant"] = tenant


class _Skewed:
    """A tenant's clock, seen wrongly."""

    def __init__(self, tenant: Tenant, by: timedelta) -> None:
        self._tenant = tenant
        self._by = by

    def now(self) -> datetime:
        """Return the virtual time, moved."""
        return self._tenant.now() + self._by
