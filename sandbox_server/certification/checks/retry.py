"""Whether a client tries again what deserves it, in time and without harm."""

from collections.abc import Iterator

from sandbox_server.certification.check import GRACE_SECONDS, Level, Occasion, broken, check, held, judged, undone
from sandbox_server.certification.evidence import Call, Evidence

THROTTLED = 429
SERVER_ERROR = 500
_NO = {400, 403, 404, 409, 422}


@check(
    "retry.same-key",
    Level.MUST,
    clause="Conventions, idempotency: same key and same body give the first answer again",
    scenarios="answers-lost",
    mutant="new-key-for-every-try",
    why="With a key of its own a repetition is a second wish: two parcels, two refunds.",
    mend="Make the key and the body once for each intent, keep both before the first try, and send both again.",
    version=2,
)
def same_key(evidence: Evidence) -> Iterator[Occasion]:
    """A repetition has the key and the body of the first try."""
    for call in evidence.calls:
        if call.method != "POST" or call.operation == "createToken" or not is_lost(call):
            continue
        again = next((one for one in evidence.after(call) if is_about_the_same(one, call)), None)
        if again is not None:
            yield judged(_of_repetition(call, again), call, again)


def is_about_the_same(call: Call, first: Call) -> bool:
    """Whether a call is another try of what an earlier one was for."""
    return call.operation == first.operation and call.subject == first.subject


def _of_repetition(first: Call, again: Call) -> str | None:
    if first.key is None:
        return f"{first.operation} was sent without an Idempotency-Key."
    if again.key != first.key:
        return f"{first.operation} was sent again with another Idempotency-Key."
    return None if again.text == first.text else f"{first.operation} was sent again with another body."


@check(
    "retry.honours-retry-after",
    Level.MUST,
    clause="Conventions, rate limit: 429 carries Retry-After",
    scenarios="told-to-wait",
    mutant="ignores-retry-after",
    why="A client that asks on while it is throttled is locked out for longer, and its orders wait with it.",
    mend="Leave the operation alone for as many seconds as `Retry-After` says; all of its calls, not this one alone.",
)
def honours_retry_after(evidence: Evidence) -> Iterator[Occasion]:
    """An operation that answered with 429 is left alone for as long as `Retry-After` says."""
    for call in evidence.calls:
        seconds = call.answer_headers.get("retry-after", "")
        if call.status != THROTTLED or not seconds.isdigit():
            continue
        following = next((one for one in evidence.after(call) if one.operation == call.operation), None)
        if following is not None:
            waited = following.began - call.ended
            early = waited < float(seconds) - GRACE_SECONDS
            breach = f"{call.operation} was called again after {waited:.2f} s instead of {seconds} s."
            yield judged(breach if early else None, call, following)


@check(
    "retry.lost-response",
    Level.MUST,
    clause="Conventions, idempotency: same key and same body give the first answer again",
    scenarios=("answers-lost", "brought-back"),
    mutant="takes-silence-for-a-no",
    why="What was done and never heard of is done again, or believed undone: a parcel twice, or a refund never booked.",
    mend="Send a call again whose answer never came, until an answer comes, with its key; then there is one effect.",
    version=2,
)
def lost_response(evidence: Evidence) -> Iterator[Occasion]:
    """A call whose answer was lost is sent again, and has one effect."""
    for call in evidence.calls:
        if call.effect != "lostResponse":
            continue
        again = next((one for one in evidence.after(call) if is_about_the_same(one, call)), None)
        if again is None:
            yield undone(f"{call.operation} got no answer, and was never sent again.", evidence, call.at, call)
        elif call.changes and again.changes:
            yield broken(f"{call.operation} was done a second time.", call, again)
        else:
            yield held(call, again)


@check(
    "retry.new-key-per-intent",
    Level.MUST,
    clause="Conventions, idempotency: other body with that key is refused",
    scenarios="brought-back",
    mutant="one-key-for-all-refunds",
    why="A second refund with the key of the first is refused, and the buyer never sees the money.",
    mend="Make a new key for each thing that is to happen, and use it for the tries of that one thing.",
)
def new_key_per_intent(evidence: Evidence) -> Iterator[Occasion]:
    """Each refund has a key of its own."""
    refunds = [call for call in evidence.of("refundReturn") if call.key is not None]
    intents = {(call.path, call.text): call for call in refunds}
    for call in list(intents.values())[1:]:
        other = next((one for one in refunds if one.key == call.key and one.wish != call.wish), None)
        yield judged(f"{call.path} and {other.path} had the same key." if other else None, call)


