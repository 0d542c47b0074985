"""Days on which the marketplace, or the client's machine, is not what it was."""

from collections.abc import Sequence
from datetime import timedelta

from sandbox_server.certification.checks.tolerance import UNKNOWN_STATE
from sandbox_server.certification.scenario import scenario
from sandbox_server.certification.stage import Stage


@scenario("new-members", scale=60, seconds=25)
def new_members(stage: Stage) -> None:
    """Answers have members that nobody knows."""
    stage.fault(None, {"drift": {"unknownField": "xNew", "fraction": 0.3}})
    stage.place_orders(3)
    stage.start_client()
    stage.until_orders_are_settled(within=timedelta(minutes=8))


@scenario("unknown-states", scale=60, seconds=40)
def unknown_states(stage: Stage) -> None:
    """Some orders are in a state that nobody knows, for a while."""
    for operation in ("listOrders", "getOrder"):
        drift = {"unknownEnum": {"status": UNKNOWN_STATE}, "fraction": 0.3}
        stage.fault(operation, {"drift": drift}, max_count=6)
    stage.place_orders(6)
    stage.start_client()
    stage.until_orders_are_settled()


@scenario("killed", scale=60, seconds=40, version=2)
def killed(stage: Stage) -> None:
    """The client is killed in the middle of its work, and started again."""
    stage.start_client()
    stage.until_the_client_has_called("listOrders")
    stage.until_orders_are_settled(within=timedelta(minutes=5))
    slowly = stage.fault("acknowledgeOrder", {"delay": {"type": "fixed", "milliseconds": 10_000}}, skip_first=1)
    stage.place_orders(5)
    stage.until_faults_have_played()
    stage.client.kill()
    stage.end_fault(slowly)
    stage.start_client()
    stage.until_orders_are_settled(within=timedelta(minutes=12))


@scenario("brought-back", scale=60, seconds=40)
def brought_back(stage: Stage) -> None:
    """Buyers bring goods back, some of them damaged."""
    stage.fault("refundReturn", {"lostResponse": True}, max_count=1)
    bring_back(stage, ("DAMAGED", "NO_LONGER_WANTED", "DAMAGED"))
    stage.start_client()
    stage.until_returns_are_settled(within=timedelta(minutes=8))
    stage.until_faults_have_played()


def bring_back(stage: Stage, reasons: Sequence[str]) -> None:
    """Have buyers bring back what they have kept so far, an order for each reason."""
    known = {one["orderId"] for one in stage.returns()}
    kept = [order["orderId"] for order in stage.orders(status="DELIVERED") if order["orderId"] not in known]
    for order_id, reason in zip(kept, reasons, strict=False):
        stage.do("returnAsBuyer", "POST", "/buyers/returns", {"orderId": order_id, "reason": reason})
