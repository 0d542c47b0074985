"""Whether a client leaves a marketplace in trouble in peace, and comes back."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import groupby, pairwise
from statistics import median

from sandbox_server.certification.check import GRACE_SECONDS, Level, Occasion, broken, check, judged
from sandbox_server.certification.checks.retry import THROTTLED, is_about_the_same
from sandbox_server.certification.evidence import Call, Evidence

LEAST_GAP = 1.0
LEAST_RATIO = 1.5
MOST_TRIES = 40
"""Of one operation in an outage of ten virtual minutes, ten real seconds: a client in a loop makes hundreds."""
LEAST_SPREAD = 0.04
"""Of the waits before a second try: from the shortest to the longest, beside the middle one. A busy machine makes some
of them longer, so that a quarter does not count."""
_FOURTH = 4
_ONE_SECOND = 1.0
_FEW = 3


@check(
    "retry.honours-http-date",
    Level.MUST,
    clause="Conventions, errors: 503 may carry Retry-After, in seconds or as a date",
    scenarios="throttled-in-silence",
    mutant="reads-seconds-alone",
    why="A client that cannot read the date hammers a marketplace that is being mended, and is locked out.",
    mend="Read `Retry-After` as an HTTP date, too, and wait for as long as it lies after the answer's own `Date`.",
)
def honours_http_date(evidence: Evidence) -> Iterator[Occasion]:
    """An operation is left alone until the date that `Retry-After` names."""
    for call in evidence.calls:
        until, now = (_http_date(call.answer_headers.get(name, "")) for name in ("retry-after", "date"))
        following = _next_of(evidence, call)
        if until is None or now is None or following is None:
            continue
        asked = (until - now).total_seconds()
        waited = following.began - call.ended
        breach = f"{call.operation} was called again after {waited:.2f} s; the date was {asked:.0f} s away."
        yield judged(breach if waited < asked - _ONE_SECOND - GRACE_SECONDS else None, call, following)


@check(
    "retry.backs-off-429",
    Level.MUST,
    clause="Conventions, rate limit: an exhausted bucket answers 429",
    scenarios="throttled-in-silence",
    mutant="impatient-when-throttled",
    why="Every call while the bucket is empty is one more that is refused; the queue behind it only grows.",
    mend="After a 429 that does not say for how long, wait a second at the least, and longer each time.",
)
def backs_off(evidence: Evidence) -> Iterator[Occasion]:
    """After a 429 without Retry-After the waits are a second at the least, and do not shrink."""
    for tries in _runs_of_failures(evidence, lambda call: call.status == THROTTLED and not _says_when(call)):
        gaps = _gaps(tries)
        if not gaps:
            continue
        shortest = min(gaps)
        if shortest < LEAST_GAP - GRACE_SECONDS:
            yield broken(f"{tries[0].operation} was tried again after {shortest:.2f} s.", *tries)
        else:
            shrunk = any(after < before - GRACE_SECONDS for before, after in pairwise(gaps))
            yield judged(f"The waits were {_said(gaps)} s: they shrank." if shrunk else None, *tries)


@check(
    "retry.exponential",
    Level.MUST,
    clause="Conventions, errors: `retryable`",
    scenarios="outage",
    mutant="waits-the-same-every-time",
    why="Hundreds of stores that try again every second keep a marketplace down that has just come up.",
    mend="Double the wait after each failure, up to half a minute or so.",
)
def exponential(evidence: Evidence) -> Iterator[Occasion]:
    """Each wait is longer than the one before, by half at the least."""
    for tries in _runs_of_failures(evidence, lambda call: call.status == 503 and not _says_when(call)):
        gaps = _gaps(tries)
        if len(gaps) >= _FEW:
            # Chance moves each wait and so each ratio; what they come to from the first to the longest, it hardly does.
            # After that a client has let go of the call, and begins anew.
            longest = gaps.index(max(gaps))
            ratio = (gaps[longest] / max(gaps[0], 0.001)) ** (1 / max(longest, 1))
            breach = f"The waits were {_said(gaps)} s: each {ratio:.2f} times the one before, in the mean."
            yield judged(breach if ratio < LEAST_RATIO else None, *tries)


@check(
    "retry.capped",
    Level.MUST,
    clause="Conventions, errors: `retryable`",
    scenarios="outage",
    mutant="ends-with-the-outage",
    why="A client that never lets go of a call makes an outage longer; one that lets go of it for good loses orders.",
    mend="Give up after a few tries, leave the call to the next round, and go on when the marketplace is back.",
)
def capped(evidence: Evidence) -> Iterator[Occasion]:
    """An outage is met with a bounded number of calls, and work goes on after it."""
    failed = [call for call in evidence.calls if call.status == 503]
    if len(failed) < _FEW:
        return
    operation = failed[0].operation
    tries = [call for call in failed if call.operation == operation]
    if len(tries) > MOST_TRIES:
        yield broken(f"{operation} was called {len(tries)} times in the outage.", *tries[:5])
    else:
        back = next((one for one in evidence.after(tries[-1]) if one.operation == operation and one.is_done), None)
        yield judged(None if back else f"{operation} was not called any more.", tries[-1], *([back] if back else []))


@check(
    "retry.jitter",
    Level.SHOULD,
    clause="Conventions, errors: `retryable`",
    scenarios="failing-orders",
    mutant="waits-without-chance",
    why="Stores that failed together try again together, and fail together again.",
    mend="Lay chance upon each wait, a quarter of it or so.",
    version=2,
)
def jitter(evidence: Evidence) -> Iterator[Occasion]:
    """Waits of the same kind differ."""
    failed = [call for call in evidence.of("acknowledgeOrder") if call.effect == "error" and not _says_when(call)]
    firsts = [tries for tries in (_tries_of(evidence, call) for call in _first_of_each(failed)) if len(tries) > 1]
    gaps = [tries[1].began - tries[0].ended for tries in firsts]
    if len(gaps) > _FEW:
        middle = median(gaps)
        shortest = sorted(gaps)[: -(len(gaps) // _FOURTH) or None]
        spread = (shortest[-1] - shortest[0]) / middle
        breach = f"{len(gaps)} calls were each tried again after {middle:.2f} s, give or take {spread / 2:.1%}."
        yield judged(breach if spread < LEAST_SPREAD else None, *(tries[1] for tries in firsts))


def _first_of_each(calls: Sequence[Call]) -> list[Call]:
    firsts: dict[str, Call] = {}
    for call in calls:
        firsts.setdefault(call.subject, call)
    return list(firsts.values())


def _tries_of(evidence: Evidence, first: Call) -> list[Call]:
    return [first, *(one for one in evidence.after(first) if is_about_the_same(one, first))]


def _runs_of_failures(evidence: Evidence, failed: Callable[[Call], bool]) -> Iterator[list[Call]]:
    """Return each row of tries of one call that failed so, with the try that ended it."""
    by_wish = sorted(evidence.calls, key=lambda call: (call.wish, call.number))
    for _, group in groupby(by_wish, key=lambda call: call.wish):
        tries: list[Call] = []
        for call in group:
            tries.append(call)
            if not failed(call):
                if len(tries) > 1:
                    yield tries
                tries = []
        if len(tries) > 1:
            yield tries


def _gaps(tries: Sequence[Call]) -> list[float]:
    return [after.began - before.ended for before, after in pairwise(tries)]


def _next_of(evidence: Evidence, call: Call) -> Call | None:
    return next((one for one in evidence.after(call) if one.operation == call.operation), None)


def _says_when(call: Call) -> bool:
    return "retry-after" in call.answer_headers


def _said(gaps: Sequence[float]) -> str:
    return ", ".join(f"{gap:.2f}" for gap in gaps[:8])


def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
