"""Whether a client handles its credentials as they are meant."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from sandbox_server.certification.check import EVERY, Level, Occasion, broken, check, held, judged, undone
from sandbox_server.certification.evidence import Call, Evidence
from sandbox_server.traffic.redaction import MARK

TOKEN = "createToken"  # noqa: S105 - an operation
CREDENTIAL_OPERATIONS = (TOKEN, "revokeToken")
ENOUGH_CALLS = 50
TOKEN_REQUESTS = 2
ATTEMPTS = 3
BURST_SECONDS = 1.0
LAST_PART = 0.1
"""Of a token's life, in which a client that renews it in time has another one already."""
BAD_REQUEST, UNAUTHENTICATED = 400, 401


@check(
    "auth.reuses-token",
    Level.MUST,
    clause="Who is calling: bearer tokens of 3600 s",
    scenarios="working-day",
    mutant="token-for-every-call",
    why="The token endpoint allows 20 requests a minute: from the twenty-first call on, orders stand still.",
    mend="Keep the token and use it for every call until shortly before `expires_in` has passed.",
)
def reuses_token(evidence: Evidence) -> Iterator[Occasion]:
    """One token serves many calls."""
    with_token = [call for call in evidence.calls if "authorization" in call.headers and call.operation != TOKEN]
    requests = evidence.of(TOKEN)
    if len(with_token) >= ENOUGH_CALLS:
        too_many = len(requests) > TOKEN_REQUESTS
        breach = f"{len(requests)} tokens were asked for {len(with_token)} calls, within the life of one."
        yield judged(breach if too_many else None, *requests)


@check(
    "auth.refreshes-on-expiry",
    Level.MUST,
    clause="Errors: 401 TOKEN_EXPIRED",
    scenarios="token-ends",
    mutant="gives-up-on-expiry",
    why="A token that ends early stops every order until somebody restarts the client.",
    mend="After a 401 TOKEN_EXPIRED ask for one new token, then make the same call again with it.",
    version=4,
)
def refreshes_on_expiry(evidence: Evidence) -> Iterator[Occasion]:
    """After a token has ended, one new token is asked for, and the same call succeeds."""
    for call in evidence.calls:
        if call.status == UNAUTHENTICATED and _code(call) == "TOKEN_EXPIRED":
            again = next((one for one in evidence.after(call) if _is_again(one, call)), None)
            if again is None:
                yield undone("The call was not made again.", evidence, call.at, call)
                continue
            # A client that makes several calls at a time may have been told by another of them while this one was out.
            asked = [one for one in evidence.of(TOKEN) if one.ended > call.began and one.number < again.number]
            yield judged(_of_renewal(asked, again), call, *asked, again)


@check(
    "auth.survives-revocation",
    Level.MUST,
    clause="Errors: 401 TOKEN_REVOKED",
    scenarios="token-ends",
    mutant="gives-up-on-revocation",
    why="Tokens are revoked whenever somebody suspects a leak; orders must not stand still because of it.",
    mend="After a 401 TOKEN_REVOKED ask for one new token, and go on with it.",
    version=3,
)
def survives_revocation(evidence: Evidence) -> Iterator[Occasion]:
    """After its token was revoked, the client asks for one new token and goes on."""
    refusals = [call for call in evidence.calls if call.status == UNAUTHENTICATED]
    while refusals:
        first = refusals[0]
        token = next((one for one in evidence.after(first) if one.operation == TOKEN), None)
        # Calls that were out at the same time are refused together: one new token is for all of them.
        together = [first, *(one for one in refusals[1:] if token is None or one.began < token.ended)]
        refusals = [one for one in refusals if one not in together]
        if any(_code(one) == "TOKEN_REVOKED" for one in together):
            until = refusals[0].number if refusals else float("inf")
            later = [one for one in evidence.after(first) if one.number < until]
            yield _of_revocation(evidence, first, later)


def _of_revocation(evidence: Evidence, first: Call, later: list[Call]) -> Occasion:
    asked = [one for one in later if one.operation == TOKEN]
    breach = f"{len(asked)} tokens were asked for after one was revoked, instead of one."
    if not asked:
        return undone(breach, evidence, first.at, first)
    if len(asked) > 1:
        return broken(breach, first, *asked)
    if any(one.is_done for one in later if one.operation != TOKEN):
        return held(first, *asked)
    return undone("No call went well after it.", evidence, first.at, first, *asked)


@check(
    "auth.stops-on-bad-credentials",
    Level.MUST,
    clause="Who is calling: RFC 6749, invalid_client",
    scenarios="secret-refused",
    mutant="asks-on-with-a-bad-secret",
    why="A client that hammers the token endpoint with a wrong secret gets its whole account locked.",
    mend="Take `invalid_client` for final: stop, and tell a person. Trying again mends nothing.",
)
def stops_on_bad_credentials(evidence: Evidence) -> Iterator[Occasion]:
    """When its secret is refused, the client stops asking."""
    refused = [call for call in evidence.of(TOKEN) if call.status in {BAD_REQUEST, UNAUTHENTICATED}]
    if refused:
        breach = f"The same secret was sent {len(refused)} times after it was refused; {ATTEMPTS} are enough."
        yield judged(breach if len(refused) > ATTEMPTS else None, *refused)


