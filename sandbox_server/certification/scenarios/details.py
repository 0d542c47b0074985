"""Days on which names and clocks are not what a client may expect."""

from datetime import timedelta

from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage

NAMES = ("عبد الرحمن الفارسي", "נועה בן־דוד", "山田 太郎 🎁", "Zo\u00eb N\u00fa\u00f1ez", "Zoe\u0308 Nu\u0301n\u0303ez")
"""From right to left, of more than the basic plane, and one name in both forms of Unicode."""
AHEAD_SECONDS = 900
AN_HOUR_IS_LEFT_OUT = "2027-03-14T06:59:00Z"
"""A minute later it is three o'clock where the stores are, and not two."""


@scenario("names-of-the-world", scale=60, seconds=30)
def names_of_the_world(stage: Stage) -> None:
    """Buyers have names of many scripts, in both forms of Unicode."""
    for name in NAMES:
        location = {"latitude": 40.733, "longitude": -73.99}
        address = {"line1": name, "city": "New York", "region": "NY", "postalCode": "10003", "country": "US"}
        buyer = {"name": name, "email": "buyer@example.com", "address": {**address, "location": location}}
        stage.place_orders(1, buyer=buyer)
    stage.start_client()
    stage.until_orders_are_settled(within=timedelta(minutes=10))


@scenario("clock-set-back", scale=60, seconds=40, begins=AN_HOUR_IS_LEFT_OUT, version=2)
def clock_set_back(stage: Stage) -> None:
    """In the night in which an hour is left out the marketplace's clock is a quarter ahead, and is then set back."""
    ahead = stage.fault(None, {"clockSkew": {"seconds": AHEAD_SECONDS}})
    stage.place_orders(1)
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    stage.until_orders_are_settled()
    stage.until_time_has_passed(timedelta(minutes=1))
    stage.end_fault(ahead)
    for _ in range(2):
        stage.place_orders(1)
        stage.until_orders_are_settled_and_listed(within=timedelta(minutes=4))
