"""Days on which calls fail."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage


@scenario("token-ends", scale=60, seconds=30)
def token_ends(stage: Stage) -> None:
    """The token ends long before its time, and later the next one is revoked."""
    stage.fault("listOrders", {"token": "expire"}, skip_first=3, max_count=1)
    stage.fault("listOrders", {"token": "revoke"}, skip_first=5, max_count=1)
    stage.start_client()
    stage.until_faults_have_played()
    stage.place_orders(2)
    stage.until_orders_are_settled()


@scenario("secret-refused", scale=60, seconds=15, may_end=True)
def secret_refused(stage: Stage) -> None:
    """The token endpoint does not know the client's secret any more."""
    stage.fault("createToken", {"error": {"status": 401}})
    stage.start_client()
    stage.until_faults_have_played()
    stage.until_time_has_passed(timedelta(minutes=5))


@scenario("answers-lost", scale=60, seconds=40)
def answers_lost(stage: Stage) -> None:
    """What the client writes is done, and the answer never arrives."""
    stage.fault("acknowledgeOrder", {"lostResponse": True}, max_count=2)
    stage.fault("createShipment", {"lostResponse": True}, max_count=1)
    stage.fault("createShipment", {"error": {"status": 503}}, max_count=1)
    stage.place_orders(3)
    stage.start_client()
    stage.until_orders_are_settled()
    stage.until_faults_have_played()
    stage.until_time_has_passed(timedelta(minutes=2))


@scenario("told-to-wait", scale=60, seconds=40)
def told_to_wait(stage: Stage) -> None:
    """The marketplace says when to come back."""
    stage.fault("listOrders", {"error": {"status": 429, "retryAfter": 2}}, skip_first=2, max_count=1)
    stage.fault("acknowledgeOrder", {"error": {"status": 429, "retryAfter": 2}}, max_count=1)
    stage.place_orders(3)
    stage.start_client()
    stage.until_faults_have_played()
    stage.until_orders_are_settled_and_listed()
