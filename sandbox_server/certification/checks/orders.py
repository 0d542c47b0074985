"""Whether a client answers for the orders that it gets."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sandbox_server.certification.check import Level, Occasion, broken, check, judged
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

ACKNOWLEDGE = "acknowledgeOrder"
ACKNOWLEDGE_WITHIN = timedelta(hours=2)


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
    return call.wish == other.wish and (call.key == other.key is not None or not other.is_done)


@check(
    "order.ack-in-time",
    Level.MUST,
    clause="Orders: acknowledgeBy, 2 h",
    scenarios="long-day",
    mutant="sits-on-orders",
    why="What is not answered in two hours is taken away and given to another store; the second time it is cancelled.",
    mend="Look for new orders every few minutes at the least, and acknowledge each before its `acknowledgeBy`.",
)
def acknowledged_in_time(evidence: Evidence) -> Iterator[Occasion]:
    """Every order is acknowledged within two hours."""
    for order in evidence.placed if evidence.calls else ():
        until = instant(order["placedAt"]) + ACKNOWLEDGE_WITHIN
        answer = next((call for call in _answers_to(evidence, order) if call.is_done), None)
        if answer is not None:
            late = (answer.at - until) / timedelta(minutes=1)
            breach = f"{order['orderId']} was acknowledged {late:.0f} virtual minutes too late."
            yield judged(breach if late > 0 else None, answer)
        elif order["storeIds"] and _is_over(evidence, order) and not _is_given_up(evidence, order):
            yield broken(f"{order['orderId']} was not acknowledged within 2 virtual hours.")


@check(
    "order.rejects-what-it-lacks",
    Level.MUST,
    clause="Orders: per line ACCEPT or REJECT with a reason",
    scenarios="sold-out",
    mutant="accepts-what-it-lacks",
    why="Who accepts what is not there makes the buyer wait for nothing; another store would have had it.",
    mend="Look at the shelf before you answer, and `REJECT` with `OUT_OF_STOCK` what does not lie there.",
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
                yield broken(f"{order['orderId']}: nothing was said of line {line['lineId']}, which is sold out.")


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
