"""Whether goods leave the store that the marketplace has chosen."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from sandbox_server.certification.check import Level, Occasion, broken, check, judged, undone
from sandbox_server.certification.evidence import Call, Evidence, Wire

ACKNOWLEDGE, SHIP = "acknowledgeOrder", "createShipment"
PATIENCE = timedelta(hours=2)


@check(
    "route.right-store",
    Level.MUST,
    clause="Shipments: POST /shipments, only by the store that holds the allocation",
    scenarios="working-day",
    mutant="ships-from-any-store",
    why="A parcel from another store is refused: that store is a unit short, and the buyer's order still waits.",
    mend="Take the store from the line's allocation, never from a table or a search of your own.",
)
def right_store(evidence: Evidence) -> Iterator[Occasion]:
    """A parcel leaves the store that its lines are allocated to."""
    orders = {order["orderId"]: order for order in evidence.world.get("orders", ())}
    for call in evidence.of(SHIP):
        order = orders.get(call.body.get("orderId")) if isinstance(call.body, dict) else None
        if order is not None:
            yield judged(_of_store(order, call), call)


def _of_store(order: Wire, call: Call) -> str | None:
    store = call.body.get("storeId")
    shipped = {part.get("lineId") for part in call.body.get("lines", ())}
    for line in order["lines"]:
        holders = {part["storeId"] for part in line["allocations"]}
        if line["lineId"] in shipped and store not in holders:
            held_by = " and ".join(sorted(holders))
            return f"{order['orderId']}: line {line['lineId']} was to leave {held_by}, and {store} shipped it."
    return None


class Move(NamedTuple):
    """A line that went from the store that rejected it to another one."""

    order: Wire
    line_id: str
    left: str
    rejected: Call
    to: Wire


@check(
    "route.follows-reassignment",
    Level.MUST,
    clause="Orders: a rejected line is re-allocated to the next nearest store",
    scenarios="sold-out",
    mutant="forgets-what-it-rejected",
    why="The line that one store rejected is another store's order now; nobody ships it where it is taken for settled.",
    mend="Read the allocations anew after every answer and `order.reassigned`, and treat a new one as a new order.",
    version=2,
)
def follows_reassignment(evidence: Evidence) -> Iterator[Occasion]:
    """After a line was given to another store, that one ships it, and the first one does not."""
    for move in _moves(evidence):
        parcel = next((call for call in evidence.after(move.rejected) if _leaves(call, move)), None)
        where = f"{move.order['orderId']}: line {move.line_id}"
        if parcel is not None:
            yield broken(f"{where} was shipped by {move.left}, which had rejected it.", parcel)
        elif move.to["status"] in {"SHIPPED", "REJECTED"}:
            yield judged(None, move.rejected)
        elif move.order["status"] == "CANCELLED" and move.order["cancellation"]["by"] == "SELLER":
            yield broken(f"{where} was cancelled, though {move.to['storeId']} had it.", move.rejected)
        elif evidence.ended_at is not None and evidence.ended_at - move.rejected.at > PATIENCE:
            breach = f"{where} has waited at {move.to['storeId']} since {move.left} rejected it."
            yield undone(breach, evidence, move.rejected.at, move.rejected)


def _moves(evidence: Evidence) -> Iterator[Move]:
    orders = {order["orderId"]: order for order in evidence.world.get("orders", ())}
    for call in evidence.of(ACKNOWLEDGE):
        order = orders.get(call.path.split("/")[-2])
        told = call.body.get("lines", ()) if call.is_done and isinstance(call.body, dict) else ()
        lines = {line["lineId"]: line for line in order["lines"]} if order else {}
        for decision in told:
            if order is None or decision.get("decision") != "REJECT" or decision.get("lineId") not in lines:
                continue
            allocations = lines[decision["lineId"]]["allocations"]
            left = decision.get("storeId", allocations[0]["storeId"])
            at = [part["storeId"] for part in allocations].index(left)
            for to in allocations[at + 1 : at + 2]:
                yield Move(order, decision["lineId"], left, call, to)


def _leaves(call: Call, move: Move) -> bool:
    """Whether a call ships a line from the store that it had left."""
    if call.operation != SHIP or not isinstance(call.body, dict) or call.body.get("storeId") != move.left:
        return False
    shipped = {part.get("lineId") for part in call.body.get("lines", ())}
    return call.body.get("orderId") == move.order["orderId"] and move.line_id in shipped
