"""Days on which lists are long."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage

SHORT_PAGES = {"items": 3, "blanks": True, "milliseconds": 60}


@scenario("many-pages", scale=60, seconds=40)
def many_pages(stage: Stage) -> None:
    """Orders come in many small pages with pages of none between them, and more come while these are read."""
    stage.fault("listOrders", {"shortPages": SHORT_PAGES})
    stage.place_orders(18)
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    for _ in range(4):
        stage.place_orders(1)
        stage.until_time_has_passed(timedelta(seconds=20))
    stage.until_orders_are_settled(within=timedelta(minutes=12))


@scenario("large-page", scale=600, seconds=45)
def large_page(stage: Stage) -> None:
    """The orders come on a page of many megabytes."""
    drift = {"unknownField": "xNew", "unknownFieldLength": 9_000}
    stage.fault("listOrders", {"drift": drift}, max_count=3)
    stage.place_orders(40)
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    stage.until_orders_are_settled(within=timedelta(hours=2, minutes=15))
