"""Stock after every write: what was there, and what the write did, and nothing else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.probes import orders
from sandbox_server.conformance.stage import Stage

_KINDS = {"onHand": "ON_HAND", "reserved": "RESERVED", "allocated": "ALLOCATED"}


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One SKU in one store."""

    stage: Stage
    store: str
    sku: str

    def level(self) -> dict[str, int]:
        """Return its figures."""
        query = {"storeId": self.store, "sku": self.sku}
        item = self.stage.api.call("listInventory", query=query).json["items"][0]
        return {name: item[name] for name in _KINDS}

    def held(self, before: Mapping[str, int], did: Answer, **changes: int) -> dict[str, int]:
        """Hold the figures against those before and what a write does; return them."""
        after = self.level()
        for name in _KINDS:
            right = before[name] + changes.get(name, 0)
            self.stage.hold(
                after[name] == right,
                f"A write leaves another {name} than follows from it.",
                did,
                where=f"/{name}",
                expected=f"{before[name]} {changes.get(name, 0):+}",
                seen=after[name],
            )
        return after

    def ledger(self) -> None:
        """Hold the figures against the sum of all movements."""
        sums: Counter[str] = Counter()
        query = {"storeId": self.store, "sku": self.sku, "limit": 100}
        last = None
        for last in self.stage.api.pages("listInventoryMovements", query):
            for movement in last.json["items"]:
                sums[movement["quantityKind"]] += movement["delta"]
        level = self.level()
        for name, kind in _KINDS.items():
            self.stage.hold(
                sums[kind] == level[name],
                f"The movements do not add up to what is {name}.",
                *([last] if last else []),
                expected=level[name],
                seen=sums[kind],
            )


def stock_arithmetic(stage: Stage) -> None:
    """
    Follow one SKU through an order's life, a cancellation, a rejection, a return and a transfer.

    Source: contract, "Inventory".
    """
    order = orders.place(stage, units=2)
    shelf = _Shelf(stage, orders.holder(order), order["lines"][0]["sku"])
    shelf.ledger()
    level = shelf.level()
    own = {"orderId": order["orderId"]}
    units = order["lines"][0]["quantity"]

    accepted = stage.api.call("acknowledgeOrder", body=orders.acceptance(order), path=own)
    stage.expect(accepted, 200, "A new order can be acknowledged.")
    level = shelf.held(level, accepted, reserved=-units, allocated=units)
    shipped = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json))
    stage.expect(shipped, 201, "What is allocated can be shipped.")
    level = shelf.held(level, shipped, onHand=-1, allocated=-1)
    again = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, units))
    stage.hold(not again.succeeded, "More is shipped than was ordered.", shipped, again)
    level = shelf.held(level, again)
    cancelled = stage.api.call("cancelOrder", body={"reason": "OTHER"}, path=own)
    stage.expect(cancelled, 200, "What has not left can be cancelled.")
    level = shelf.held(level, cancelled, allocated=1 - units)
    level = _bring_back(shelf, order, level)
    if stage.has_operator:
        level = _refuse(shelf, level)
    _send_off(shelf, level)
    shelf.ledger()


def _bring_back(shelf: _Shelf, order: Mapping[str, Any], level: dict[str, int]) -> dict[str, int]:
    line = {"lineId": order["lines"][0]["lineId"], "quantity": 1}
    taker = replace(shelf, store=orders.counter(shelf.stage))
    if taker.store != shelf.store:
        level = taker.level()
    body = {"orderId": order["orderId"], "storeId": taker.store, "lines": [{**line, "reason": "LATE"}]}
    opened = shelf.stage.api.call("openReturn", body=body)
    shelf.stage.expect(opened, 201, "What was shipped can come back.")
    level = taker.held(level, opened)
    body = {"storeId": taker.store, "lines": [{**line, "condition": "SELLABLE"}]}
    received = shelf.stage.api.call("receiveReturn", body=body, path={"returnId": opened.json["returnId"]})
    shelf.stage.expect(received, 201, "What comes back can be received.")
    taker.held(level, received, onHand=1)
    return shelf.level()


def _refuse(shelf: _Shelf, level: dict[str, int]) -> dict[str, int]:
    """A rejected line goes to the next store, and its stock is free again."""
    order = shelf.stage.place_order(1, shelf.sku)
    where = orders.holder(order)
    if where != shelf.store:
        return level
    body = orders.rejection(order)
    rejected = shelf.stage.api.call("acknowledgeOrder", body=body, path={"orderId": order["orderId"]})
    shelf.stage.expect(rejected, 200, "A line can be rejected.")
    shelf.stage.hold(
        rejected.json["status"] == "UNFULFILLABLE" or orders.holder(rejected.json) != where,
        "A rejected line stays with the store that rejected it.",
        rejected,
    )
    return shelf.held(level, rejected)


def _send_off(shelf: _Shelf, level: dict[str, int]) -> None:
    body = {"kind": "STORE_TO_FC", "fromStoreId": shelf.store, "lines": [{"sku": shelf.sku, "quantity": 1}]}
    asked = shelf.stage.api.call("requestTransfer", body=body)
    shelf.stage.expect(asked, 201, "Goods can be sent to a fulfilment centre.")
    level = shelf.held(level, asked)
    own = {"transferId": asked.json["transferId"]}
    sent = shelf.stage.api.call("dispatchTransfer", body={"dispatchedAt": asked.json["updatedAt"]}, path=own)
    shelf.stage.expect(sent, 201, "What was asked for can be sent.")
    shelf.held(level, sent, onHand=-1)
