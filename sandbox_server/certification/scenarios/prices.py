"""Days on which things cost something else."""

from datetime import timedelta
from typing import Any

from sandbox_server.certification.head_office import want
from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage

WITHIN = timedelta(minutes=6)


@scenario("new-prices", scale=60, seconds=30)
def new_prices(stage: Stage) -> None:
    """The chain wants other prices, of cents and in a sale in local time, and lists some that can be no price."""
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    skus = sorted({one["sku"] for one in stage.stock()})[:5]
    stores = sorted({one["storeId"] for one in stage.stock()})
    wanted = [_price(stage, sku, amount) for sku, amount in zip(skus, ("0.10", "0.20", "19.99", "0.00"), strict=False)]
    weekend = {"saleFrom": "2026-11-28T00:00:00-05:00", "saleTo": "2026-11-30T00:00:00-05:00"}
    wanted.append(_price(stage, skus[4], "1000.00", sale="899.50", **weekend))
    want(stage, wanted, WITHIN)
    stage.place_orders(1, dict.fromkeys(skus[:2], 1))
    over = {"saleFrom": "2026-11-30T00:00:00-05:00", "saleTo": "2026-11-30T05:00:00Z"}
    wanted[0] = _price(stage, skus[0], "0.30")
    wanted[1] = _price(stage, skus[1], "0.20", sale="0.10", **over)
    wanted.append(_price(stage, skus[2], "18.49", storeId=stores[0]))
    want(stage, wanted, WITHIN)
    stage.until_orders_are_settled(within=timedelta(minutes=10))
    stage.until_time_has_passed(timedelta(minutes=2))


def _price(stage: Stage, sku: str, amount: str, sale: str | None = None, **more: Any) -> dict[str, Any]:
    currency = stage.tenant["currency"]
    reduced = {} if sale is None else {"salePrice": {"amount": sale, "currency": currency}}
    return {"sku": sku, "listPrice": {"amount": amount, "currency": currency}, **reduced, **more}
