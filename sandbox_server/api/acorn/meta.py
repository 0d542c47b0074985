"""What the marketplace says of itself: limits and health."""

from sandbox_server.api.acorn import wire
from sandbox_server.api.contract import Contract
from sandbox_server.api.operation import Call, Handler, Reply
from sandbox_server.services.ports import Transaction


def rate_limits(contract: Contract) -> Handler:
    """Return what answers GET /rate-limits: nothing is throttled yet, so that all of each burst is left."""
    limits = [(operation.operation_id, operation.rate_limit) for operation in contract.operations()]
    operations = [
        {
            "operationId": operation_id,
            "perMinute": limit["perMinute"],
            "burst": limit["burst"],
            "remaining": limit["burst"],
            "resetSeconds": 0,
        }
        for operation_id, limit in limits
    ]

    def get_rate_limits(_call: Call, _tx: Transaction) -> Reply:
        return Reply(content={"profile": "off", "operations": operations})

    return get_rate_limits


def health(contract: Contract, world: str) -> Handler:
    """Return what answers GET /health."""
    version = contract.document["info"]["version"]

    def get_health(_call: Call, tx: Transaction) -> Reply:
        content = {"status": "ok", "contractVersion": version, "time": wire.instant(tx.now), "world": world}
        return Reply(content=content)

    return get_health
