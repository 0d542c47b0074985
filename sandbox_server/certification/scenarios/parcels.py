"""Days on which it matters what leaves the stores, and when."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage

PLENTY = 6
"""Units on a shelf with which no order is short."""


@scenario("short-of-one", scale=600, seconds=30)
def short_of_one(stage: Stage) -> None:
    """Of each order one thing is sold everywhere before the client sees it."""
    shelves = stage.stock()
    stores = {one["storeId"] for one in shelves}
    full = [one for one in shelves if min(one["physical"], one["reported"]) >= PLENTY]
    skus = sorted({one["sku"] for one in full})
    everywhere = [sku for sku in skus if {one["storeId"] for one in full if one["sku"] == sku} == stores]
    for first, second in zip(everywhere[:6:3], everywhere[1:6:3], strict=True):
        missing = everywhere[everywhere.index(second) + 1]
        stage.place_orders(1, {first: 1, second: 1, missing: 1})
        for shelf in shelves:
            if shelf["sku"] == missing and shelf["physical"] > 0:
                stage.sell(shelf["storeId"], {missing: shelf["physical"]})
    stage.start_client()
    stage.until_orders_are_settled(within=timedelta(hours=3))


@scenario("before-the-cut-off", scale=600, seconds=30)
def before_the_cut_off(stage: Stage) -> None:
    """Orders come in two hours before the stores' cut-off."""
    stage.advance("PT6H")
    stage.place_orders(3)
    stage.start_client()
    stage.until_orders_are_settled(within=timedelta(hours=2, minutes=5))
