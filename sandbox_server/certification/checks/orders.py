"""Whether a client answers for the orders that it gets."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta

from sandbox_server.certification.check import Level, Occasion, broken, check, held, judged, undone
from sandbox_server.certification.checks.retry import is_lost
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

ACKNOWLEDGE, LIST, SHIP = "acknowledgeOrder", "listOrders", "createShipment"
ACKNOWLEDGE_WITHIN = timedelta(hours=2)
SETTLED = {"SHIPPED", "DELIVERED", "CANCELLED", "UNFULFILLABLE"}
SERVER_ERROR = 500
LARGE_BYTES = 5_000_000
PATIENCE = timedelta(minutes=20)
"""Virtual time in which an order is to be settled though another one fails."""
MANY_TRIES = 10
"""Of an order that fails every time: who has gone on with it so often has had the time for another one."""


@check(
    "order.ack-once",
    Level.MUST,
    clause="Orders: POST /orders/{orderId}/acknowledgements",
    scenarios="working-day",
    mutant="acknowledges-twice",
    why="A line that is answered twice may be accepted by one store and rejected by the other: nobody ships it.",
    mend="Remember what was acknowledged, and acknowledge only lines whose allocation is RESERVED.",
    version=2,
)
def acknowledged_once(evidence: Evidence) -> Iterator[Occasion]:
    """Every line is answered once at each store that it is allocated to."""
    answered = answers_by_place(evidence)
    for (path, line_id, _), calls in answered.items():
        order_id = path.split("/")[-2]
        breach = f"Line {line_id} of {order_id} was acknowledged {len(calls)} times."
        yield judged(breach if len(calls) > 1 else None, *calls)
    for order in evidence.placed if answered else ():
        if not any(order["orderId"] in path for path, _, _ in answered) and order["storeIds"]:
            yield undone(f"{order['orderId']} was never acknowledged.", evidence, instant(order["placedAt"]))


def answers_by_place(evidence: Evidence) -> Mapping[tuple[str, str, str], list[Call]]:
    """Return the acknowledgements by path, line and store; tries of the same call count as one."""
    answered: dict[tuple[str, str, str], list[Call]] = defaultdict(list)
    for call in evidence.of(ACKNOWLEDGE):
        if call.replayed or not isinstance(call.body, dict):
            continue
        for line in call.body.get("lines", ()):
            place = call.path, str(line.get("lineId")), str(line.get("storeId", ""))
            if not any(_is_try_of(call, other) for other in answered[place]):
                answered[place].append(call)
    return answered


def _is_try_of(call: Call, other: Call) -> bool:
    """Whether a call is another try of one that got no proper answer."""
    return call.wish == other.wish and (call.key == other.key is not None or not other.is_done)


@check(
    "order.ack-in-time",
    Level.MUST,
    clause="Orders: acknowledgeBy, 2 h",
    scenarios="long-day",
    mutant="sits-on-orders",
    why="What is not answered in two hours is taken away and given to another store; the second time it is cancelled.",
    mend="Look for new orders every few minutes at the least, and acknowledge each before its `acknowledgeBy`.",
    version=2,
)
def acknowledged_in_time(evidence: Evidence) -> Iterator[Occasion]:
    """Every order is acknowledged within two hours."""
    for order in evidence.placed if evidence.calls else ():
        since = instant(order["placedAt"])
        until = since + ACKNOWLEDGE_WITHIN
        answer = next((call for call in _answers_to(evidence, order) if call.is_done), None)
        if answer is not None and answer.at > until:
            late = (answer.at - until) / timedelta(minutes=1)
            breach = f"{order['orderId']} was acknowledged {late:.0f} virtual minutes too late."
            yield undone(breach, evidence, since, answer, until=until)
        elif answer is not None:
            yield held(answer)
        elif order["storeIds"] and _is_over(evidence, order) and not _is_given_up(evidence, order):
            breach = f"{order['orderId']} was not acknowledged within 2 virtual hours."
            yield undone(breach, evidence, since, until=until)


@check(
    "order.rejects-what-it-lacks",
    Level.MUST,
    clause="Orders: per line ACCEPT or REJECT with a reason",
    scenarios="sold-out",
    mutant="accepts-what-it-lacks",
    why="Who accepts what is not there makes the buyer wait for nothing; another store would have had it.",
    mend="Look at the shelf before you answer, and `REJECT` with `OUT_OF_STOCK` what does not lie there.",
    version=2,
)
def rejects_what_it_lacks(evidence: Evidence) -> Iterator[Occasion]:
    """A line of which nothing lies in the store is rejected as out of stock."""
    emptied = {
        (change["storeId"], change["sku"]): instant(change["at"])
        for change in evidence.world.get("counts", ())
        if change["cause"] == "WALK_IN_SALE" and change["onHand"] <= 0
    }
    for order in evidence.placed if evidence.calls else ():
        answers = _answers_to(evidence, order)
        for line in order["lines"]:
            since = emptied.get((order["storeIds"][0], line["sku"])) if len(order["storeIds"]) == 1 else None
            if since is None or (answers and answers[0].at < since):
                continue
            if answers:
                yield judged(_of_decision(order, line, answers[0]), answers[0])
            elif _is_over(evidence, order):
                breach = f"{order['orderId']}: nothing was said of line {line['lineId']}, which is sold out."
                yield undone(breach, evidence, instant(order["placedAt"]))


@check(
    "order.honours-cancellation",
    Level.MUST,
    clause="Orders: CANCELLED from any state before SHIPPED",
    scenarios="changed-minds",
    mutant="ships-what-was-cancelled",
    why="A parcel that nobody wants any more is paid for twice: on its way there, and on its way back.",
    mend="Read the order again before you ship it, and leave alone what is cancelled.",
)
def honours_cancellation(evidence: Evidence) -> Iterator[Occasion]:
    """What the buyer has cancelled is not shipped any more."""
    for act in evidence.act("cancelAsBuyer"):
        order_id, cancelled = act["asked"]["orderId"], instant(act["at"])
        looks = [call for call in evidence.calls if call.is_done and _shows(call, order_id)]
        told = next((call for call in looks if call.at > cancelled), None)
        if told is None or not any(call.at < cancelled and _names(call, order_id) for call in evidence.calls):
            continue
        later = [call for call in evidence.of(SHIP) if call.began > told.ended and _order_of(call) == order_id]
        parcels = [call for call in later if not _is_retry(call, evidence.of(SHIP))]
        breach = f"{order_id} was to be shipped after the client could see that its buyer had cancelled it."
        yield judged(breach if parcels else None, told, *parcels)


@check(
    "order.poison-isolated",
    Level.SHOULD,
    clause="Errors: 500 INTERNAL, 503 UNAVAILABLE",
    scenarios="poison",
    mutant="stops-at-a-poison",
    why="One order that the marketplace cannot cope with stops all those behind it, until somebody looks.",
    mend="After a few tries set an order aside for a while, and go on with the others.",
    version=2,
)
def poison_isolated(evidence: Evidence) -> Iterator[Occasion]:
    """While one order fails every time, the others are seen to."""
    failed = [call for call in evidence.of(SHIP) if call.fault and call.status >= SERVER_ERROR]
    poisoned = {store for order in evidence.placed for store in order["storeIds"] if _fails(order, failed)}
    settled = {order["orderId"]: order["status"] in SETTLED for order in evidence.world.get("orders", ())}
    for order in evidence.placed if poisoned else ():
        if poisoned & set(order["storeIds"]):
            continue
        since = max(failed[0].at, instant(order["placedAt"]))
        if settled.get(order["orderId"]):
            yield held(failed[0])
        elif evidence.ended_at is not None and evidence.ended_at - since > PATIENCE:
            breach = f"{order['orderId']} was not settled in 20 virtual minutes, as another failed."
            tried = [call for call in failed if call.at >= since]
            is_certain = len(tried) >= MANY_TRIES
            yield broken(breach, *tried[:3]) if is_certain else undone(breach, evidence, since, *tried[:3])


def _is_retry(call: Call, tries: list[Call]) -> bool:
    """Whether a call repeats one of which the client cannot know what became of it: that is no new decision."""
    before = [one for one in tries if one.number < call.number and one.key == call.key is not None]
    return bool(before) and is_lost(before[-1])


@check(
    "order.large-page",
    Level.SHOULD,
    clause="Conventions, pages: limit 1-100",
    scenarios="large-page",
    mutant="handles-the-first-ten",
    why="At a peak a page is a hundred times as large as on the day on which the client was written.",
    mend="Read answers of many megabytes whole, and handle every item of a page, not a fixed number of them.",
    version=2,
)
def large_page(evidence: Evidence) -> Iterator[Occasion]:
    """Every order of a page of 5 MB is handled."""
    page = next((call for call in evidence.of(LIST) if _size(call) >= LARGE_BYTES), None)
    for order in evidence.placed:
        if page is None or not _names(page, order["orderId"]):
            continue
        answers = _answers_to(evidence, order)
        if answers:
            yield held(page, answers[0])
        elif _is_over(evidence, order):
            breach = f"{order['orderId']} was on a page of 5 MB, and was never handled."
            # Who is still at work on the others has not left it yet.
            latest = max((call.at for call in evidence.of(ACKNOWLEDGE)), default=page.at)
            yield undone(breach, evidence, max(page.at, latest), page)


def _size(call: Call) -> int:
    return int(call.answer_headers.get("content-length", 0))


def _fails(order: Wire, failed: list[Call]) -> bool:
    return any(_order_of(call) == order["orderId"] for call in failed)


def _order_of(call: Call) -> str | None:
    return call.body.get("orderId") if isinstance(call.body, dict) else None


def _shows(call: Call, order_id: str) -> bool:
    """Whether a call looks at orders, or at this one."""
    return call.operation in {"listOrders", "listEvents"} or (call.operation == "getOrder" and order_id in call.path)


def _names(call: Call, order_id: str) -> bool:
    """Whether the client knew of an order by then: it names it, or it was told of it."""
    items = call.answer.get("items", ()) if isinstance(call.answer, dict) else ()
    return order_id in call.path or any(item.get("orderId") == order_id for item in items)


def _of_decision(order: Wire, line: Wire, answer: Call) -> str | None:
    told = answer.body.get("lines", ()) if isinstance(answer.body, dict) else ()
    decisions = [one for one in told if one.get("lineId") == line["lineId"]]
    said = [f"{one.get('decision')} {one.get('reason', '')}".strip() for one in decisions]
    if said == ["REJECT OUT_OF_STOCK"]:
        return None
    words = " and ".join(said) or "nothing"
    return f"{order['orderId']}: of line {line['lineId']}, which is sold out, it was said: {words}."


def _answers_to(evidence: Evidence, order: Wire) -> list[Call]:
    """Return the acknowledgements of an order, in order."""
    return [call for call in evidence.of(ACKNOWLEDGE) if order["orderId"] in call.path]


def _is_over(evidence: Evidence, order: Wire) -> bool:
    """Whether the time in which an order is to be acknowledged was over when the scenario was."""
    return evidence.ended_at is not None and evidence.ended_at > instant(order["placedAt"]) + ACKNOWLEDGE_WITHIN


def _is_given_up(evidence: Evidence, order: Wire) -> bool:
    """Whether an order's buyer has cancelled it."""
    return any(act["asked"]["orderId"] == order["orderId"] for act in evidence.act("cancelAsBuyer"))
