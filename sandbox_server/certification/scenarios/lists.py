"""Days on which lists are long."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage

SHORT_PAGES = {"items": 3, "blanks": True}
SLOW_MILLISECONDS = 1_000
"""For each further page: who is busy elsewhere for seconds still finds the client in the midst of the list."""
PATIENCE_TO_READ_ON = timedelta(minutes=3)


@scenario("many-pages", scale=60, seconds=60, version=2)
def many_pages(stage: Stage) -> None:
    """Orders come in many small pages with pages of none between them, and more come while these are read."""
    slowly = stage.fault("listOrders", {"shortPages": {**SHORT_PAGES, "milliseconds": SLOW_MILLISECONDS}})
    stage.fault("listOrders", {"shortPages": SHORT_PAGES})
    stage.place_orders(12)
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    stage.until_the_client_reads_on("listOrders", within=PATIENCE_TO_READ_ON)
    stage.place_orders(2)
    stage.end_fault(slowly)
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
