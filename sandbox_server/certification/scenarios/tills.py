"""Days on which the stores sell, too."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage


@scenario("busy-tills", scale=240, seconds=40)
def busy_tills(stage: Stage) -> None:
    """Walk-in customers buy what the marketplace still offers."""
    stage.start_client()
    stage.until_the_client_has_called()
    shelves = [one for one in stage.stock() if one["physical"] > 2][:4]
    for shelf in shelves:
        stage.sell(shelf["storeId"], {shelf["sku"]: shelf["physical"] - 1})
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
        stage.sell(store, {sku: left})
    stage.start_client()
    stage.until_orders_are_settled(within=timedelta(hours=3))


@scenario("shelves", scale=120, seconds=40)
def shelves(stage: Stage) -> None:
    """The tills sell this and that, and some goods are gone."""
    stage.start_client()
    stage.until_the_client_has_called("listInventory")
    full = [one for one in stage.stock() if one["physical"] > 3]
    _sell_one_of_each(stage, full[:3])
    stage.until_time_has_passed(timedelta(minutes=2))
    for shelf in full[3:5]:
        stage.count(shelf["storeId"], shelf["sku"], 0)
    stage.until_time_has_passed(timedelta(minutes=17))


@scenario("troubled-reports", scale=120, seconds=45)
def troubled_reports(stage: Stage) -> None:
    """Reports of stock are late, taken in part, or taken and lost."""
    stage.start_client()
    stage.until_the_client_has_called("listInventory")
    full = sorted((one for one in stage.stock() if one["physical"] > 5), key=itemgetter("storeId"))
    for effect, places in (
        ({"partialAcceptance": {"fraction": 0.5}}, full[:12]),
        ({"delay": {"type": "fixed", "milliseconds": 2000}}, full[12:14]),
        ({"writeLost": True}, full[14:18]),
    ):
        stage.fault("reportInventory", effect, max_count=1)
        _sell_one_of_each(stage, places)
        stage.until_faults_have_played()
        _sell_one_of_each(stage, places[:2])
        stage.until_time_has_passed(timedelta(minutes=8))
    stage.until_time_has_passed(timedelta(minutes=10))


def _sell_one_of_each(stage: Stage, shelves: Iterable[Mapping[str, Any]]) -> None:
    """Sell in as few sales as can be, so that the client finds as many changes together as can be."""
    for store_id, there in groupby(shelves, itemgetter("storeId")):
        stage.sell(store_id, {shelf["sku"]: 1 for shelf in there})


def _skus_of_many_stores(stage: Stage) -> list[str]:
    """Return SKUs of which every store has some."""
    stores = Counter(one["sku"] for one in stage.stock() if min(one["physical"], one["reported"]) > 0)
    most = max(stores.values())
    return sorted(sku for sku, count in stores.items() if count == most)
