"""Whether goods leave the store that the marketplace has chosen."""

from collections.abc import Iterator

from sandbox_server.certification.check import Level, Occasion, check, judged
from sandbox_server.certification.evidence import Call, Evidence, Wire

SHIP = "createShipment"


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
