"""Whether a client learns of changes: all of them, and without asking all the time."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from sandbox_server.certification.check import Level, Occasion, broken, check, held, judged, undone
from sandbox_server.certification.evidence import Call, Evidence, instant

LIST, ACKNOWLEDGE = "listOrders", "acknowledgeOrder"
ENOUGH_POLLS = 3
FULL_READS = 2
"""How often an unchanged list may be read again in full, say after a failure."""
IDLE = timedelta(minutes=5)
MOST_CALLS = 100


@check(
    "poll.uses-watermark",
    Level.SHOULD,
    clause="Conventions, change feeds: every list takes updatedAfter",
    scenarios="quiet-evening",
    mutant="reads-everything-again",
    why="Who reads everything at every poll gets slower with every order, until a poll takes longer than its interval.",
    mend="Keep the largest `updatedAt` that you have seen, and ask for `updatedAfter` a little before it.",
)
def uses_watermark(evidence: Evidence) -> Iterator[Occasion]:
    """Polls ask for what has changed, from a moment that moves on."""
    polls = [call for call in evidence.of(LIST) if call.is_done and "cursor" not in call.query]
    read_again = [call for number, call in enumerate(polls) if _is_full(call) and _was_asked(call, polls[:number])]
    marks = [call for call in polls if not _is_full(call)]
    if len(read_again) > FULL_READS:
        yield broken(f"{len(read_again)} of {len(polls)} polls read again what they had read.", *read_again[:2])
    if len(marks) >= ENOUGH_POLLS:
        back = next((pair for pair in pairwise(marks) if _mark(pair[1]) < _mark(pair[0])), None)
        if back is not None:
            yield broken(f"updatedAfter went back, from {_mark(back[0]):%X} to {_mark(back[1]):%X}.", *back)
        else:
            grew = _mark(marks[-1]) > _mark(marks[0])
            yield judged(None if grew else f"updatedAfter stays at {_mark(marks[0]):%X}.", marks[0], marks[-1])


@check(
    "poll.boundary",
    Level.MUST,
    clause="Conventions, change feeds: updatedAt only grows",
    scenarios="quiet-evening",
    mutant="steps-over-the-boundary",
    why="Of two orders of one instant the second one is never seen when the first one moves the watermark past it.",
    mend="Ask from a little before the watermark, and make it harmless to meet an order twice.",
    version=2,
)
def boundary(evidence: Evidence) -> Iterator[Occasion]:
    """An order that appears later than others of its instant is handled, too."""
    instants: dict[str, set[str]] = defaultdict(set)
    for order in evidence.placed:
        instants[order["placedAt"]].add(order["orderId"])
    met: set[str] = set()
    for poll in evidence.of(LIST):
        shown = _orders_on(poll)
        for together in instants.values() if poll.effect == "missingItems" else ():
            late = together - shown - met
            if late and shown & together - met:
                yield from (_of_latecomer(evidence, poll, order_id) for order_id in sorted(late))
        met |= shown


def _of_latecomer(evidence: Evidence, poll: Call, order_id: str) -> Occasion:
    answer = next((one for one in evidence.of(ACKNOWLEDGE) if order_id in one.path), None)
    if answer is not None:
        return held(poll, answer)
    breach = f"{order_id} was missing from this page, and was never handled though it was there afterwards."
    return undone(breach, evidence, poll.at, poll)


@check(
    "poll.not-busy",
    Level.MUST,
    clause="Rate limits: orders read 60 a minute",
    scenarios="quiet-evening",
    mutant="never-rests",
    why="Who asks without a pause spends the allowance on nothing, and has none left when orders come.",
    mend="Poll every 15 seconds or so of the marketplace's time, or wait for webhooks.",
    version=2,
)
def not_busy(evidence: Evidence) -> Iterator[Occasion]:
    """While nothing happens, the client does not ask all the time."""
    if evidence.ended_at is None:
        return
    since = evidence.ended_at - IDLE
    idle = [call for call in evidence.calls if call.at >= since]
    # A client that is still at work is not idle; what it has to do took it longer on a busy machine.
    if idle and all(instant(act["at"]) < since for act in evidence.acts) and not any(one.changes for one in idle):
        breach = f"{len(idle)} calls in 5 virtual minutes in which nothing happened; {MOST_CALLS} are enough."
        yield judged(breach if len(idle) > MOST_CALLS else None, idle[0], idle[-1])


def _is_full(poll: Call) -> bool:
    return "updatedAfter" not in poll.query


def _was_asked(poll: Call, before: list[Call]) -> bool:
    return any(poll.wish == other.wish for other in before)


def _mark(poll: Call) -> datetime:
    return instant(poll.query["updatedAfter"])


def _orders_on(poll: Call) -> set[str]:
    items = poll.answer.get("items", ()) if poll.is_done and isinstance(poll.answer, dict) else ()
    return {item["orderId"] for item in items}
