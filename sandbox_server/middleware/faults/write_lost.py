"""`writeLost`: what was answered as done has not been done."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage
from sandbox_server.services.ports import Transaction
from sandbox_server.services.tenants import Tenant


class WriteLostEffect(Effect):
    """Undoes a call whose answer says that it is done."""

    about = About(
        "writeLost",
        "The call is answered as if it were done, and leaves no trace, not even under its idempotency key: a "
        "reader finds everything as it was, and a repetition does it.",
        {"match": {"operation": "acknowledgeOrder"}, "maxCount": 1, "effect": {"writeLost": True}},
        operations=frozenset(
            {
                "createStore",
                "updateStore",
                "reportInventory",
                "reportPrices",
                "createPromotion",
                "deletePromotion",
                "acknowledgeOrder",
                "cancelOrder",
                "createShipment",
                "addTrackingEvent",
                "openReturn",
                "receiveReturn",
                "refundReturn",
                "requestTransfer",
                "dispatchTransfer",
                "receiveTransfer",
                "cancelTransfer",
                "postInvoice",
                "requestReport",
                "createApplication",
                "signAgreement",
                "submitTestReport",
                "goLive",
                "createSubscription",
                "deleteSubscription",
                "testSubscription",
            }
        ),
    )

    async def play(self, _given: Any, stage: Stage) -> None:
        """Let the operation act in a world that forgets it."""
        await stage.answer(await stage.collect(Forgetful(stage.tenant)))


class _Undone(Exception):
    """Ends a transaction without a commit."""


class Forgetful:
    """A tenant whose transactions never commit; everything else is the tenant's own."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tenant, name)

    @contextmanager
    def begin(self, cause: str) -> Iterator[Transaction]:
        """Open a transaction that is undone when the block ends."""
        with suppress(_Undone), self._tenant.begin(cause) as tx:
            yield tx
            raise _Undone
