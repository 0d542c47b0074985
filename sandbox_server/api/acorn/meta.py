"""What the marketplace says of itself: limits and health."""

from sandbox_server.api.acorn import wire
from sandbox_server.api.contract import Contract
from sandbox_server.api.operation import Call, Handler, Reply
from sandbox_server.kernel.clock import to_milliseconds
from sandbox_server.services.ports import Transaction
from sandbox_server.traffic.throttle import Throttle, felt_seconds


def get_rate_limits(call: Call, tx: Transaction) -> Reply:
    """Answer GET /rate-limits: what is left after this call, which has spent a call of its own operation."""
    assert call.caller is not None, "the contract asks for a credential"
    throttle, pace = call.tenant.power(Throttle), call.tenant.clock.scale
    operations = [
        {
            "operationId": operation_id,
            "perMinute": limit.per_minute,
            "burst": limit.burst,
            "remaining": level.remaining,
            "resetSeconds": round(felt_seconds(level.full_ms, pace), 3),
        }
        for operation_id, limit, _, level in throttle.standings(
            call.caller.credential.client_id, to_milliseconds(tx.now)
        )
    ]
    return Reply(content={"profile": throttle.profile, "operations": operations})


def health(contract: Contract, world: str) -> Handler:
    """Return what answers GET /health."""
    version = contract.document["info"]["version"]

    def get_health(_call: Call, tx: Transaction) -> Reply:
        content = {"status": "ok", "contractVersion": version, "time": wire.instant(tx.now), "world": world}
        return Reply(content=content)

    return get_health
