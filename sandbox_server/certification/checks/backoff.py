"""Whether a client leaves a marketplace in trouble in peace, and comes back."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import groupby, pairwise
from statistics import median

from sandbox_server.certification.check import GRACE_SECONDS, Level, Occasion, broken, check, held, judged, undone
from sandbox_server.certification.checks.retry import THROTTLED, is_about_the_same
from sandbox_server.certification.evidence import Call, Evidence

LEAST_GAP = 1.0
LEAST_RATIO = 1.5
LEAST_SHARE = 1 / 3
"""Of the steps from one wait to the next, those that have to grow: clients begin anew after their last try. A busy
machine lengthens a wait now and then, and each such wait undoes one step. Of the four steps of a client that doubles
its waits three would have to be undone: where one wait in fifty is long enough, that happens once in 30 000 runs."""
MOST_TRIES, TRIES_SECONDS = 40, 10.0
"""Of one operation in so much of an outage, in real time: a client in a loop makes hundreds."""
LEAST_SPREAD = 0.025
"""Of the waits before a second try: from the shortest to the longest, beside the middle one. A busy machine makes some
of them longer, so that a quarter does not count. Chance alone fails a client that lays a quarter upon its waits once in
28 000 runs."""
ENOUGH_WAITS = 8
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
    version=2,
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
            # A busy machine makes single waits longer, and none shorter.
            shrunk = any(gap < min(gaps[:number]) / 2 for number, gap in enumerate(gaps) if number > 1)
            yield judged(f"The waits were {_said(gaps)} s: they shrank." if shrunk else None, *tries)


@check(
    "retry.exponential",
    Level.MUST,
    clause="Conventions, errors: `retryable`",
    scenarios="outage",
    mutant="waits-the-same-every-time",
    why="Hundreds of stores that try again every second keep a marketplace down that has just come up.",
    mend="Double the wait after each failure, up to half a minute or so.",
    version=2,
)
def exponential(evidence: Evidence) -> Iterator[Occasion]:
    """Waits grow from one try to the next, by half at the least."""
    for tries in _runs_of_failures(evidence, lambda call: call.status == 503 and not _says_when(call)):
        gaps = _gaps(tries)
        if len(gaps) >= _FEW:
            steps = [after >= before * LEAST_RATIO for before, after in pairwise(gaps)]
            breach = f"The waits were {_said(gaps)} s: of {len(steps)} steps only {sum(steps)} grew by half."
            yield judged(breach if sum(steps) < len(steps) * LEAST_SHARE else None, *tries)


@check(
    "retry.capped",
    Level.MUST,
    clause="Conventions, errors: `retryable`",
    scenarios="outage",
    mutant="ends-with-the-outage",
    why="A client that never lets go of a call makes an outage longer; one that lets go of it for good loses orders.",
    mend="Give up after a few tries, leave the call to the next round, and go on when the marketplace is back.",
    version=2,
)
def capped(evidence: Evidence) -> Iterator[Occasion]:
    """An outage is met with a bounded number of calls, and work goes on after it."""
    failed = [call for call in evidence.calls if call.status == 503]
    if len(failed) < _FEW:
        return
    operation = failed[0].operation
    tries = [call for call in failed if call.operation == operation]
    lasted = max(TRIES_SECONDS, tries[-1].began - tries[0].began)
    if len(tries) > MOST_TRIES * lasted / TRIES_SECONDS:
        yield broken(f"{operation} was called {len(tries)} times in the outage.", *tries[:5])
    else:
        back = next((one for one in evidence.after(tries[-1]) if one.operation == operation and one.is_done), None)
        if back is not None:
            yield held(tries[-1], back)
        else:
            yield undone(f"{operation} was not called any more.", evidence, tries[-1].at, tries[-1])


@check(
    "retry.jitter",
    Level.SHOULD,
    clause="Conventions, errors: `retryable`",
    scenarios="failing-orders",
    mutant="waits-without-chance",
    why="Stores that failed together try again together, and fail together again.",
    mend="Lay chance upon each wait, a quarter of it or so.",
    version=3,
)
def jitter(evidence: Evidence) -> Iterator[Occasion]:
    """Waits of the same kind differ."""
    failed = [call for call in evidence.of("acknowledgeOrder") if call.effect == "error" and not _says_when(call)]
    firsts = [tries for tries in (_tries_of(evidence, call) for call in _first_of_each(failed)) if len(tries) > 1]
    gaps = [tries[1].began - tries[0].ended for tries in firsts]
    if len(gaps) >= ENOUGH_WAITS:
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
