"""Days on which the stores sell, too."""

from collections import Counter
from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage


@scenario("busy-tills", scale=240, seconds=40)
def busy_tills(stage: Stage) -> None:
    """Walk-in customers buy what the marketplace still offers."""
    stage.start_client()
    stage.until_the_client_has_called()
    shelves = [one for one in stage.stock() if one["physical"] > 2][:4]
    for shelf in shelves:
        stage.sell(shelf["storeId"], shelf["sku"], shelf["physical"] - 1)
    stage.until_time_has_passed(timedelta(minutes=4))
    stage.place_orders(1, {shelves[0]["sku"]: 1})
    stage.until_time_has_passed(timedelta(minutes=13))
    stage.until_orders_are_settled()


@scenario("sold-out", scale=600, seconds=30)
def sold_out(stage: Stage) -> None:
    """What was ordered is sold over the counter before the client sees the order."""
    for sku in _skus_of_many_stores(stage)[:3]:
        store = stage.place_orders(1, {sku: 1})[0]["storeIds"][0]
        left = next(one["physical"] for one in stage.stock() if (one["storeId"], one["sku"]) == (store, sku))
        stage.sell(store, sku, left)
    stage.start_client()
    stage.until_orders_are_settled(within=timedelta(hours=3))


def _skus_of_many_stores(stage: Stage) -> list[str]:
    """Return SKUs of which every store has some."""
    stores = Counter(one["sku"] for one in stage.stock() if min(one["physical"], one["reported"]) > 0)
    most = max(stores.values())
    return sorted(sku for sku, count in stores.items() if count == most)
