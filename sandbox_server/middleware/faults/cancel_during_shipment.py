"""`cancelDuringShipment`: a buyer is faster than the parcel."""

from contextlib import suppress
from typing import Any

import orjson

from sandbox_server.domain.errors import DomainError
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage
from sandbox_server.services import actors


class CancelDuringShipmentEffect(Effect):
    """Cancels an order that is about to be shipped."""

    about = About(
        "cancelDuringShipment",
        "Just before a shipment is created its buyer cancels the order, all that is not shipped of it: the "
        "shipment is refused with 409 ILLEGAL_TRANSITION, and the stock is free again.",
        {"match": {"operation": "createShipment"}, "maxCount": 1, "effect": {"cancelDuringShipment": True}},
        operations=frozenset({"createShipment"}),
    )

    async def play(self, _given: Any, stage: Stage) -> None:
        """Cancel what can be cancelled, and let the operation find it so."""
        order_id = _order_id(await stage.request.body())
        if order_id is not None:
            with suppress(DomainError), stage.tenant.begin(f"buyer:{stage.request_id}") as tx:
                actors.cancel(tx, order_id, None)
        await stage.run()


def _order_id(body: bytes) -> str | None:
    try:
        shipment = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    order_id = shipment.get("orderId") if isinstance(shipment, dict) else None
    return order_id if isinstance(order_id, str) else None
