"""Days on which nothing goes wrong."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage

MOST_TRIES = 6


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


@scenario("quiet-evening", scale=60, seconds=60, version=2)
def quiet_evening(stage: Stage) -> None:
    """Orders come together, some of them to be seen a poll later than others; then nothing happens any more."""
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    _place_orders_to_be_seen_in_part(stage, times=2)
    stage.until_orders_are_settled(within=timedelta(minutes=6))
    stage.until_the_client_rests(timedelta(minutes=5, seconds=30), within=timedelta(minutes=20))


def _place_orders_to_be_seen_in_part(stage: Stage, times: int) -> None:
    """Place orders so many times, of which one poll leaves some out, and the next one none."""
    for _ in range(MOST_TRIES):
        stage.fault("listOrders", {"missingItems": 0.5}, max_count=1)
        stage.place_orders(8)
        # A poll that has come before the orders had none of them to leave out.
        times -= not stage.faults()[-1]["played"]
        stage.until_faults_have_played()
        if not (stage.until_the_client_has_called("listOrders", since=stage.now_text()) and times):
            return
