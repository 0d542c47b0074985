"""Whether a client answers for the orders that it gets."""

from collections import defaultdict
from collections.abc import Iterator

from sandbox_server.certification.check import Level, Occasion, check, judged
from sandbox_server.certification.evidence import Call, Evidence

ACKNOWLEDGE = "acknowledgeOrder"


@check(
    "order.ack-once",
    Level.MUST,
    clause="Orders: POST /orders/{orderId}/acknowledgements",
    scenarios="working-day",
    mutant="acknowledges-twice",
    why="A line that is answered twice may be accepted by one store and rejected by the other: nobody ships it.",
    mend="Remember what was acknowledged, and acknowledge only lines whose allocation is RESERVED.",
)
def acknowledged_once(evidence: Evidence) -> Iterator[Occasion]:
    """Every line is answered once at each store that it is allocated to."""
    answered: dict[tuple[str, str, str], list[Call]] = defaultdict(list)
    for call in evidence.of(ACKNOWLEDGE):
        if call.replayed or not isinstance(call.body, dict):
            continue
        for line in call.body.get("lines", ()):
            place = call.path, str(line.get("lineId")), str(line.get("storeId", ""))
            if not any(_is_try_of(call, other) for other in answered[place]):
                answered[place].append(call)
    for (path, line_id, _), calls in answered.items():
        order_id = path.split("/")[-2]
        breach = f"Line {line_id} of {order_id} was acknowledged {len(calls)} times."
        yield judged(breach if len(calls) > 1 else None, *calls)
    for order in evidence.placed if answered else ():
        if not any(order["orderId"] in path for path, _, _ in answered) and order["storeIds"]:
            yield judged(f"{order['orderId']} was never acknowledged.")


def _is_try_of(call: Call, other: Call) -> bool:
    """Whether a call is another try of one that got no proper answer."""
    return call.wish == other.wish and (call.key == other.key or not other.is_done)
