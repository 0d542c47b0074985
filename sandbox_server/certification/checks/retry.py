"""Whether a client tries again what deserves it, in time and without harm."""

from collections.abc import Iterator

from sandbox_server.certification.check import GRACE_SECONDS, Level, Occasion, check, judged
from sandbox_server.certification.evidence import Call, Evidence

THROTTLED = 429
SERVER_ERROR = 500


@check(
    "retry.same-key",
    Level.MUST,
    clause="Conventions, idempotency: same key and same body give the first answer again",
    scenarios="answers-lost",
    mutant="new-key-for-every-try",
    why="With a key of its own a repetition is a second wish: two parcels, two refunds.",
    mend="Make the key and the body once for each intent, keep both before the first try, and send both again.",
)
def same_key(evidence: Evidence) -> Iterator[Occasion]:
    """A repetition has the key and the body of the first try."""
    for call in evidence.calls:
        if call.method != "POST" or call.operation == "createToken" or not is_lost(call):
            continue
        again = next((one for one in evidence.after(call) if _is_about_the_same(one, call)), None)
        if again is not None:
            yield judged(_of_repetition(call, again), call, again)


def _is_about_the_same(call: Call, first: Call) -> bool:
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


def is_lost(call: Call) -> bool:
    """Whether a client cannot know what became of a call."""
    return call.status == 0 or call.status >= SERVER_ERROR
