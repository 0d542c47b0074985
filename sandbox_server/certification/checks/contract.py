"""Whether a client keeps to the contract's words."""

from collections.abc import Iterator

from sandbox_server.certification.check import EVERY, Level, Occasion, broken, check, held
from sandbox_server.certification.evidence import Call, Evidence


@check(
    "contract.clean",
    Level.MUST,
    clause="Conventions: unknown members are rejected in requests",
    scenarios=EVERY,
    mutant="guesses-a-path",
    why="What the contract does not have today may be refused tomorrow, with every order that depends on it.",
    mend="Send what the contract describes, and nothing else; the entries say what is wrong and where.",
)
def clean(evidence: Evidence) -> Iterator[Occasion]:
    """Every request is what the contract describes."""
    good = [call for call in evidence.calls if call.operation and not call.errors]
    if good:
        yield held(good[0])
    for call in evidence.calls:
        if call.operation is None:
            yield broken(f"There is no {call.method} {call.path}.", call)
        elif call.errors:
            yield broken(f"{call.operation}: {_first_error(call)}", call)


def _first_error(call: Call) -> str:
    error = call.errors[0]
    where = error.get("pointer") or error.get("parameter") or error.get("header") or "body"
    return f"{where}: {error['message']}"
