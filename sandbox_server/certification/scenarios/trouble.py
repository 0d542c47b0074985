"""Hours in which the marketplace is in trouble, or says no."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage


@scenario("outage", scale=60, seconds=45)
def outage(stage: Stage) -> None:
    """The list of orders is out of order for ten minutes."""
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    rule = stage.fault("listOrders", {"error": {"status": 503}})
    stage.until_time_has_passed(timedelta(minutes=10))
    stage.end_fault(rule)
    stage.place_orders(2)
    stage.until_orders_are_settled_and_listed()


@scenario("throttled-in-silence", scale=60, seconds=45)
def throttled_in_silence(stage: Stage) -> None:
    """Calls are throttled without a word about when to come back, and later refused until a date."""
    stage.fault("listOrders", {"error": {"status": 429}}, skip_first=2, max_count=3)
    until = {"status": 503, "retryAfter": 4, "retryAfterForm": "http-date"}
    stage.fault("listOrders", {"error": until}, skip_first=6, max_count=1)
    stage.start_client()
    stage.until_faults_have_played()
    stage.place_orders(2)
    stage.until_orders_are_settled_and_listed()


@scenario("pages-of-html", scale=60, seconds=40)
def pages_of_html(stage: Stage) -> None:
    """A gateway in between answers with pages of HTML."""
    stage.fault("listOrders", {"error": {"status": 503, "body": "html"}}, skip_first=2, max_count=1)
    stage.fault("listOrders", {"error": {"status": 200, "body": "html"}}, skip_first=4, max_count=1)
    stage.start_client()
    stage.until_faults_have_played()
    stage.place_orders(2)
    stage.until_orders_are_settled_and_listed()


@scenario("refused-for-good", scale=60, seconds=30)
def refused_for_good(stage: Stage) -> None:
    """Acknowledgements are refused, for every kind of reason."""
    for status in (400, 403, 404):
        stage.fault("acknowledgeOrder", {"error": {"status": status}}, max_count=1)
    stage.fault("acknowledgeOrder", {"error": {"status": 422, "code": "IDEMPOTENCY_KEY_REUSED"}}, max_count=1)
    stage.place_orders(6)
    stage.start_client()
    stage.until_faults_have_played()
    stage.until_time_has_passed(timedelta(minutes=6))


@scenario("failing-orders", scale=60, seconds=45, version=2)
def failing_orders(stage: Stage) -> None:
    """The acknowledgements of most orders fail at first."""
    stage.fault("acknowledgeOrder", {"error": {"status": 503}}, probability=0.4)
    stage.place_orders(32)
    stage.start_client()
    stage.until_orders_are_settled()


@scenario("slow-answer", scale=60, seconds=60)
def slow_answer(stage: Stage) -> None:
    """An acknowledgement takes twenty seconds."""
    stage.fault("acknowledgeOrder", {"delay": {"type": "fixed", "milliseconds": 20_000}}, max_count=1)
    stage.place_orders(1)
    stage.start_client()
    stage.until_orders_are_settled()
