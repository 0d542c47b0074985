"""Days on which the stores sell, too."""

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
