"""The server as one ASGI application."""

import gc
from collections.abc import Callable, Sequence

from sandbox_server import worlds
from sandbox_server.api.acorn.errors import Problems, TokenProblems
from sandbox_server.api.acorn.operations import operations
from sandbox_server.api.contract import Contract
from sandbox_server.api.mount import Mounted, Mounts
from sandbox_server.asgi import ASGIApp
from sandbox_server.kernel.clock import FrozenClock, RunningClock
from sandbox_server.middleware.pace import Pace
from sandbox_server.middleware.stack import Edge, assemble
from sandbox_server.resources import contract_path
from sandbox_server.services.access import Directory
from sandbox_server.services.tenants import Tenant
from sandbox_server.settings import ClockMode, Settings
from sandbox_server.worlds import World

Progress = Callable[[str, int, int], None]
_CACHE = "cache"


def create_sandbox(settings: Settings, progress: Progress = lambda *_: None) -> ASGIApp:
    """
    Return a sandbox; two calls share nothing.

    Args:
        settings: What it is started with.
        progress: Told of long work: what is being done, how far it is, how much there is.

    Raises:
        worlds.FixtureError: The fixture is missing, or is not one.
    """
    world = open_world(settings, progress)
    app = build_app([tenant_of(world, settings.clock)], world)
    # The loaded world stays: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    return app


def open_world(settings: Settings, progress: Progress) -> World:
    """Return the world that the settings name, from the cache where it has been made before."""
    cache = None if settings.ephemeral else settings.data_dir / _CACHE
    return worlds.open_world(settings.fixture, settings.seed, cache, progress)


def tenant_of(world: World, mode: ClockMode) -> Tenant:
    """Return the default tenant, whose time starts where the world's history ends."""
    clock = FrozenClock(world.now) if mode is ClockMode.FROZEN else RunningClock(world.now)
    return Tenant("default", world.persistence, clock)


def build_app(tenants: Sequence[Tenant], world: World) -> ASGIApp:
    """
    Return an application that serves the contracts to these tenants.

    Args:
        tenants: The first one answers for calls that show no credential.
        world: The first one's world.
    """
    directory = Directory(tenants)
    contract = Contract(contract_path("marketplace.yaml").read_bytes())
    oauth = TokenProblems()
    mounts = Mounts(
        [
            Mounted(
                contract,
                operations(contract, directory, world.name),
                Problems(),
                {"createToken": oauth, "revokeToken": oauth},
            )
        ],
        directory,
    )
    edge = Edge(mounts.problems, mounts.routing, mounts.security, mounts.operations())
    return Pace(assemble(edge, directory, world.seed), tenants)
