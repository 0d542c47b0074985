"""Whether a client that takes webhooks believes the right ones, and stands what happens to them on their way."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sandbox_server.certification.check import Level, Occasion, broken, check, held, judged
from sandbox_server.certification.checks.orders import answers_by_place
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

SENT, SUBSCRIBE = "sendWebhook", "createSubscription"
CREATED, CANCELLED = "order.created", "order.cancelled"
ON_ORDERS = ("acknowledgeOrder", "createShipment")
RECEIPT_MILLISECONDS = 5_000
AWAKENING_MILLISECONDS = 1_000
"""In which a client that was held up calls and answers at once."""


@check(
    "event.duplicate",
    Level.MUST,
    clause="Events and webhooks: at least once, know it by its webhook-id",
    scenarios="told-thrice",
    mutant="acts-on-every-webhook",
    needs=SUBSCRIBE,
    why="A webhook whose receipt was lost comes again: what it starts is done twice, with goods or with money.",
    mend="Remember each `webhook-id`, answer 2xx whenever it comes again, and let the order's state say what to do.",
)
def duplicate(evidence: Evidence) -> Iterator[Occasion]:
    """What is told three times is done once."""
    answered = answers_by_place(evidence)
    returns = {rma["returnId"]: rma for rma in evidence.world.get("returns", ())}
    for name, acts in _by_subject(evidence).items():
        calls = [call for call in evidence.calls if name in call.subject]
        unreceived = next((act for act in acts if not _is_received(act)), None)
        if unreceived is not None:
            yield broken(_of_answer(unreceived), *calls)
        for place in [place for place in answered if name in place[0]]:
            times = len(answered[place])
            breach = f"Line {place[1]} of {name} was acknowledged {times} times, as often as it was told of."
            yield judged(breach if times > 1 else None, *answered[place])
        if name in returns and (receipts := len(returns[name]["receipts"])):
            breach = f"{name} came once, and was received {receipts} times."
            yield judged(breach if receipts > 1 else None, *calls)


@check(
    "event.out-of-order",
    Level.MUST,
    clause="Events and webhooks: in no promised order",
    scenarios="told-wrongly",
    mutant="believes-what-it-is-told",
    needs=SUBSCRIBE,
    why="An order that was cancelled minutes ago is picked and packed, because it was told of last.",
    mend="Take a webhook for a hint: read what it is about, and do what its state asks for.",
)
def out_of_order(evidence: Evidence) -> Iterator[Occasion]:
    """An order that is told to be there after it is told to be cancelled is left alone."""
    for name, acts in _by_subject(evidence).items():
        kinds = [act["asked"]["event"]["type"] for act in acts if _is_received(act)]
        if kinds[:2] != [CANCELLED, CREATED]:
            continue
        told_at = instant(acts[0]["at"])
        calls = [call for call in evidence.of(*ON_ORDERS) if name in call.subject and call.at >= told_at]
        breach = f"{name} was told to be cancelled, then to be there, and was worked on."
        yield judged(breach if calls else None, *calls)


@check(
    "event.checks-signature",
    Level.MUST,
    clause="Events and webhooks: signed as Standard Webhooks has it",
    scenarios="told-wrongly",
    mutant="believes-forged-webhooks",
    needs=SUBSCRIBE,
    why="Whoever finds the receiver's address makes the chain ship, refund or ask for whatever they like.",
    mend="Check `webhook-signature` over the body as it came, and answer 401 to what is not signed, before all else.",
)
def checks_signature(evidence: Evidence) -> Iterator[Occasion]:
    """A webhook that the marketplace has not signed is refused, and nothing comes of it."""
    for act in evidence.act(SENT):
        forgery, status, name = act["asked"]["forgery"], act["answer"]["status"], _subject(act)
        if forgery is None or status is None:
            continue
        calls = [call for call in evidence.calls if name in call.subject]
        how = _FORGED[forgery]
        if _is_received(act):
            yield broken(f"A webhook {how} was answered with {status}.", *calls)
        else:
            yield judged(f"A webhook {how} made the client ask for {name}." if calls else None, *calls)


_FORGED = {
    "OTHER_SECRET": "signed with another secret",
    "OTHER_BODY": "signed for another body",
    "UNSIGNED": "without a signature",
}


@check(
    "event.answers-fast",
    Level.SHOULD,
    clause="Events and webhooks: any 2xx within 15 seconds is a receipt",
    scenarios="told-while-slow",
    mutant="works-before-it-answers",
    needs=SUBSCRIBE,
    why="On a slow day the marketplace takes the silence for a failure, calls again and again, and then no more.",
    mend="Keep the webhook, answer 204, and work on it afterwards.",
    version=2,
)
def answers_fast(evidence: Evidence) -> Iterator[Occasion]:
    """A webhook is answered within five seconds, however slow the marketplace is."""
    subscribed = evidence.of(SUBSCRIBE)
    for attempt in evidence.world.get("deliveries", ()):
        if attempt["latencyMs"] > RECEIPT_MILLISECONDS:
            if meanwhile := _called_during(evidence, attempt):
                said = f"{attempt['eventType']} was not answered for {attempt['latencyMs'] / 1000:.0f} s."
                yield broken(said, *meanwhile[:1])
        elif attempt["outcome"] == "DELIVERED":
            yield held(*subscribed)


def _called_during(evidence: Evidence, attempt: Wire) -> list[Call]:
    """Return what a client called while a webhook waited for its answer; one that stood still was held up itself."""
    since = instant(attempt["at"])
    waited = timedelta(milliseconds=attempt["latencyMs"] - AWAKENING_MILLISECONDS) * evidence.scale
    return [call for call in evidence.calls if since < call.at < since + waited]


def _by_subject(evidence: Evidence) -> dict[str, list[Wire]]:
    """Return the webhooks that told the truth, by what they are about."""
    told: dict[str, list[Wire]] = defaultdict(list)
    for act in evidence.act(SENT):
        if act["asked"]["forgery"] is None:
            told[_subject(act)].append(act)
    return told


def _subject(act: Wire) -> str:
    return str(next(iter(act["asked"]["event"]["data"].values())))


def _is_received(act: Wire) -> bool:
    status = act["answer"]["status"]
    return status is not None and 200 <= status < 300


def _of_answer(act: Wire) -> str:
    kind, status = act["asked"]["event"]["type"], act["answer"]["status"]
    said = "was not answered" if status is None else f"was answered with {status}"
    return f"{kind} came again, and {said}: it will come for a day."
