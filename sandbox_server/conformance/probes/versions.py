"""Versions of things: an `ETag` names one, and a change takes the one it was made for."""

from collections.abc import Iterator

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.stage import Stage

_READS = {
    "getProduct": ("listProducts", "sku"),
    "getOrder": ("listOrders", "orderId"),
    "getShipment": ("listShipments", "shipmentId"),
    "getReturn": ("listReturns", "returnId"),
    "getStore": ("listStores", "storeId"),
    "getSettlement": ("listSettlements", "settlementId"),
}


def versions(stage: Stage) -> None:
    """
    Read things twice, and change a store with the right version, a stale one and any.

    Source: contract, "Concurrency".
    """
    for first, second in _twice(stage):
        stage.hold(
            bool(first.header("ETag")) and first.header("ETag") == second.header("ETag"),
            "Nothing has changed, and the ETag has.",
            first,
            second,
            where="header ETag",
            expected=first.header("ETag") or "a tag",
            seen=second.header("ETag") or "nothing",
        )
    _change(stage, str(stage.store()["storeId"]))


def _twice(stage: Stage) -> Iterator[tuple[Answer, Answer]]:
    for operation_id, (listing, member) in _READS.items():
        items = stage.api.call(listing, query={"limit": 1}).json["items"]
        if items:
            own = {member: items[0][member]}
            yield stage.api.call(operation_id, path=own), stage.api.call(operation_id, path=own)


def _change(stage: Stage, store: str) -> None:
    before = stage.expect(stage.api.call("getStore", path={"storeId": store}), 200, "A listed store can be read.")
    tag, name = before.header("ETag"), before.json["name"]
    change = {"name": f"{name} II"}
    changed = stage.api.call("updateStore", body=change, headers={"If-Match": tag}, path={"storeId": store})
    stage.expect(changed, 200, "A change for the version that stands is taken.")
    after = stage.api.call("getStore", path={"storeId": store})
    stage.hold(
        changed.header("ETag") not in {"", tag}, "A change leaves the version.", before, changed, where="header ETag"
    )
    stage.hold(
        changed.header("ETag") == after.header("ETag"), "A change tells another version than there is.", changed, after
    )
    stage.hold(after.json.get("name") == change["name"], "A change is not read back.", changed, after, where="/name")
    stale = stage.api.call("updateStore", body={"name": name}, headers={"If-Match": tag}, path={"storeId": store})
    stage.hold(
        (stale.status, stale.code) == (412, "STALE_VERSION"),
        "A change for a version that has gone is not refused.",
        changed,
        stale,
        expected="412 STALE_VERSION",
        seen=f"{stale.status} {stale.code}".strip(),
    )
    same = stage.api.call("getStore", path={"storeId": store})
    stage.hold(same.body == after.body, "A refused change has changed something.", after, stale, same)
    back = stage.api.call("updateStore", body={"name": name}, headers={"If-Match": "*"}, path={"storeId": store})
    stage.expect(back, 200, "A change for any version is taken.")
