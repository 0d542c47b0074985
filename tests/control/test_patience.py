"""Time that is moved forward waits for receivers of webhooks at each instant, and not for ever."""

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

from sandbox_server.control.clock import advance
from sandbox_server.control.record import Record
from sandbox_server.services.tenants import Tenant
from tests.domain.builders import NOW
from tests.services.world import World


def test_receivers_are_waited_for_before_the_clock_leaves_an_instant() -> None:
    world = World()
    world.place()
    waits: list[tuple[datetime, int]] = []

    async def settle(tenant: Tenant, until_ns: int) -> int:
        assert tenant is world.tenant
        waits.append((tenant.now(), until_ns))
        return len(waits)

    record = cast(Record, SimpleNamespace(tenant=world.tenant))
    passed = asyncio.run(advance(record, NOW + timedelta(hours=5), settle))
    instants = [event.due for event in passed.ran]
    assert len(instants) == 2
    assert [at for at, _ in waits] == [NOW, *instants, NOW + timedelta(hours=5)]
    assert len({until for _, until in waits}) == 1, "one patience for the whole way"
    assert passed.under_way == len(waits)
