"""The day for which everybody prepares."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage

SALE = timedelta(hours=2)
ORDERS_PER_MINUTE = 0.3
BESTSELLERS = 6
TO_LOOK_AT_THE_TILLS = timedelta(minutes=10)
"""Before orders come for what was sold: no client can look at shelf and order in one moment."""


@scenario("peak-sale", scale=600, seconds=55, version=2)
def peak_sale(stage: Stage) -> None:
    """A sale opens with a rush, and ends with another; the stores sell, calls are throttled, and answers get lost."""
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    stage.until_orders_are_settled(within=timedelta(minutes=20))
    stage.fault("listOrders", {"error": {"status": 429, "retryAfter": 2}}, skip_first=2, max_count=2)
    stage.fault("acknowledgeOrder", {"error": {"status": 429, "retryAfter": 2}}, skip_first=5, max_count=1)
    stage.fault("createShipment", {"lostResponse": True}, skip_first=5, max_count=2)
    for shelf in [one for one in stage.stock() if one["physical"] > 2][:BESTSELLERS]:
        stage.sell(shelf["storeId"], {shelf["sku"]: shelf["physical"] // 2})
    stage.until_time_has_passed(TO_LOOK_AT_THE_TILLS)
    stage.begin_arrivals("PEAK_SALE", ORDERS_PER_MINUTE, SALE)
    stage.until_time_has_passed(SALE)
    stage.until_orders_are_settled(within=timedelta(hours=2, minutes=10))
