"""Days on which nothing goes wrong."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage


@scenario("working-day", scale=60, seconds=30)
def working_day(stage: Stage) -> None:
    """Orders come in, and nothing goes wrong."""
    stage.place_orders(6)
    stage.start_client()
    stage.until_orders_are_settled()
    stage.place_orders(4)
    stage.until_orders_are_settled()


@scenario("long-day", scale=600, seconds=30)
def long_day(stage: Stage) -> None:
    """More than an hour goes by, and more than two where an order is left unanswered."""
    stage.place_orders(3)
    stage.start_client()
    stage.until_the_client_has_called()
    stage.until_time_has_passed(timedelta(minutes=70))
    stage.until_orders_are_settled(within=timedelta(minutes=60))
