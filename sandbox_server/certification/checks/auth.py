"""Whether a client handles its credentials as they are meant."""

from collections.abc import Iterator

from sandbox_server.certification.check import Level, Occasion, check, judged
from sandbox_server.certification.evidence import Call, Evidence

TOKEN = "createToken"  # noqa: S105 - an operation
ENOUGH_CALLS = 50
TOKEN_REQUESTS = 2
UNAUTHENTICATED = 401


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
    version=2,
)
def refreshes_on_expiry(evidence: Evidence) -> Iterator[Occasion]:
    """After a token has ended, one new token is asked for, and the same call succeeds."""
    for call in evidence.calls:
        if call.status == UNAUTHENTICATED and _code(call) == "TOKEN_EXPIRED":
            again = next((one for one in evidence.after(call) if _is_again(one, call)), None)
            if again is None:
                yield judged("The call was not made again.", call)
                continue
            # A client that makes several calls at a time may have been told by another of them while this one was out.
            asked = [one for one in evidence.of(TOKEN) if one.ended > call.began and one.number < again.number]
            yield judged(_of_renewal(asked, again), call, *asked, again)


def _of_renewal(asked: list[Call], again: Call) -> str | None:
    if not asked:
        return "The call was made again without a new token."
    if len(asked) > 1:
        return f"{len(asked)} tokens were asked for before the call was made again."
    return None if again.is_done else f"The same call was answered with {again.status} again."


def _is_again(call: Call, first: Call) -> bool:
    """Whether a call is another try; a list may be asked for from a later moment."""
    return (call.operation, call.path, call.text) == (first.operation, first.path, first.text)


def _code(call: Call) -> str:
    return str(call.answer.get("code", "")) if isinstance(call.answer, dict) else ""
