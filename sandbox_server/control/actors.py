"""The people and machines that a client does not control, played by the operator."""

from asyncio import sleep
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.pagination import next_cursor, page_query
from sandbox_server.control import forms
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.domain.orders import Order
from sandbox_server.domain.returns import ReturnReason
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.services import actors, catalogue, demand, tills
from sandbox_server.services.ports import Transaction

P = ParamSpec("P")
R = TypeVar("R")
_AT_ONCE = 20
"""Orders that are placed before others are answered: some milliseconds."""


class Actors:
    """What answers below /tenants/{tenant}/buyers, carrier, till and stores."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def place_orders(self, call: Call) -> Reply:
        """Answer POST …/buyers/orders."""
        record, asked = self._record(call), call.body
        buyer = forms.buyer(asked["buyer"]) if "buyer" in asked else None
        basket = forms.basket(asked["lines"]) if "lines" in asked else None
        level = ServiceLevel(asked["serviceLevel"]) if "serviceLevel" in asked else None
        placed: list[Order] = []
        async with record.moving:
            with record.tenant.read() as tx:
                catalogue.check_all(tx, "lines", [sku for sku, _ in basket or ()])
                if buyer is None or basket is None or level is None:
                    demand.check(tx)
            while left := asked.get("count", 1) - len(placed):
                with record.tenant.begin(_cause("buyer", call)) as tx:
                    placed += [actors.order(tx, buyer, basket, level) for _ in range(min(left, _AT_ONCE))]
                await sleep(0)
        return Reply(201, {"items": [forms.order(one) for one in placed]})

    def cancel_as_buyer(self, call: Call) -> Reply:
        """Answer POST …/buyers/cancellations."""
        asked = call.body
        return Reply(201, forms.order(self._act(call, "buyer", actors.cancel, asked["orderId"], asked.get("lineIds"))))

    def return_as_buyer(self, call: Call) -> Reply:
        """Answer POST …/buyers/returns."""
        asked = call.body
        lines = [(line["lineId"], line["quantity"]) for line in asked["lines"]] if "lines" in asked else None
        reason = ReturnReason(asked.get("reason", ReturnReason.NO_LONGER_WANTED))
        rma = self._act(call, "buyer", actors.bring_back, asked["orderId"], lines, asked.get("storeId"), reason)
        return Reply(201, forms.goods_back(rma))

    def move_parcel(self, call: Call) -> Reply:
        """Answer POST …/carrier/events."""
        status = ShipmentStatus(call.body["status"])
        moved = self._act(call, "carrier", actors.move_parcel, call.body["shipmentId"], status)
        return Reply(201, forms.parcel(moved))

    def lose_parcel(self, call: Call) -> Reply:
        """Answer POST …/carrier/losses."""
        return Reply(201, forms.parcel(self._act(call, "carrier", actors.lose_parcel, call.body["shipmentId"])))

    def damage_parcel(self, call: Call) -> Reply:
        """Answer POST …/carrier/damages."""
        return Reply(201, forms.parcel(self._act(call, "carrier", actors.damage_parcel, call.body["shipmentId"])))

    def list_physical_stock(self, call: Call) -> Reply:
        """Answer GET …/till/stock."""
        with self._record(call).tenant.read() as tx:
            page = tx.levels.page(page_query(call, tx, {"storeId": "store_id", "sku": "sku"}))
            levels = [tx.levels.unpack(row) for row in page.rows]
            items = [forms.physical_stock(level, tills.units(tx, level)) for level in levels]
            return Reply(content={"items": items, **next_cursor(call, tx, page.next_position)})

    def sell_at_till(self, call: Call) -> Reply:
        """Answer POST …/till/sales."""
        store_id = call.body["storeId"]
        sold = self._act(call, "till", tills.sell, store_id, forms.basket(call.body["lines"]))
        return Reply(201, forms.counted(store_id, sold))

    def count_at_store(self, call: Call) -> Reply:
        """Answer POST …/till/counts."""
        store_id, found = call.body["storeId"], [(one["sku"], one["units"]) for one in call.body["counts"]]
        return Reply(201, forms.counted(store_id, self._act(call, "store", tills.count, store_id, found)))

    def close_store(self, call: Call) -> Reply:
        """Answer POST …/stores/{storeId}/close."""
        closed = self._act(call, "store", actors.close_store, call.parameters["storeId"])
        return Reply(content=forms.store(closed))

    def open_store(self, call: Call) -> Reply:
        """Answer POST …/stores/{storeId}/open."""
        opened = self._act(call, "store", actors.open_store, call.parameters["storeId"])
        return Reply(content=forms.store(opened))

    def _record(self, call: Call) -> Record:
        return self._registry.get(call.parameters["tenant"])

    def _act(
        self, call: Call, who: str, step: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        with self._record(call).tenant.begin(_cause(who, call)) as tx:
            return step(tx, *args, **kwargs)


def _cause(who: str, call: Call) -> str:
    """Return what an actor's doing is owed to, as in `buyer:set-up-0001`."""
    return f"{who}:{call.request_id}"
