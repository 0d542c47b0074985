"""Whether a client stands what it does not know, and being interrupted."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox_server.certification.check import Level, Occasion, broken, check, held, undone
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

UNKNOWN_STATE = "ON_HOLD"
_OPEN = {"NEW", "ACKNOWLEDGED", "PARTIALLY_SHIPPED"}
_WRITES = ("acknowledgeOrder", "createShipment", "cancelOrder")


@check(
    "tolerate.unknown-field",
    Level.MUST,
    clause="Conventions: members may be added to answers without a new version",
    scenarios="new-members",
    mutant="refuses-unknown-members",
    why="On the day on which the marketplace adds a member, every order stands still.",
    mend="Read the members that you need, and never mind the others.",
    version=2,
)
def unknown_field(evidence: Evidence) -> Iterator[Occasion]:
    """Answers with members that nobody knows hold nothing up."""
    if any(call.effect == "drift" for call in evidence.calls):
        yield from (_of_settled(evidence, order) for order in _placed(evidence))


@check(
    "tolerate.unknown-enum",
    Level.MUST,
    clause="Conventions: values may be added to enumerations without a new version",
    scenarios="unknown-states",
    mutant="takes-unknown-for-new",
    why="What an unknown state forbids is done all the same: goods leave that should have waited.",
    mend="Leave what is in an unknown state alone, look at it again later, and go on with the others.",
    version=2,
)
def unknown_enum(evidence: Evidence) -> Iterator[Occasion]:
    """An order in a state that nobody knows is left alone until its state is known again; the others go on."""
    states: dict[str, tuple[str, Call]] = {}
    for call in evidence.calls:
        order_id = _written(call)
        if order_id in states and states[order_id][0] == UNKNOWN_STATE:
            shown = states[order_id][1]
            yield broken(f"{order_id} was {UNKNOWN_STATE}, and {call.operation} was called for it.", shown, call)
        for order in _told(call):
            states[order["orderId"]] = (order["status"], call)
            if order["status"] == UNKNOWN_STATE:
                yield held(call)
    if any(call.effect == "drift" for call in evidence.calls):
        for order in _placed(evidence):
            state, told = states.get(order["orderId"], ("", None))
            yield _of_settled(evidence, order, told if state == UNKNOWN_STATE else None)


@check(
    "client.resumes",
    Level.MUST,
    clause="Conventions, idempotency: keys are kept for a day",
    scenarios="killed",
    mutant="begins-with-what-is-new",
    why="Whatever was under way when the machine stopped is lost, or is done a second time.",
    mend="Begin with all that is open, and name intents so that a new process gives them the same key.",
    version=2,
)
def resumes(evidence: Evidence) -> Iterator[Occasion]:
    """A client that was killed goes on where it was: nothing is lost, and nothing done twice."""
    if not any(run["ended"] == "KILLED_BY_SCENARIO" for run in evidence.client):
        return
    for order in _placed(evidence):
        done = [call for call in evidence.of(*_WRITES) if _written(call) == order["orderId"] and call.changes]
        repeated = next((call for call in done[1:] if call.operation == done[0].operation == "acknowledgeOrder"), None)
        if repeated is not None and repeated.text == done[0].text:
            yield broken(f"{order['orderId']} was acknowledged twice.", done[0], repeated)
        else:
            yield _of_settled(evidence, order)


def _of_settled(evidence: Evidence, order: Wire, unknown: Call | None = None) -> Occasion:
    """
    Judge whether an order was seen to.

    Args:
        unknown: What showed it last, in a state that nobody knows.
    """
    now = next(one for one in evidence.world["orders"] if one["orderId"] == order["orderId"])
    calls = [call for call in evidence.of(*_WRITES) if _written(call) == order["orderId"]]
    if now["status"] not in _OPEN:
        return held(*calls)
    since = instant(order["placedAt"])
    # Who leaves an order alone for longer each time looks at it again when as much time has passed once more.
    again = since if unknown is None else unknown.at + (unknown.at - since)
    return undone(f"{order['orderId']} was left {now['status']}.", evidence, again, *calls)


def _placed(evidence: Evidence) -> tuple[Wire, ...]:
    return evidence.placed if evidence.calls else ()


def _written(call: Call) -> str:
    """Return the order that a call changes; empty where it changes none."""
    if call.operation not in _WRITES:
        return ""
    named: Mapping[str, Any] = call.body if isinstance(call.body, dict) else {}
    return str(named["orderId"]) if "orderId" in named else call.path.split("/orders/")[-1].partition("/")[0]


def _told(call: Call) -> list[Wire]:
    """Return the orders that an answer shows."""
    if not isinstance(call.answer, dict) or not call.is_done:
        return []
    if call.operation == "listOrders":
        return list(call.answer.get("items", ()))
    return [call.answer] if "orderId" in call.answer and "placedAt" in call.answer else []
