"""What is too much is refused, and every call is told what is left."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import lru_cache
from math import ceil, gcd
from typing import Any, NamedTuple, Protocol, TypeVar

from connexion.middleware.abstract import ROUTING_CONTEXT

from sandbox_server.asgi import ASGIApp, Message, RawHeaders, Receive, Scope, Send
from sandbox_server.kernel.clock import Clock, to_milliseconds
from sandbox_server.middleware.owners import Directory, owner_of
from sandbox_server.traffic.throttle import Level, Limit, Profile, Throttle, felt_seconds

P = TypeVar("P")
_READ_AHEAD = 64 * 1024
"""Bytes of a body that are looked through for who calls."""


class Tenant(Protocol):
    """Whose throttle it is."""

    @property
    def clock(self) -> Clock:
        """What its time runs by."""
        ...

    def power(self, kind: type[P]) -> P:
        """Return its power of this kind."""
        ...

    def altering(self, kind: type[P]) -> AbstractContextManager[P]:
        """Lend the power of this kind to be changed."""
        ...

    def now(self) -> datetime:
        """Return its virtual time."""
        ...


Refuse = Callable[[str, Mapping[str, str]], Exception]
"""Makes the refusal of a detail and the headers of its answer."""


class Throttling:
    """
    Lets a call pass that its bucket has room for, and refuses any other.

    The bucket is that of the tenant's caller and the operation. Where nobody has to be known, as at the token endpoint,
    it is that of the client that the call shows, in that client's tenant; of the address that it comes from, where it
    shows none that is known. What is told in seconds is what the client has to wait by its own watch.

    Args:
        app: Takes the calls that are let pass.
        directory: Knows whose a call is that nobody had to be known for.
        refuse: Makes the refusal.
    """

    def __init__(self, app: ASGIApp, directory: Directory, refuse: Refuse) -> None:
        self._app = app
        self._directory = directory
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Pass the call on, or refuse it.

        Raises:
            RateLimited: The bucket is empty.
        """
        state = scope["state"]
        tenant, caller = state["tenant"], state["caller"]
        if caller is not None:
            throttle = tenant.power(Throttle)
            if throttle.on:
                self._spend(scope, tenant, throttle, caller.credential.client_id)
        else:
            ahead = await _read_ahead(scope, receive)
            receive = ahead.receive
            tenant, who = self._meet(scope, ahead.body)
            state["tenant"] = tenant  # its answer tells that tenant's time, by which its client sets its own
            throttle = tenant.power(Throttle)
            if throttle.on:
                self._spend(scope, tenant, throttle, who)
        await self._app(scope, receive, send)

    def _spend(self, scope: Scope, tenant: Tenant, throttle: Throttle, who: str) -> None:
        operation_id = scope["extensions"][ROUTING_CONTEXT]["operation_id"]
        meter = throttle.meters.get(operation_id)
        if meter is None:
            return
        with tenant.altering(Throttle):
            # What others have told may have put another meter in its place.
            meter = throttle.meters.get(operation_id, meter)
            admitted, level = meter.take(who, to_milliseconds(tenant.now()))
        pace = tenant.clock.scale
        state = scope["state"]
        state["stamps"] = stamps(operation_id, throttle.profile, meter.limit, level, pace)
        notes = state.get("notes")
        if notes is not None:
            notes["throttle"] = {"admitted": admitted, "remaining": level.remaining}
        if not admitted:
            raise self._refuse(*refusal(operation_id, throttle.profile, level, pace))

    def _meet(self, scope: Scope, body: bytes) -> tuple[Any, str]:
        """Return whose throttle it is, and who calls, when nobody has to be known."""
        state = scope["state"]
        owner = owner_of(self._directory, state["headers"], body)
        if owner.tenant is not None and owner.client_id is not None:
            return owner.tenant, owner.client_id
        client = scope.get("client")
        return owner.tenant or state["tenant"], f"peer {client[0] if client else 'unknown'}"


def stamps(operation_id: str, profile: Profile, limit: Limit, level: Level, pace: float) -> RawHeaders:
    """
    Return the header lines that tell a bucket's state.

    Args:
        pace: Virtual seconds for each real one; 0 where time stands.
    """
    if profile is Profile.AMAZON:
        return [(b"x-amzn-ratelimit-limit", _per_second(limit))]
    text = b'"%b";r=%d;t=%d' % (operation_id.encode(), level.remaining, ceil(felt_seconds(level.full_ms, pace)))
    return [(b"ratelimit-policy", _policy(operation_id, limit)), (b"ratelimit", text)]


def refusal(operation_id: str, profile: Profile, level: Level, pace: float) -> tuple[str, Mapping[str, str]]:
    """Return what a client is told whose bucket is empty, and the headers that tell it."""
    said = f"{operation_id} has no call left"
    if profile is Profile.AMAZON:
        return f"{said}.", {}
    wait = ceil(felt_seconds(level.next_ms, pace))
    duration = f"{wait} second{'' if wait == 1 else 's'}"
    when = f"comes in {duration}" if pace else f"comes when the clock, which stands, is advanced by {duration}"
    return f"{said}; the next one {when}.", {"Retry-After": str(wait)}


@lru_cache(maxsize=1024)
def _policy(operation_id: str, limit: Limit) -> bytes:
    """Return a limit as a quota in a window of whole seconds: a minute, or as many as a whole number of calls needs."""
    minutes = 1_000_000 // gcd(limit.rate, 1_000_000)
    return b'"%b";q=%d;w=%d' % (operation_id.encode(), limit.rate * minutes // 1_000_000, 60 * minutes)


@lru_cache(maxsize=1024)
def _per_second(limit: Limit) -> bytes:
    return f"{limit.per_minute / 60:.6f}".rstrip("0").rstrip(".").encode()


class _Ahead(NamedTuple):
    """
    What was read of a body before the operation reads it.

    Args:
        receive: Gives all of it again, and then the rest.
    """

    body: bytes
    receive: Receive


async def _read_ahead(scope: Scope, receive: Receive) -> _Ahead:
    if scope["method"] == "GET":
        return _Ahead(b"", receive)
    read: list[Message] = []
    body, more = b"", True
    while more and len(body) <= _READ_AHEAD:
        message = await receive()
        read.append(message)
        body += message.get("body", b"")
        more = message.get("more_body", False)

    async def again() -> Message:
        return read.pop(0) if read else await receive()

    return _Ahead(body if not more else b"", again)
