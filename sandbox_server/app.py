"""The server as one ASGI application."""

from collections.abc import Sequence

from sandbox_server.api.mount import Mounted, Mounts
from sandbox_server.api.security import Directory
from sandbox_server.asgi import ASGIApp
from sandbox_server.middleware.stack import Edge, assemble


def build_app(directory: Directory, contracts: Sequence[Mounted], seed: int) -> ASGIApp:
    """
    Return an application that serves the contracts.

    Args:
        directory: Knows the callers and their tenants.
        contracts: What is served; the first one answers for paths that are nobody's.
        seed: What request ids follow from, for clients that send none.

    Raises:
        ValueError: A contract and its handlers do not fit together.
    """
    mounts = Mounts(contracts, directory)
    edge = Edge(mounts.problems, mounts.routing, mounts.security, mounts.operations())
    return assemble(edge, directory, seed)
