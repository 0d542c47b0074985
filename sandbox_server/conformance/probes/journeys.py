"""Each operation at its best, once, in the order of a chain's day."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_server.conformance.probes import joining, orders
from sandbox_server.conformance.probes.acts import act, moved, read
from sandbox_server.conformance.probes.orders import now
from sandbox_server.conformance.stage import Stage

_STORE_CODE = "CONF-{}"


def access(stage: Stage) -> None:
    """Get a token, give it back, and look at what is left of the limits."""
    read(stage, "getHealth")
    read(stage, "getRateLimits")
    access = stage.target.access
    if not access.client_id:
        stage.lack("only an API key is known")
        return
    token = stage.bearer(stage.api, access)["Authorization"].partition(" ")[2]
    revocation = {**access.form(), "token": token, "token_type_hint": "access_token"}
    del revocation["grant_type"]
    stage.expect(stage.api.call("revokeToken", body=revocation), 200, "A token can be given back.")


def stores(stage: Stage) -> None:
    """Open a store and change it; look at the catalogue."""
    listed = read(stage, "listStores", {"limit": 100}).json["items"]
    code = _STORE_CODE.format(len(listed))
    example = stage.document.operations["createStore"].example
    made = act(stage, "createStore", {**example, "storeId": code})
    got = read(stage, "getStore", path={"storeId": code})
    stage.hold(got.body == made.body, "A new store is not read as it was made.", made, got)
    change = {"name": "Conformance", "safetyStock": 1}
    headers = {"If-Match": got.header("ETag")}
    changed = stage.api.call("updateStore", body=change, headers=headers, path={"storeId": code})
    stage.expect(changed, 200, "A store can be changed.")
    for name, value in change.items():
        stage.hold(changed.json.get(name) == value, f"The store's {name} has not changed.", changed, where=f"/{name}")
    closed = stage.api.call("updateStore", body={"status": "CLOSED"}, path={"storeId": code})
    stage.expect(closed, 200, "A store can be closed.")
    product = read(stage, "listProducts", {"limit": 5}).json["items"][0]
    same = read(stage, "getProduct", path={"sku": product["sku"]})
    stage.hold(same.json == product, "A product is not read as it is listed.", same)


def inventory(stage: Stage) -> None:
    """Report stock and read it back, in every view."""
    level = stage.stocked()
    where = {"storeId": level["storeId"], "sku": level["sku"]}
    item = {**where, "onHand": level["onHand"] + 1, "sequence": level["sequence"] + 1, "asOf": now(stage)}
    told = stage.api.call("reportInventory", body={"items": [item]})
    stage.expect(told, 200, "Stock can be reported.")
    stage.hold(told.json["items"][0]["status"] == "ACCEPTED", "A right report is rejected.", told, where="/items/0")
    stale = stage.api.call("reportInventory", body={"items": [item]})
    rejected = stale.json["items"][0]
    stage.hold(
        rejected.get("code") == "STALE_SEQUENCE",
        "A report with an old sequence is taken.",
        told,
        stale,
        where="/items/0/code",
        expected="STALE_SEQUENCE",
        seen=rejected.get("code", rejected["status"]),
    )
    now_there = read(stage, "listInventory", where)
    seen = now_there.json["items"][0]
    stage.hold(
        seen["onHand"] == item["onHand"], "A report is not what is read.", told, now_there, where="/items/0/onHand"
    )
    moved = read(stage, "listInventoryMovements", {**where, "cause": "REPORT", "limit": 100})
    stage.hold(bool(moved.json["items"]), "A report leaves no movement.", told, moved)
    whole = read(stage, "getInventory", path={"sku": level["sku"]})
    shares = sum(one["available"] for one in whole.json["stores"])
    stage.hold(
        whole.json["available"] == shares,
        "What is available in all is not what the stores have.",
        whole,
        where="/available",
        expected=shares,
        seen=whole.json["available"],
    )


def prices(stage: Stage) -> None:
    """Change a price and run a promotion."""
    paid = read(stage, "listOrders", {"limit": 1}).json["items"][0]["lines"][0]
    known = read(stage, "listPrices", {"sku": paid["sku"]}).json["items"]
    sequence = max((price["sequence"] for price in known), default=0) + 1
    item = {"sku": paid["sku"], "listPrice": paid["unitPrice"], "sequence": sequence}
    told = stage.api.call("reportPrices", body={"items": [item]})
    stage.expect(told, 200, "Prices can be reported.")
    stage.hold(told.json["items"][0]["status"] == "ACCEPTED", "A right price is rejected.", told, where="/items/0")
    there = read(stage, "listPrices", {"sku": paid["sku"]})
    seen = [price["listPrice"] for price in there.json["items"] if "storeId" not in price]
    stage.hold(seen == [paid["unitPrice"]], "A reported price is not what is read.", told, there, where="/items")
    example = stage.document.operations["createPromotion"].example
    made = act(stage, "createPromotion", {**example, "skus": [paid["sku"]]})
    promotion = made.json["promotionId"]
    got = read(stage, "getPromotion", path={"promotionId": promotion})
    stage.hold(got.json == made.json, "A new promotion is not read as it was made.", made, got)
    read(stage, "listPromotions", {"limit": 100})
    gone = stage.api.call("deletePromotion", path={"promotionId": promotion})
    stage.expect(gone, 204, "A promotion can be ended.")


def fulfilment(stage: Stage) -> None:
    """Serve an order from its acknowledgement to the money that goes back."""
    order = orders.place(stage)
    own = {"orderId": order["orderId"]}
    read(stage, "listOrders", {"status": "NEW", "limit": 5})
    accepted = act(stage, "acknowledgeOrder", orders.acceptance(order), path=own)
    moved(stage, accepted, "ACKNOWLEDGED")
    shipped = act(stage, "createShipment", orders.parcel(stage, accepted.json, order["lines"][0]["quantity"]))
    parcel = shipped.json
    listed = read(stage, "listShipments", own)
    stage.hold(len(listed.json["items"]) == 1, "One parcel is not one parcel.", shipped, listed, where="/items")
    got = read(stage, "getShipment", path={"shipmentId": parcel["shipmentId"]})
    stage.hold(got.json == parcel, "A new shipment is not read as it was made.", shipped, got)
    for media_type in ("application/pdf", "image/png"):
        label = stage.api.call(
            "getShipmentLabel", headers={"Accept": media_type}, path={"shipmentId": parcel["shipmentId"]}
        )
        stage.expect(label, 200, f"A label is given as {media_type}.")
        stage.hold(label.header("Content-Type") == media_type, "The label is something else.", label)
    picked_up = {"status": "PICKED_UP", "occurredAt": parcel["updatedAt"], "description": "Picked up at the store."}
    tracked = act(stage, "addTrackingEvent", picked_up, path={"shipmentId": parcel["shipmentId"]})
    moved(stage, tracked, "PICKED_UP")
    invoice = act(stage, "postInvoice", orders.invoice(order, parcel)).json
    read(stage, "getInvoice", path={"invoiceId": invoice["invoiceId"]})
    read(stage, "listInvoices", own)
    give_back(stage, order)
    cancelled = act(
        stage, "cancelOrder", {"reason": "OTHER", "note": "No."}, path={"orderId": orders.place(stage)["orderId"]}
    )
    moved(stage, cancelled, "CANCELLED")
    settlements(stage)


def give_back(stage: Stage, order: Mapping[str, Any]) -> None:
    """Return what was shipped, receive it and refund it."""
    line = order["lines"][0]
    part = {"lineId": line["lineId"], "quantity": 1}
    store = orders.counter(stage)
    opened = act(
        stage,
        "openReturn",
        {"orderId": order["orderId"], "storeId": store, "lines": [{**part, "reason": "NO_LONGER_WANTED"}]},
    )
    own = {"returnId": opened.json["returnId"]}
    received = act(stage, "receiveReturn", {"storeId": store, "lines": [{**part, "condition": "SELLABLE"}]}, path=own)
    moved(stage, received, "RECEIVED")
    due = received.json["lines"][0]["refundable"]
    refunded = act(stage, "refundReturn", {"lines": [{**part, "amount": due}]}, path=own)
    stage.hold(
        refunded.json["lines"][0]["refunded"] == due, "What was refunded is not what was to be.", received, refunded
    )
    read(stage, "getReturn", path=own)
    read(stage, "listReturns", {"orderId": order["orderId"]})


def settlements(stage: Stage) -> None:
    """Read what was settled: the sums of a settlement are those of its lines."""
    listed = read(stage, "listSettlements", {"limit": 5}).json["items"]
    if not listed:
        stage.lack("nothing has been settled yet")
        return
    own = {"settlementId": listed[0]["settlementId"]}
    settlement = read(stage, "getSettlement", path=own)
    pages = list(stage.api.pages("listSettlementLines", {"limit": 100}, path=own))
    lines = sum(len(page.json.get("items", [])) for page in pages)
    stage.hold(
        lines == settlement.json["lineCount"],
        "A settlement has not as many lines as it says.",
        settlement,
        *pages[-1:],
        expected=settlement.json["lineCount"],
        seen=lines,
    )


def transfers(stage: Stage) -> None:
    """Send goods from one store to another, and call another sending off."""
    body = new_transfer(stage)
    asked = act(stage, "requestTransfer", body)
    own = {"transferId": asked.json["transferId"]}
    moved(stage, asked, "REQUESTED")
    moved(stage, act(stage, "dispatchTransfer", {"dispatchedAt": asked.json["updatedAt"]}, path=own), "IN_TRANSIT")
    some = {"lines": [{"sku": body["lines"][0]["sku"], "quantity": 1}]}
    moved(stage, act(stage, "receiveTransfer", some, path=own), "PARTIALLY_RECEIVED")
    moved(stage, act(stage, "receiveTransfer", {**some, "final": True}, path=own), "RECEIVED")
    read(stage, "getTransfer", path=own)
    read(stage, "listTransfers", {"status": "RECEIVED"})
    other = act(stage, "requestTransfer", body).json["transferId"]
    moved(
        stage, act(stage, "cancelTransfer", {"reason": "OTHER", "note": "No."}, path={"transferId": other}), "CANCELLED"
    )


def new_transfer(stage: Stage, units: int = 3) -> dict[str, Any]:
    """Return a transfer of some units of something to another store."""
    level = stage.stocked(units)
    stores = read(stage, "listStores", {"status": "ACTIVE", "limit": 10}).json["items"]
    other = next(store["storeId"] for store in stores if store["storeId"] != level["storeId"])
    lines = [{"sku": level["sku"], "quantity": units}]
    ends = {"fromStoreId": level["storeId"], "toStoreId": other}
    return {"kind": "STORE_TO_STORE", **ends, "lines": lines, "note": "Conformance."}


def events(stage: Stage) -> None:
    """Subscribe, try the subscription, and end it."""
    read(stage, "listEvents", {"limit": 5})
    own = {"subscriptionId": subscribe(stage)}
    read(stage, "getSubscription", path=own)
    read(stage, "listSubscriptions", {"limit": 100})
    act(stage, "testSubscription", path=own)
    read(stage, "listDeliveries", path=own)
    stage.expect(stage.api.call("deleteSubscription", path=own), 204, "A subscription can be ended.")
    gone = stage.api.call("getSubscription", path=own)
    stage.hold(gone.status == 404, "What was deleted is still there.", gone, expected=404, seen=gone.status)


def subscribe(stage: Stage) -> str:
    """Subscribe, and return the subscription's id."""
    made = act(stage, "createSubscription", stage.document.operations["createSubscription"].example)
    return str(made.json["subscriptionId"])


def ask(stage: Stage) -> str:
    """Ask for a report, and return its id."""
    example = stage.document.operations["requestReport"].example
    asked = act(stage, "requestReport", {**example, "storeIds": [stage.store()["storeId"]]})
    return str(asked.json["reportId"])


def reports(stage: Stage) -> None:
    """Ask for a report, and read it once time has made it."""
    own = {"reportId": ask(stage)}
    read(stage, "getReport", path=own)
    read(stage, "listReports", {"limit": 5})
    early = stage.api.call("getReportDocument", path=own)
    if not stage.has_operator:
        stage.lack("the clock cannot be moved until a report is done")
        return
    stage.hold(early.status == 409, "A report has a document before it is done.", early)
    stage.operator.advance("PT30M")
    moved(stage, read(stage, "getReport", path=own), "DONE")
    read(stage, "getReportDocument", path=own)


JOURNEYS: Mapping[str, Callable[[Stage], None]] = {
    "access": access,
    "stores": stores,
    "inventory": inventory,
    "prices": prices,
    "fulfilment": fulfilment,
    "transfers": transfers,
    "events": events,
    "reports": reports,
    "onboarding": joining.onboarding,
}
