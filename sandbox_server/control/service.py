"""The state of the server itself."""

from collections.abc import Callable

from sandbox_server import __version__
from sandbox_server.api.contract import Contract
from sandbox_server.api.operation import Call, Reply
from sandbox_server.control.registry import Registry


def health(contract: Contract, registry: Registry) -> Callable[[Call], Reply]:
    """Return what answers GET /health."""
    version = contract.document["info"]["version"]

    def get_health(_call: Call) -> Reply:
        content = {"status": "ok", "version": __version__, "contractVersion": version, "tenants": len(registry)}
        return Reply(content=content)

    return get_health
