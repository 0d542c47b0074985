"""`duplicateOrder`: an order comes a second time."""

from collections import deque
from typing import Any

from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage
from sandbox_server.services import actors
from sandbox_server.services.ports import Transaction


class DuplicateOrderEffect(Effect):
    """Places a buyer's order again."""

    about = About(
        "duplicateOrder",
        "Just before the call an order is placed a second time, under another id: the same buyer, lines and "
        "service level. It is the order in the call's path, else the newest that is NEW. Both are orders like "
        "any other.",
        {"match": {"operation": "listOrders"}, "maxCount": 1, "effect": {"duplicateOrder": True}},
    )

    async def play(self, _given: Any, stage: Stage) -> None:
        """Place the twin, and let the operation find it."""
        with stage.tenant.begin(f"buyer:{stage.request_id}") as tx:
            order = _order(tx, stage.path_parameters.get("orderId"))
            if order is not None:
                basket = [(line.sku, line.quantity) for line in order.lines]
                actors.order(tx, order.buyer, basket, order.service_level)
        await stage.run()


def _order(tx: Transaction, order_id: str | None) -> Order | None:
    if order_id is not None:
        return tx.orders.get(order_id)
    newest = deque(tx.orders.select(status=OrderStatus.NEW.value), maxlen=1)
    return newest.pop() if newest else None
