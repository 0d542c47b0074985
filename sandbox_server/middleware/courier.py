"""Delivers events to their receivers beside the calls that are answered, and never in one of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import orjson

from sandbox_server.asgi import ASGIApp, Message, Receive, Scope, Send
from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.middleware.pace import Lead, leads
from sandbox_server.middleware.post import Post
from sandbox_server.services import outbox
from sandbox_server.services.codec import pack
from sandbox_server.services.outbox import Letter, Result
from sandbox_server.services.ports import Packed
from sandbox_server.services.tenants import Tenant
from sandbox_server.services.webhooks import enabled, secret_of

_SECONDS = 0.1
_AT_ONCE = 256
"""Calls under way at a time."""
_AT_ONCE_FOR_A_TENANT = 8
"""So that receivers of one tenant that hang keep no other tenant's waiting."""

logger = logging.getLogger("sandbox.webhooks")


class Tenants(Protocol):
    """Who knows the tenants that there are."""

    @property
    def tenants(self) -> Sequence[Tenant]:
        """Every tenant there is now."""
        ...


class Courier:
    """
    Takes to receivers what is to be sent, one event of a subscription after the other.

    Args:
        directory: Knows the tenants.
        form: Makes the wire form of an event.
        post: Calls receivers.
        lead: Whether it is for this process to do that; None where it is the only one.
    """

    def __init__(
        self,
        directory: Tenants,
        form: Callable[[Packed], Mapping[str, Any]],
        post: Post,
        lead: Lead | None = None,
    ) -> None:
        self._lead = lead
        self._directory = directory
        self._form = form
        self._post = post
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._places_of: WeakKeyDictionary[Tenant, asyncio.Semaphore] = WeakKeyDictionary()
        self._rounds: asyncio.Task[None] | None = None
        self._walks: dict[tuple[Tenant, str], asyncio.Task[None]] = {}

    def start(self) -> None:
        """Look for what is to be sent, ten times a second from now on."""
        self._rounds = asyncio.create_task(self._go_round())

    async def stop(self) -> None:
        """Break off what is under way; it will be tried again where the world is kept."""
        if self._rounds is None:
            return
        ending = [self._rounds, *self._walks.values()]
        self._rounds = None
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def settle(self, tenant: Tenant, until_ns: int) -> int:
        """
        Wait until everything that a tenant has to send now has been sent; return how many attempts are still under way.

        Args:
            until_ns: When to wait no longer, by `monotonic_ns`.
        """
        while tenant in self._directory.tenants and (waiting := self._under_way(tenant)):
            left = (until_ns - monotonic_ns()) / 1e9
            if left <= 0:
                return waiting
            walks = self._set_out(tenant)
            # Where another process delivers, the log tells when it has.
            await (asyncio.wait(walks, timeout=left) if walks else asyncio.sleep(min(left, _SECONDS / 2)))
        return 0

    async def _go_round(self) -> None:
        while True:
            for tenant in self._directory.tenants:
                self._set_out(tenant)
            await asyncio.sleep(_SECONDS)

    def _set_out(self, tenant: Tenant) -> list[asyncio.Task[None]]:
        """Begin to send what a tenant has to send; return what is under way for it."""
        if self._rounds is None or not leads(self._lead):
            return []
        for name in self._receivers(tenant):
            if (tenant, name) not in self._walks and self._next(tenant, name) is not None:
                walk = self._walks[tenant, name] = asyncio.create_task(self._walk(tenant, name))
                walk.add_done_callback(lambda _, key=(tenant, name): self._walks.pop(key))  # type: ignore[misc]
        return [walk for (whose, _), walk in self._walks.items() if whose is tenant]

    def _under_way(self, tenant: Tenant) -> int:
        """Begin to send what a tenant has to send; return for how many receivers there is something."""
        if leads(self._lead):
            return len(self._set_out(tenant))
        return sum(self._next(tenant, name) is not None for name in self._receivers(tenant))

    def _receivers(self, tenant: Tenant) -> Sequence[str]:
        with tenant.read() as tx:
            if not tx.subscriptions.count():
                return ()
            return [one.subscription_id for one in tx.subscriptions.derived(enabled)]

    def _next(self, tenant: Tenant, subscription_id: str) -> Letter | None:
        with tenant.read() as tx:
            letter = outbox.next_letter(tx, subscription_id)
            far_behind = letter is None and outbox.is_far_behind(tx, subscription_id)
        if far_behind:
            tenant.persistence.take_turn()
            with tenant.persistence.begin("webhook/feed", tenant.now()) as tx:
                outbox.pass_over(tx, subscription_id)
        return letter

    async def _walk(self, tenant: Tenant, subscription_id: str) -> None:
        """Send what there is for one receiver."""
        own_places = self._places_of.setdefault(tenant, asyncio.Semaphore(_AT_ONCE_FOR_A_TENANT))
        try:
            while tenant in self._directory.tenants:
                async with own_places, self._places:
                    letter = self._next(tenant, subscription_id)
                    if letter is None or not await self._is_kept():
                        return
                    await self._deliver(tenant, letter)
        except Exception:
            logger.exception("webhooks of subscription %s of tenant %s stumbled", subscription_id, tenant.name)

    async def _is_kept(self) -> bool:
        """Whether what is there now, and may be told of, is sure to be kept; wait until that is known."""
        if self._lead is None:
            return True
        undone = self._lead.undone
        await self._lead.make_sure()
        return self._lead.undone == undone

    async def _deliver(self, tenant: Tenant, letter: Letter) -> None:
        world, at = tenant.persistence, tenant.now()
        with tenant.read() as tx:
            secret = secret_of(tx.seed, letter.subscription.subscription_id)
        body = orjson.dumps(self._form(pack(letter.event)))
        outcome, latency_ms, status = await self._post.send(letter.subscription.url, secret, letter.webhook_id, body)
        # Into the world that it was sent in, which may be gone by now; and without doing what is due meanwhile: that is
        # for whoever moves the clock to do, and to tell of.
        world.take_turn()
        with world.begin(f"webhook/{letter.webhook_id}", tenant.now()) as tx:
            outbox.record(tx, letter, Result(at, outcome, latency_ms, status))


class Delivering:
    """Has the courier go round for as long as the server lives."""

    def __init__(self, app: ASGIApp, courier: Courier) -> None:
        self._app = app
        self._courier = courier

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass requests on."""
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        return self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def hear() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self._courier.stop()
            return message

        self._courier.start()
        try:
            await self._app(scope, hear, send)
        finally:
            await self._courier.stop()
