"""Hundreds of tenants at once: no datum of one is ever found in another, and each world stays sound."""

import asyncio
import gc
import re
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any

import orjson
import pytest

from sandbox_server.asgi import ASGIApp, Message
from sandbox_server.services.tenants import Tenant
from tests.control.stage import CONTROL, Stage
from tests.worlds.quiet_shop import quiet_shop

MANY = 200
AT_ONCE = 40
"""Calls that are under way together."""
CANARY = re.compile(rb"canary-([0-9]+)-")
REPORTED = "/v1/inventory?storeId=S0001&sku=SKU-00001"
Step = Callable[[], Awaitable[Any]]


async def exchange(app: ASGIApp, method: str, path: str, body: object, *headers: tuple[bytes, bytes]) -> bytes:
    """Return the answer to a call that others may come in between of."""
    raw = orjson.dumps(body) if body is not None else b""
    lines = [(b"host", b"localhost"), *headers]
    if raw:
        lines += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))]
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": raw}

    async def send(message: Message) -> None:
        sent.append(message)

    path, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": ""}
    await app({**scope, "query_string": query.encode(), "headers": lines}, receive, send)
    answer = b"".join(message.get("body", b"") for message in sent[1:])
    assert sent[0]["status"] in {200, 201}, answer
    return answer


class Chain:
    """A tenant, and the client that works for it; whatever either sends carries the tenant's number."""

    def __init__(self, app: ASGIApp, number: int, made: Any) -> None:
        self.name = made["name"]
        self.number = number
        self._app = app
        self._key = made["credentials"][0]["apiKey"].encode()
        self._sent = 0
        self.placed: list[str] = []

    async def call(self, method: str, path: str, body: object = None) -> bytes:
        self._sent += 1
        name = b"canary-%d-%d" % (self.number, self._sent)
        return await exchange(self._app, method, path, body, (b"x-api-key", self._key), (b"x-request-id", name))

    async def told(self, path: str, method: str = "GET", body: object = None) -> Any:
        return orjson.loads(await self.call(method, path, body))

    async def operate(self, path: str, method: str = "GET", body: object = None) -> Any:
        return await self.told(f"{CONTROL}/tenants/{self.name}{path}", method, body)

    def steps(self) -> Iterator[Step]:
        """What is done to the tenant, in order."""
        yield self.report
        for _ in range(1 + self.number % 3):
            yield self.sell
        yield lambda: self.operate("/clock/advance", "POST", {"by": f"PT{self.number}S"})
        yield self.acknowledge
        yield lambda: self.operate("/throttles", "PUT", {"profile": ("strict", "peak")[self.number % 2]})
        yield lambda: self.told("/v1/orders?limit=2")

    async def report(self) -> None:
        item = {"storeId": "S0001", "sku": "SKU-00001", "onHand": 1000 + self.number, "sequence": 10**9}
        body = {"items": [{**item, "asOf": "2026-11-27T15:00:00Z"}]}
        assert (await self.told("/v1/inventory", "PUT", body))["accepted"] == 1

    async def sell(self) -> None:
        lines = [{"sku": "SKU-00001", "quantity": 1}]
        placed = await self.operate("/buyers/orders", "POST", {"count": 1, "lines": lines})
        self.placed.append(placed["items"][0]["orderId"])

    async def acknowledge(self) -> None:
        order = await self.told(f"/v1/orders/{self.placed[0]}")
        lines = [{"lineId": line["lineId"], "decision": "ACCEPT"} for line in order["lines"]]
        await self.told(f"/v1/orders/{self.placed[0]}/acknowledgements", "POST", {"lines": lines})


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Return a sandbox of its own, with one shop that few have been to: each tenant's world is audited whole."""
    folder = tmp_path_factory.mktemp("worlds")
    return Stage(folder, fixture=str(quiet_shop(folder)))


async def interleaved(scripts: dict[int, Iterator[Step]]) -> None:
    """Take a step here and a step there until all scripts are done, many at once, one at a time for each tenant."""
    chance = Random(7)
    while scripts:
        numbers = chance.sample(list(scripts), min(AT_ONCE, len(scripts)))
        steps = {number: next(scripts[number], None) for number in numbers}
        await asyncio.gather(*(step() for step in steps.values() if step is not None))
        scripts = {number: script for number, script in scripts.items() if steps.get(number, ...) is not None}


async def judge(chain: Chain, before: Any) -> None:
    """Hold what a tenant tells against what was done to it, and nothing else."""
    (level,) = (await chain.told(REPORTED))["items"]
    movements = await chain.call("GET", "/v1/inventory/movements?limit=100&updatedAfter=2026-11-27T15:00:00Z")
    journal = await chain.call("GET", f"{CONTROL}/tenants/{chain.name}/journal/export?format=ndjson")
    orders = await chain.told("/v1/orders?limit=100&createdAfter=2026-11-27T15:00:00Z")
    events = await chain.call("GET", "/v1/events?limit=100&updatedAfter=2026-11-27T15:00:00Z")
    now = await chain.operate("")
    assert set(CANARY.findall(movements + journal)) == {b"%d" % chain.number}
    assert level["onHand"] == 1000 + chain.number
    assert [order["orderId"] for order in orders["items"]] == chain.placed
    assert events.count(b'"order.created"') == len(chain.placed) == 1 + chain.number % 3
    assert now["counts"]["orders"] - before["counts"]["orders"] == len(chain.placed)
    assert now["clock"]["now"] == f"2026-11-27T15:{chain.number // 60:02}:{chain.number % 60:02}.000Z"
    assert now["throttleProfile"] == ("strict", "peak")[chain.number % 2]
    audit = await chain.operate("/audit")
    assert audit["holds"], audit


def test_a_tenant_that_is_deleted_leaves_nothing_behind(stage: Stage) -> None:
    def alive() -> int:
        gc.collect()
        return sum(isinstance(thing, Tenant) for thing in gc.get_objects())

    before = alive()
    names = [stage.made()["name"] for _ in range(20)]
    assert alive() == before + 20
    for name in names:
        assert stage.call("DELETE", f"{CONTROL}/tenants/{name}").status == 204
    assert alive() == before


def test_hundreds_of_tenants_at_once_share_nothing_and_each_keeps_its_books(stage: Stage) -> None:
    default = f"{CONTROL}/tenants/default"
    before = stage.look(default, None)

    async def play() -> None:
        made = [orjson.loads(await exchange(stage.app, "POST", f"{CONTROL}/tenants", {})) for _ in range(MANY)]
        chains = {number: Chain(stage.app, number, tenant) for number, tenant in enumerate(made)}
        await interleaved({number: chain.steps() for number, chain in chains.items()})
        for chain in chains.values():
            await judge(chain, before)

    asyncio.run(play())
    assert stage.look(default, None) == before
    assert stage.look(f"{default}/audit", None)["holds"]