@check(
    "retry.key-conflict",
    Level.MUST,
    clause="Conventions, idempotency: 422 IDEMPOTENCY_KEY_REUSED",
    scenarios="refused-for-good",
    mutant="repeats-after-a-conflict",
    why="The key stands for something else: the same call gets the same no for ever, and the order waits.",
    mend="Look at what the key was used for, and make the call anew with a key of its own, or ask a person.",
    version=2,
)
def key_conflict(evidence: Evidence) -> Iterator[Occasion]:
    """A call that is refused for its key is not repeated as it was."""
    for call in evidence.calls:
        if call.effect == "error" and _code(call) == "IDEMPOTENCY_KEY_REUSED":
            again = next((one for one in evidence.after(call) if _is_repeated(one, call)), None)
            yield judged(f"{call.operation} was sent again with the same key." if again else None, call)


@check(
    "retry.not-on-4xx",
    Level.MUST,
    clause="Conventions, errors: only what is `retryable` may succeed when it is repeated",
    scenarios="refused-for-good",
    mutant="repeats-after-a-no",
    why="A no stays a no; the calls are missing where they would do something, and the quota is spent.",
    mend="Take 400, 403, 404, 409 and 422 for an answer: note it, tell somebody, and go on with something else.",
    version=2,
)
def not_on_4xx(evidence: Evidence) -> Iterator[Occasion]:
    """A call that was refused is not repeated."""
    for call in evidence.calls:
        if call.effect == "error" and call.status in _NO and _code(call) != "IDEMPOTENCY_KEY_REUSED":
            again = next((one for one in evidence.after(call) if _is_repeated(one, call)), None)
            said = f"{call.operation} was answered with {call.status}, and sent again."
            yield judged(said if again else None, *([call, again] if again else [call]))


@check(
    "retry.slow-is-not-lost",
    Level.SHOULD,
    clause="Conventions: an answer may take 20 seconds",
    scenarios="slow-answer",
    mutant="begins-anew-when-it-is-slow",
    why="The slow call is still being done; a second one with another key is done as well.",
    mend="Wait half a minute for an answer, and send the same key where it has to be sent again.",
)
def slow_is_not_lost(evidence: Evidence) -> Iterator[Occasion]:
    """A call that takes long is waited for, or sent again with its key."""
    for call in evidence.calls:
        if call.effect == "delay" and call.method == "POST":
            others = (one for one in evidence.after(call) if is_about_the_same(one, call) and one.key != call.key)
            other = next(others, None)
            said = f"{call.operation} was sent again with another key while it was being done."
            yield judged(said if other else None, *([call, other] if other else [call]))


@check(
    "retry.html-is-not-empty",
    Level.MUST,
    clause="Conventions, errors: application/problem+json; results: application/json",
    scenarios="pages-of-html",
    mutant="takes-html-for-no-orders",
    why="Orders that a broken gateway hid are never looked at again: they are late, and then cancelled.",
    mend="Believe an answer only if it is the JSON that was promised; else ask for the same again.",
    version=2,
)
def html_is_not_empty(evidence: Evidence) -> Iterator[Occasion]:
    """After a page of HTML the same orders are asked for again."""
    for call in evidence.of("listOrders"):
        if not call.answer_headers.get("content-type", "").startswith("text/html"):
            continue
        following = next((one for one in evidence.after(call) if one.operation == call.operation), None)
        if following is None:
            yield undone("Orders were not asked for any more.", evidence, call.at, call)
        else:
            skipped = following.query.get("updatedAfter", "") > call.query.get("updatedAfter", "")
            yield judged("The next poll began after what was asked for." if skipped else None, call, following)


def is_lost(call: Call) -> bool:
    """Whether a client cannot know what became of a call."""
    return call.status == 0 or call.status >= SERVER_ERROR


def _code(call: Call) -> str:
    return str(call.answer.get("code", "")) if isinstance(call.answer, dict) else ""


def _is_repeated(again: Call, first: Call) -> bool:
    """Whether a call is an earlier one as it was."""
    same_place = (again.method, again.path, again.query) == (first.method, first.path, first.query)
    return same_place and (again.key, again.text) == (first.key, first.text)
