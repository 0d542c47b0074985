"""A tenant's virtual time: told, set, and moved forward."""

from asyncio import sleep
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sandbox_server.api.formats import read_instant
from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.refusals import invalid
from sandbox_server.control import wire
from sandbox_server.control.errors import ClockCannotGoBack
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.domain.errors import Fault, Unprocessable
from sandbox_server.domain.events import DueEvent
from sandbox_server.kernel.clock import ClockMode, monotonic_ns, whole_milliseconds
from sandbox_server.kernel.durations import read_duration
from sandbox_server.middleware.courier import Courier
from sandbox_server.services.tenants import Tenant

FURTHEST = timedelta(days=3653)
_LISTED = 1000
_SLICE_NS = 10_000_000
"""How long due things are done before others are answered."""
_PATIENCE_NS = 30_000_000_000
"""How long receivers of webhooks are waited for, all in all, while time is moved forward."""

Settle = Callable[[Tenant, int], Awaitable[int]]


class Passed(NamedTuple):
    """
    What was done while time passed.

    Args:
        under_way: Attempts to deliver webhooks that were waited for in vain; they end later.
    """

    ran: list[DueEvent]
    under_way: int


class Clocks:
    """What answers below /tenants/{tenant}/clock."""

    def __init__(self, registry: Registry, courier: Courier) -> None:
        self._registry = registry
        self._courier = courier

    def get_clock(self, call: Call) -> Reply:
        """Answer GET …/clock."""
        return _told(self._registry.get(call.parameters["tenant"]))

    async def set_clock(self, call: Call) -> Reply:
        """Answer PUT …/clock."""
        record, asked = self._registry.get(call.parameters["tenant"]), call.body
        mode, scale = pace_of(asked, record.clock.mode, record.clock.scale)
        async with record.moving:
            if "now" in asked:
                await advance(
                    record, target(record, record.tenant.now(), read_instant(asked["now"])), self._courier.settle
                )
            record.clock.run(mode, scale)
        return _told(record)

    async def advance_clock(self, call: Call) -> Reply:
        """Answer POST …/clock/advance."""
        record, asked = self._registry.get(call.parameters["tenant"]), call.body
        if ("by" in asked) == ("to" in asked):
            raise invalid("pointer", "", "ONE_OF", "Exactly one of by and to is needed.")
        async with record.moving:
            start = record.tenant.now()
            end = start + _length(asked["by"]) if "by" in asked else read_instant(asked["to"])
            end = target(record, start, end)
            ran, under_way = await advance(record, end, self._courier.settle)
        return Reply(content=wire.advanced(start, end, ran, asked.get("listAtMost", _LISTED), under_way))


async def _nobody_waits(_tenant: Tenant, _until_ns: int) -> int:
    return 0


async def advance(record: Record, until: datetime, settle: Settle = _nobody_waits) -> Passed:
    """
    Let a tenant's time pass, and return what was done; others are answered meanwhile.

    What is to be sent at an instant is sent before the clock leaves it, so that it is tried again in its turn. A
    receiver that hangs is waited for, but not for ever: then time goes on, and its attempts end when they do.

    Args:
        settle: Waits until a tenant's webhooks are sent.
    """
    tenant, patience = record.tenant, monotonic_ns() + _PATIENCE_NS
    await settle(tenant, patience)
    ran: list[DueEvent] = []
    since = monotonic_ns()
    for event in tenant.advance(until):
        ran.append(event)
        await settle(tenant, patience)
        if monotonic_ns() - since > _SLICE_NS:
            await sleep(0)
            since = monotonic_ns()
    return Passed(ran, await settle(tenant, patience))


def target(record: Record, now: datetime, at: datetime) -> datetime:
    """
    Return the instant that a clock may be moved to.

    Args:
        now: When it was asked for; a clock that runs stands later by now.

    Raises:
        ClockCannotGoBack: It has passed.
        Unprocessable: It is too far away to be meant.
    """
    at = whole_milliseconds(at)
    if at < now:
        raise ClockCannotGoBack(record.tenant.name, now, at)
    if at - now > FURTHEST:
        fault = Fault("", "TOO_FAR", "One step may be ten years long at the most.")
        raise Unprocessable(f"{wire.instant(at)} is more than ten years ahead.", [fault])
    return at


def pace_of(
    asked: Mapping[str, Any], mode: ClockMode = ClockMode.FROZEN, scale: float = 1.0
) -> tuple[ClockMode, float]:
    """
    Return the mode and the scale that are asked for; what is left out stays.

    Raises:
        InvalidRequest: `SCALED` has no scale, or another mode has one.
    """
    wanted = ClockMode(asked.get("mode", mode))
    if wanted is ClockMode.SCALED and "scale" not in asked and mode is not ClockMode.SCALED:
        raise invalid("pointer", "/scale", "REQUIRED", "SCALED needs the number of virtual seconds for each real one.")
    if wanted is not ClockMode.SCALED and "scale" in asked:
        raise invalid("pointer", "/scale", "NOT_SCALED", f"{wanted} has no scale; SCALED has.")
    return wanted, asked.get("scale", scale)


def _length(text: str) -> timedelta:
    try:
        return min(read_duration(text), FURTHEST + timedelta(days=1))
    except (ValueError, OverflowError) as error:
        raise invalid("pointer", "/by", "DURATION", f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def _told(record: Record) -> Reply:
    with record.tenant.read() as tx:
        return Reply(content=wire.clock(record.clock, tx))
