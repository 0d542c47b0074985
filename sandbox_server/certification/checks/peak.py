"""Whether a client stands the rush of a sale."""

from collections.abc import Iterable, Iterator

from sandbox_server.certification.check import Level, Occasion, check, held, undone
from sandbox_server.certification.checks import parcels, retry, stock
from sandbox_server.certification.checks.orders import ACKNOWLEDGE, ACKNOWLEDGE_WITHIN
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

SALE = "peak-sale"
_GIVEN_UP = {"CANCELLED", "UNFULFILLABLE"}


@check(
    "peak.acks-in-time",
    Level.MUST,
    clause="Orders: acknowledgeBy, 2 h",
    scenarios=SALE,
    mutant="has-room-for-few",
    why="In the rush orders come in dozens: those for which there was no room are taken away after two hours.",
    mend="Keep all that is open, however much it is, and work off the most urgent first.",
    version=2,
)
def acknowledged_in_time(evidence: Evidence) -> Iterator[Occasion]:
    """Every order of a sale is acknowledged within two hours."""
    first: dict[str, Call] = {}
    for call in evidence.of(ACKNOWLEDGE):
        if call.is_done:
            first.setdefault(call.path.split("/")[-2], call)
    for order in _of_the_sale(evidence) if evidence.calls else ():
        since = instant(order["placedAt"])
        until = since + ACKNOWLEDGE_WITHIN
        answer = first.get(order["orderId"])
        if answer is not None and answer.at > until:
            late = f"{order['orderId']} was acknowledged after {until:%H:%M}."
            yield undone(late, evidence, since, answer, until=until)
        elif answer is not None:
            yield held(answer)
        elif order["status"] not in _GIVEN_UP and evidence.ended_at is not None and evidence.ended_at > until:
            yield undone(f"{order['orderId']} was not acknowledged by {until:%H:%M}.", evidence, since, until=until)


@check(
    "peak.heeds-the-throttle",
    Level.MUST,
    clause="Conventions, rate limit: 429 carries Retry-After",
    scenarios=SALE,
    mutant="ignores-retry-after",
    why="At a peak everybody is throttled: who asks on is locked out while the others sell.",
    mend="Leave the operation alone for as many seconds as `Retry-After` says, and do something else meanwhile.",
)
def heeds_the_throttle(evidence: Evidence) -> Iterable[Occasion]:
    """In the rush, too, an operation that answered with 429 is left alone for as long as `Retry-After` says."""
    return retry.honours_retry_after.occasions(evidence)


@check(
    "peak.ships-once",
    Level.MUST,
    clause="Shipments: POST /shipments, never more than ordered",
    scenarios=SALE,
    mutant="ships-twice",
    why="Among hundreds of parcels nobody notices the second one: the goods are gone.",
    mend="Give a parcel its number and its key once, keep both, and repeat the call with them alone.",
)
def ships_each_once(evidence: Evidence) -> Iterable[Occasion]:
    """In the rush, too, of each line at most so many units leave as were ordered."""
    return parcels.ships_once.occasions(evidence)


@check(
    "peak.never-oversells",
    Level.MUST,
    clause="Inventory: PUT /inventory; GET /inventory, stale after 15 minutes",
    scenarios=SALE,
    mutant="ignores-the-tills",
    why="At a peak the last pieces are sold in the shop and online at once: each such order is cancelled.",
    mend="Follow the tills all through the sale, and report what is left before anything else.",
    version=2,
)
def sells_what_is_there(evidence: Evidence) -> Iterable[Occasion]:
    """In the rush, too, what a till has sold is neither promised nor shipped."""
    return stock.never_oversells.occasions(evidence)


def _of_the_sale(evidence: Evidence) -> Iterator[Wire]:
    """Give the orders that came with the sale, as they stood at the end."""
    begins = [instant(act["at"]) for act in evidence.act("beginArrivals")]
    for order in evidence.world.get("orders", ()) if begins else ():
        if instant(order["placedAt"]) >= begins[0]:
            yield order
