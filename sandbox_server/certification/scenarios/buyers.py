"""Days on which single orders go another way than the others."""

from contextlib import suppress
from datetime import timedelta

from sandbox_server.certification.evidence import Wire
from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import OPEN_ORDERS, Stage
from sandbox_server.remote import Refused

POISONED = "S0001"
MOST_ORDERS = 20


@scenario("changed-minds", scale=60, seconds=30, version=2)
def changed_minds(stage: Stage) -> None:
    """Buyers cancel while the client tries to ship."""
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    stage.until_orders_are_settled()
    refused = stage.fault("createShipment", {"error": {"status": 503}})
    orders = stage.place_orders(2)
    stage.until_faults_have_played()
    for order in orders:
        cancel(stage, order)
    stage.end_fault(refused)
    stage.until_time_has_passed(timedelta(minutes=4))


@scenario("poison", scale=60, seconds=40)
def poison(stage: Stage) -> None:
    """One order can never be shipped, whatever the client does."""
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    stage.until_orders_are_settled()
    stage.fault("createShipment", {"error": {"status": 500}}, match={"store": POISONED})
    others = _place_a_poisoned_one_and_others(stage)
    stage.until(
        "the other orders to be settled",
        lambda: not others & {order["orderId"] for order in _open(stage)},
        within=timedelta(minutes=22),
    )


def _place_a_poisoned_one_and_others(stage: Stage) -> set[str]:
    """Place an order that cannot be shipped, and then three that can; return the ids of those."""
    poisoned: list[str] = []
    others: set[str] = set()
    for _ in range(MOST_ORDERS):
        order = stage.place_orders(1)[0]
        if POISONED not in order["storeIds"]:
            others |= {order["orderId"]} if poisoned else set()
        elif poisoned:
            cancel(stage, order)
        else:
            poisoned.append(order["orderId"])
        if len(others) == 3:
            break
    return others


def cancel(stage: Stage, order: Wire) -> None:
    """Let an order's buyer cancel it, unless it has left already."""
    with suppress(Refused):
        stage.do("cancelAsBuyer", "POST", "/buyers/cancellations", {"orderId": order["orderId"]})


def _open(stage: Stage) -> list[Wire]:
    return [order for status in OPEN_ORDERS for order in stage.orders(status=status)]
