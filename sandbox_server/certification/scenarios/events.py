"""Days on which webhooks come otherwise than a client may wish."""

from datetime import timedelta

from sandbox_server.certification.postman import Forgery, Postman
from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.scenarios.buyers import cancel
from sandbox_server.certification.scenarios.changes import bring_back
from sandbox_server.certification.stage import Stage

UNHEARD_OF = "ord_000000000000000{}"
"""An order that there is not, for each forgery."""
CREATED, CANCELLED = "order.created", "order.cancelled"
SLOW_MILLISECONDS = 5_500
AS_LONG_AS_A_SLOW_CALL = timedelta(minutes=6)
"""At this scenario's scale: a client that is asked to end may be in the midst of one."""


@scenario("told-thrice", scale=60, seconds=40)
def told_thrice(stage: Stage) -> None:
    """Everything that happens is told three times."""
    postman = Postman(stage)
    _start_listening(stage)
    since = stage.now()
    stage.place_orders(3)
    bring_back(stage, ["NO_LONGER_WANTED"])
    postman.post(stage.events(since))
    stage.until_orders_are_settled(within=timedelta(minutes=10))
    stage.until_returns_are_settled()
    postman.post(stage.events(since))
    stage.until_time_has_passed(timedelta(minutes=1))


@scenario("told-wrongly", scale=60, seconds=30)
def told_wrongly(stage: Stage) -> None:
    """Orders are told to be cancelled before they are told to be there, and a forger tells of others."""
    since = stage.now()
    for order in stage.place_orders(2):
        cancel(stage, order)
    _start_listening(stage)
    postman = Postman(stage)
    told = [one for one in stage.events(since) if one["type"] in {CREATED, CANCELLED}]
    postman.post(reversed(told))
    for number, forgery in enumerate(Forgery):
        name = UNHEARD_OF.format(number)
        event = {**told[0], "eventId": name.replace("ord_", "evt_"), "data": {"orderId": name}}
        postman.forge(event, forgery)
    stage.until_time_has_passed(timedelta(minutes=2))


@scenario("told-while-slow", scale=60, seconds=50, version=2)
def told_while_slow(stage: Stage) -> None:
    """An order is told of while the marketplace takes seconds to answer, and another one when it does not."""
    _start_listening(stage)
    stage.until_orders_are_settled()
    delay = {"delay": {"type": "fixed", "milliseconds": SLOW_MILLISECONDS}}
    slow = [stage.fault(operation, delay, max_count=1) for operation in ("listOrders", "getOrder")]
    _place_one_and_tell(stage)
    for rule in slow:
        stage.end_fault(rule)
    _place_one_and_tell(stage)
    stage.until_time_has_passed(AS_LONG_AS_A_SLOW_CALL)


def _place_one_and_tell(stage: Stage) -> None:
    """Place an order, and wait until it is settled, and whoever listens has answered."""
    told = len(stage.deliveries())
    stage.place_orders(1)
    stage.until_orders_are_settled()
    stage.until("webhooks to be answered", lambda: len(stage.deliveries()) > told or not stage.subscriptions())


def _start_listening(stage: Stage) -> None:
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    stage.until_the_client_listens()
