"""Orders that come by themselves: the load on a client."""

from datetime import timedelta

from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.refusals import invalid
from sandbox_server.control import forms
from sandbox_server.control.clock import FURTHEST
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.domain.arrivals import Profile
from sandbox_server.domain.errors import NotFound
from sandbox_server.kernel.durations import read_duration
from sandbox_server.services import arrivals


class ArrivalsOf:
    """What answers at /tenants/{tenant}/arrivals."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get_arrivals(self, call: Call) -> Reply:
        """Answer GET …/arrivals."""
        record = self._record(call)
        with record.tenant.read() as tx:
            wave = arrivals.get(tx)
        if wave is None:
            raise NotFound("wave of arrivals at tenant", record.tenant.name)
        return Reply(content=forms.arrivals(wave))

    def set_arrivals(self, call: Call) -> Reply:
        """Answer PUT …/arrivals."""
        asked, record = call.body, self._record(call)
        duration = _length(asked["duration"])
        with record.tenant.begin(_cause(call)) as tx:
            seed = asked.get("seed", tx.seed)
            wave = arrivals.begin(tx, Profile(asked["profile"]), float(asked["perMinute"]), duration, seed)
        return Reply(content=forms.arrivals(wave))

    def delete_arrivals(self, call: Call) -> Reply:
        """Answer DELETE …/arrivals."""
        with self._record(call).tenant.begin(_cause(call)) as tx:
            arrivals.end(tx)
        return Reply(204)

    def _record(self, call: Call) -> Record:
        return self._registry.get(call.parameters["tenant"])


def _cause(call: Call) -> str:
    return f"operator:{call.request_id}"


def _length(text: str) -> timedelta:
    try:
        length = read_duration(text)
    except (ValueError, OverflowError) as error:
        raise invalid("pointer", "/duration", "DURATION", f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    if not timedelta(0) < length <= FURTHEST:
        raise invalid("pointer", "/duration", "OUT_OF_RANGE", "It must be above nothing, and ten years at the most.")
    return length
