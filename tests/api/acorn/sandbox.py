"""The whole application in process, over a world that each test finds as the first one did."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import httpx

from sandbox_server.app import build_app, tenant_of
from sandbox_server.asgi import ASGIApp
from sandbox_server.kernel.clock import FrozenClock
from sandbox_server.middleware.transport import http_date
from sandbox_server.persistence.memory import Deadline, MemoryPersistence, MemoryTransaction
from sandbox_server.settings import ClockMode
from sandbox_server.traffic.throttle import Profile, Throttle
from sandbox_server.worlds import World
from tests.api.acorn import conformance
from tests.auditing import audit

KEY, STORE_KEY, READER_KEY, SUSPENDED_KEY = "acorn-key", "acorn-store-key", "acorn-reader-key", "acorn-suspended-key"


class InProcess(httpx.BaseTransport):
    """Hands requests to an application without a socket between."""

    def __init__(self, app: ASGIApp) -> None:
        self._asgi = httpx.ASGITransport(app, raise_app_exceptions=True)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._exchange(request))

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        answer = await self._asgi.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


class Sandbox:
    """
    An application and the one tenant that it serves.

    Every answer is held against the contract, and its `Date` against the tenant's own time.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.tenant = tenant_of(world, ClockMode.FROZEN)
        self.app = build_app([self.tenant], world)
        self._client = httpx.Client(transport=InProcess(self.app), base_url="http://sandbox/v1")

    def begin_anew(self) -> None:
        """Forget all that was done: the application stays, its world is another copy of the first one."""
        self.tenant._persistence = self._world.persistence.fork()
        self.tenant.clock = FrozenClock(self._world.now)
        self.tenant.power(Throttle).set(Profile.OFF)

    @property
    def now(self) -> datetime:
        return self.tenant.now()

    @property
    def persistence(self) -> MemoryPersistence:
        persistence = self.tenant._persistence
        assert isinstance(persistence, MemoryPersistence)
        return persistence

    def pass_time(self, by: timedelta) -> None:
        """Move the clock, and have done what was due."""
        assert isinstance(self.tenant.clock, FrozenClock)
        self.tenant.clock.move_to(self.now + by)
        self.tenant.keep_up()

    @contextmanager
    def transaction(self, cause: str = "test") -> Iterator[MemoryTransaction]:
        """Change the world behind the server's back."""
        with self.persistence.begin(cause, self.now) as tx:
            yield tx

    def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        key: str | None = KEY,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Return the answer to a request, which the contract documents."""
        identity = {"x-api-key": key} if key is not None else {}
        response = self._client.request(method, path, json=json, headers=identity | (headers or {}), **more)
        conformance.hold(response)
        assert response.headers["date"] == http_date(self.now).decode()
        return response

    def get(self, path: str, key: str | None = KEY, accept: str | None = None, **parameters: Any) -> httpx.Response:
        headers = {"accept": accept} if accept is not None else {}
        return self.call("GET", path, key=key, headers=headers, params=parameters)

    def post(self, path: str, json: Any, *, key: str | None = KEY, once: str | None = None) -> httpx.Response:
        """Return the answer to a POST; `once` is its idempotency key."""
        return self.call("POST", path, json, key=key, headers={"idempotency-key": once} if once is not None else {})

    def walk(self, path: str, **parameters: Any) -> Iterator[list[Any]]:
        """Return the pages of a list, one after the other."""
        page = self.get(path, **parameters).json()
        yield page["items"]
        while "nextCursor" in page:
            page = self.get(path, **parameters, cursor=page["nextCursor"]).json()
            yield page["items"]

    def digest(self) -> str:
        """Return a sum over everything that is kept: all rows, the whole ledger, everything that is due."""
        kept = self.persistence
        sums = blake2b()
        for name, columns in kept.columns.items():
            sums.update(repr((name, columns.rows, columns.keys)).encode())
        sums.update(repr((kept.movements.leaves, kept.movements.open_leaf())).encode())
        sums.update(repr(sorted(filter(self._stands, kept.deadlines))).encode())
        return sums.hexdigest()

    def _stands(self, deadline: Deadline) -> bool:
        """Whether a deadline is still to be kept: what was moved or called off is forgotten later."""
        event = self.persistence.columns["due"].get(deadline[2])
        return event is not None and event.sequence == deadline[1]

    def breaches(self) -> list[Any]:
        """Return what the audit finds wrong with the world."""
        with self.tenant.read() as tx:
            return audit(tx)
