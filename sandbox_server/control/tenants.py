"""Tenants: made, listed, reset and deleted."""

from typing import Any

from sandbox_server.api.formats import read_instant
from sandbox_server.api.operation import Call, Reply
from sandbox_server.control import wire
from sandbox_server.control.clock import advance, pace_of, target
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry


class Tenants:
    """What answers below /tenants and /tenants/{tenant}."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def list_tenants(self, call: Call) -> Reply:
        """Answer GET /tenants."""
        items = [(record.number, record) for record in self._registry]
        page = wire.page(call, items, lambda record: wire.tenant(record, with_credentials=False), self._registry.seed)
        return Reply(content=page)

    async def create_tenant(self, call: Call) -> Reply:
        """Answer POST /tenants."""
        asked: dict[str, Any] = call.body or {}
        clock = asked.get("clock", {})
        mode, scale = pace_of(clock)
        world = await self._registry.beginning(asked.get("fixture"), asked.get("seed"))
        record = self._registry.create(asked.get("name"), world, mode, scale)
        try:
            if "now" in clock:
                async with record.moving:
                    await advance(record, target(record, record.tenant.now(), read_instant(clock["now"])))
                    self._registry.keeper.put(record)
        except BaseException:
            self._registry.remove(record.tenant.name)
            raise
        return created(record)

    def get_tenant(self, call: Call) -> Reply:
        """Answer GET /tenants/{tenant}."""
        return _whole(self._registry.get(call.parameters["tenant"]))

    def delete_tenant(self, call: Call) -> Reply:
        """Answer DELETE /tenants/{tenant}."""
        self._registry.remove(call.parameters["tenant"])
        return Reply(204)

    async def reset_tenant(self, call: Call) -> Reply:
        """Answer POST /tenants/{tenant}/reset."""
        record = self._registry.get(call.parameters["tenant"])
        async with record.moving:
            await self._registry.reset(record)
        return _whole(record)


def created(record: Record) -> Reply:
    """Return the answer that a new tenant is told with."""
    content = wire.tenant(record, with_credentials=True)
    return Reply(201, content, {"Location": f"{wire.BASE}/tenants/{record.tenant.name}"})


def _whole(record: Record) -> Reply:
    return Reply(content=wire.tenant(record, with_credentials=True))
