"""Days on which nothing goes wrong."""

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
