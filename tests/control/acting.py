"""What tests of the actors ask of small_chain."""

from typing import Any

import orjson

from tests.control.stage import KEY, Stage

SKU = "SKU-00001"
STORE = "S0001"


def physical(stage: Stage, store_id: str = STORE, sku: str = SKU) -> Any:
    """What is really in a store, beside what was said of it."""
    path = f"/_sandbox/v1/tenants/default/till/stock?storeId={store_id}&sku={sku}"
    (item,) = stage.look(path, key=None)["items"]
    return item


def report(stage: Stage, counts: list[Any]) -> list[str]:
    """Report what the feed of the tills says, as it says it; the marketplace's answer to each."""
    items = [
        {
            "storeId": one["storeId"],
            "sku": one["sku"],
            "onHand": one["onHand"],
            "sequence": one["sequence"],
            "asOf": one.get("asOf") or one["at"],
        }
        for one in counts
    ]
    got = stage.call("PUT", "/v1/inventory", {"items": items}, key=KEY)
    return [item["status"] for item in orjson.loads(got.body)["items"]]
