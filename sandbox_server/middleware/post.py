"""The way to a receiver of webhooks: one signed call, bounded in time and size, to an address that is allowed."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from socket import SOCK_STREAM
from typing import Any, NamedTuple

import httpcore
from standardwebhooks import Webhook

from sandbox_server.domain.webhooks import Outcome, outcome_of
from sandbox_server.kernel.clock import monotonic_ns, real_now
from sandbox_server.services.destinations import Destinations

_MOST_READ = 64 * 1024
"""Bytes of an answer that are read; the rest tells nothing."""


class Answered(NamedTuple):
    """
    What came of a call.

    Args:
        status: None where there was no answer.
    """

    outcome: Outcome
    latency_ms: int
    status: int | None = None


class Post:
    """
    Calls receivers.

    Args:
        destinations: What addresses are allowed.
        timeout_seconds: How long a call may take, all in all.
    """

    def __init__(self, destinations: Destinations, timeout_seconds: float) -> None:
        self._destinations = destinations
        self._timeout_seconds = timeout_seconds

    async def send(self, url: str, secret: str, webhook_id: str, body: bytes) -> Answered:
        """Sign and post a body."""
        since = monotonic_ns()
        outcome, status = await self._call(url, _headers(secret, webhook_id, real_now(), body), body)
        return Answered(outcome, (monotonic_ns() - since) // 1_000_000, status)

    async def _call(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[Outcome, int | None]:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                status = await self._exchange(url, headers, body)
        except TimeoutError:
            return Outcome.TIMED_OUT, None
        except NotAllowed:
            return Outcome.NOT_ALLOWED, None
        except (*_BROKEN, OSError, UnicodeError):
            return Outcome.UNREACHABLE, None
        return outcome_of(status), status

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status of the answer, when that is read as far as it will be."""
        # A connection for each call: an address is judged when it is used, not when it was used last.
        trust = self._trust if url.lower().startswith("https") else None  # to make it takes a while
        async with (
            httpcore.AsyncConnectionPool(trust, network_backend=_Guarded(self._destinations)) as connections,
            connections.stream("POST", url, headers=list(headers.items()), content=body) as answer,
        ):
            read = 0
            async for piece in answer.aiter_stream():
                read += len(piece)
                if read > _MOST_READ:
                    break
            return int(answer.status)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whose certificates are believed: those of the machine's authorities, or of `SSL_CERT_FILE`."""
        return ssl.create_default_context()


class NotAllowed(Exception):
    """A host's name stands for no address that something may be sent to."""


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to addresses that are allowed, and to no others, whatever a name stood for a moment ago."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """
        Return a connection to the first of the host's allowed addresses that has one.

        Raises:
            NotAllowed: None of its addresses is allowed.
            ConnectError: None of those that are can be reached.
        """
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
        addresses = dict.fromkeys(str(place[0]) for *_, place in found)
        allowed = [address for address in addresses if self._destinations.permits(host, address)]
        if not allowed:
            raise NotAllowed(host)
        for address in allowed[:-1]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                continue
        return await self._network.connect_tcp(allowed[-1], port, timeout, local_address, socket_options)


_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)


def _headers(secret: str, webhook_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """
    Return the headers of a call.

    Source: Standard Webhooks, "Webhook headers".
    """
    return {
        "content-type": "application/json",
        "user-agent": "acorn-sandbox",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body.decode()),
    }
