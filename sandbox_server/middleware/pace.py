"""What is due by a running clock is done even while nobody calls."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from sandbox_server.asgi import ASGIApp, Receive, Scope, Send, beside

_SECONDS = 0.1

logger = logging.getLogger("sandbox.clock")


class Paced(Protocol):
    """A tenant."""

    name: str

    @property
    def runs(self) -> bool:
        """Whether its time passes by itself."""
        ...

    def keep_up(self) -> int:
        """Do what is due by now; return how many things were done."""
        ...


class Lead(Protocol):
    """What only one of several processes with the same tenants has."""

    @property
    def leads(self) -> bool:
        """Whether this process has it."""
        ...

    @property
    def undone(self) -> int:
        """How often something that was done here, and that nobody was told of, has been undone."""
        ...

    async def make_sure(self) -> None:
        """Wait until everything that was done here by now is sure to be kept, or is undone."""
        ...


def leads(lead: Lead | None) -> bool:
    """Whether this process does what only one may do: it has the lead, or is the only one."""
    return lead is None or lead.leads


class Tenants(Protocol):
    """Who knows the tenants that there are."""

    @property
    def tenants(self) -> Sequence[Paced]:
        """Every tenant there is now."""
        ...


class Pace:
    """
    Looks after the clocks that run, ten times a second for as long as the server lives.

    Args:
        lead: Whether it is for this process to do that; None where it is the only one.
    """

    def __init__(self, app: ASGIApp, directory: Tenants, lead: Lead | None = None) -> None:
        self._app = app
        self._directory = directory
        self._lead = lead

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests on; run the clocks from the server's start to its end."""
        if scope["type"] == "lifespan":
            await beside(self._app(scope, receive, send), self._tick())
        else:
            await self._app(scope, receive, send)

    async def _tick(self) -> None:
        while True:
            for tenant in self._directory.tenants:
                if tenant.runs and leads(self._lead):
                    _keep_up(tenant)
                    await asyncio.sleep(0)  # calls are answered between one tenant and the next
            await asyncio.sleep(_SECONDS)


def _keep_up(tenant: Paced) -> None:
    try:
        tenant.keep_up()
    except Exception:
        logger.exception("the clock of tenant %s stumbled", tenant.name)
