"""How many calls a tenant's clients may make."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.refusals import MOST_VIOLATIONS
from sandbox_server.control.registry import Registry
from sandbox_server.domain.errors import Fault, Unprocessable
from sandbox_server.traffic.throttle import Limit, Profile, Throttle, limit_of


class Throttles:
    """What answers at /tenants/{tenant}/throttles."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get_throttles(self, call: Call) -> Reply:
        """Answer GET …/throttles."""
        return _told(self._throttle(call))

    def set_throttles(self, call: Call) -> Reply:
        """Answer PUT …/throttles."""
        throttle, profile = self._throttle(call), Profile(call.body["profile"])
        throttle.set(profile, _own_limits(profile, call.body.get("operations", []), throttle.known))
        return _told(throttle)

    def _throttle(self, call: Call) -> Throttle:
        return self._registry.get(call.parameters["tenant"]).tenant.power(Throttle)


def _told(throttle: Throttle) -> Reply:
    operations = [
        {
            "operationId": name,
            "perMinute": meter.limit.per_minute,
            "burst": meter.limit.burst,
            "own": name in throttle.own,
        }
        for name, meter in throttle.meters.items()
    ]
    return Reply(content={"profile": throttle.profile, "operations": operations})


def _own_limits(
    profile: Profile, asked: Sequence[Mapping[str, Any]], known: Mapping[str, Limit]
) -> Mapping[str, Limit]:
    """
    Return the limits that are asked for apart from the profile.

    Raises:
        Unprocessable: An operation is not known or named twice, or nothing is to be limited at all.
    """
    faults = []
    own: dict[str, Limit] = {}
    for place, limit in enumerate(asked):
        name, where = limit["operationId"], f"/operations/{place}/operationId"
        if name not in known:
            faults.append(Fault(where, "UNKNOWN_OPERATION", _unknown(name, known)))
        elif name in own:
            faults.append(Fault(where, "DUPLICATE", "An operation has one limit; it was given before."))
        own[name] = limit_of(limit["perMinute"], limit["burst"])
    if asked and profile is Profile.OFF:
        message = "With off nothing is limited. Choose another profile, or leave the operations out."
        faults.append(Fault("/operations", "PROFILE_OFF", message))
    if faults:
        raise Unprocessable("The throttle stays as it was.", faults[:MOST_VIOLATIONS])
    return own


def _unknown(name: str, known: Mapping[str, Limit]) -> str:
    nearest = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Was {nearest[0]} meant?" if nearest else " GET /rate-limits of the marketplace names all."
    return f"The marketplace has no such operation.{hint}"