@check(
    "auth.secret-only-in-header",
    Level.MUST,
    clause="Who is calling: POST /oauth/token, X-Api-Key",
    scenarios=EVERY,
    mutant="writes-its-secret-down",
    why="Addresses and bodies end up in logs and invoices: whoever reads them can act as the chain.",
    mend="Send the secret in the header or the body of the token request, a key in `X-Api-Key`, and neither elsewhere.",
)
def secret_only_in_header(evidence: Evidence) -> Iterator[Occasion]:
    """The secret stands in no address, and in no body but the token request's."""
    if any(_proves_itself(call) for call in evidence.calls):
        yield held(*[call for call in evidence.calls if _proves_itself(call)][:1])
    for call in evidence.calls:
        if call.number in evidence.leaks or _was_redacted(call):
            yield broken(f"A secret stands in what {call.operation or call.path} was sent.", call)


def _proves_itself(call: Call) -> bool:
    return "authorization" in call.headers or "x-api-key" in call.headers


def _was_redacted(call: Call) -> bool:
    in_body = MARK in call.text and call.operation not in CREDENTIAL_OPERATIONS
    return in_body or MARK in call.path or any(MARK in value for value in call.query.values())


@check(
    "auth.refreshes-before-expiry",
    Level.SHOULD,
    clause="Who is calling: bearer tokens of 3600 s; expires_in",
    scenarios="long-day",
    mutant="waits-for-the-refusal",
    why="Every hour a call is refused that need not be; the one that it hits is late, and the error rate counts.",
    mend="Ask for the next token when four fifths of `expires_in` have passed, in the marketplace's time.",
    version=2,
)
def refreshes_before_expiry(evidence: Evidence) -> Iterator[Occasion]:
    """A token is renewed before it ends."""
    given = [call for call in evidence.of(TOKEN) if call.is_done]
    ends = {call.number: call.at + timedelta(seconds=float(call.answer.get("expires_in", 0))) for call in given}
    for call, following in pairwise(given):
        if following.at < ends[call.number]:
            yield held(call, following)
    for call in evidence.calls:
        if call.status == UNAUTHENTICATED and _code(call) == "TOKEN_EXPIRED" and call.fault is None:
            before = next((one for one in reversed(given) if one.number < call.number), None)
            if before is not None and _was_used_at_its_end(evidence, before, ends[before.number]):
                yield broken(f"{call.operation} was refused: its token had ended.", call)


def _was_used_at_its_end(evidence: Evidence, given: Call, end: datetime) -> bool:
    """Whether a client called in the last tenth of a token's life; one that was held up then cannot be blamed."""
    last = [one for one in evidence.after(given) if end - (end - given.at) * LAST_PART <= one.at < end]
    return len(last) > 1


@check(
    "auth.single-flight-refresh",
    Level.SHOULD,
    clause="Rate limits: token 20 a minute, burst 10",
    scenarios="long-day",
    mutant="renews-all-at-once",
    why="At a peak all workers ask for a token in the same moment, and the token endpoint turns them away.",
    mend="Let one worker ask for the new token, and the others wait for that one.",
)
def single_flight_refresh(evidence: Evidence) -> Iterator[Occasion]:
    """When a token comes to its end, one new token is asked for, by one worker."""
    for burst in _bursts(evidence.of(TOKEN))[1:]:
        breach = f"{len(burst)} tokens were asked for in the same moment."
        yield judged(breach if len(burst) > TOKEN_REQUESTS else None, *burst)


def _bursts(calls: list[Call]) -> list[list[Call]]:
    """Return calls by the moments at which they came."""
    bursts: list[list[Call]] = []
    for call in calls:
        if bursts and call.began - bursts[-1][-1].began < BURST_SECONDS:
            bursts[-1].append(call)
        else:
            bursts.append([call])
    return bursts


def _of_renewal(asked: list[Call], again: Call) -> str | None:
    if not asked:
        return "The call was made again without a new token."
    if len(asked) > 1:
        return f"{len(asked)} tokens were asked for before the call was made again."
    return None if again.is_done else f"The same call was answered with {again.status} again."


def _is_again(call: Call, first: Call) -> bool:
    """Whether a call is another try; a list may be asked for from a later moment."""
    # The body of a call that is turned away at the door is never read.
    is_the_same = call.text == first.text or not first.text
    return is_the_same and (call.operation, call.path, call.key) == (first.operation, first.path, first.key)


def _code(call: Call) -> str:
    return str(call.answer.get("code", "")) if isinstance(call.answer, dict) else ""
