"""Whether a client got through at all, in plain words; unscored, because most failures are a wrong setting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox_server.certification.evidence import Call, Evidence

UNAUTHENTICATED = 401


@dataclass(frozen=True)
class Step:
    """
    One thing that has to work before anything can be judged.

    Args:
        remedy: What to change; empty where it works.
    """

    name: str
    works: bool
    said: str
    remedy: str = ""


def preflight(evidence: Sequence[Evidence], seen: Sequence[Mapping[str, Any]]) -> list[Step]:
    """
    Return how far a client got.

    Args:
        seen: What was seen in each scenario beside its journal.
    """
    calls = [call for one in evidence for call in one.calls]
    steps = [_reached(calls, seen)]
    if calls:
        steps += [_known(calls), _valid(calls, seen)]
    return steps


def _reached(calls: Sequence[Call], seen: Sequence[Mapping[str, Any]]) -> Step:
    if calls:
        return Step("reached the marketplace", works=True, said=f"{len(calls)} calls came.")
    stray = next((one for each in seen for one in each.get("elsewhere", ())), None)
    if stray is not None:
        call, owner = f"{stray['method']} {stray['path']}", stray["clientId"]
        said = f"{call} came from a client of another tenant, {owner}." if owner else f"{call} came from nobody known."
        remedy = (
            "Call ACORN_BASE_URL as ACORN_CLIENT_ID or with ACORN_API_KEY, as they are in the environment of this run."
        )
        return Step("reached the marketplace", works=False, said=said, remedy=remedy)
    crashed = sorted({run["exit"] for one in seen for run in one["client"] if run["ended"] == "CRASHED"})
    if crashed:
        remedy = f"It ended with status {crashed[0]}; what it said is in client.txt of each scenario."
    else:
        remedy = "Have the client call ACORN_BASE_URL, as it is given in its environment."
    return Step("reached the marketplace", works=False, said="Not one call came.", remedy=remedy)


def _known(calls: Sequence[Call]) -> Step:
    let_in = [call for call in calls if call.operation and call.status not in {0, UNAUTHENTICATED}]
    if any(call.operation != "createToken" and call.status < UNAUTHENTICATED for call in let_in):
        return Step("was let in", works=True, said="The marketplace knows the client.")
    asked = [call for call in calls if call.operation == "createToken"]
    if not asked:
        remedy = "Ask POST {ACORN_BASE_URL}/oauth/token for a token, or send ACORN_API_KEY as X-Api-Key."
        return Step("was let in", works=False, said="No token was asked for, and no key was taken.", remedy=remedy)
    if any(call.status == UNAUTHENTICATED for call in asked):
        remedy = "Send ACORN_CLIENT_ID and ACORN_CLIENT_SECRET as they are in the environment of this run."
        return Step("was let in", works=False, said="The client id or its secret was refused.", remedy=remedy)
    remedy = "Send the access token with every call: Authorization: Bearer <access_token>."
    return Step("was let in", works=False, said="A token was given, and no call with it was taken.", remedy=remedy)


def _valid(calls: Sequence[Call], seen: Sequence[Mapping[str, Any]]) -> Step:
    good = next((call for call in calls if call.operation not in {None, "createToken"} and call.is_done), None)
    if good is not None:
        return Step("made a valid call", works=True, said=f"{good.operation} was answered with {good.status}.")
    lost = next((one for each in seen for one in each["unmatched"]), None)
    if lost is not None:
        remedy = lost.get("remedy") or "Add the operation's path, as the contract has it, to ACORN_BASE_URL."
        said = f"{lost['method']} {lost['path']}: {lost['explanation']}"
        return Step("made a valid call", works=False, said=said, remedy=remedy)
    return Step(
        "made a valid call",
        works=False,
        said="No call was answered with a result.",
        remedy="The journal says what was wrong with each call: journal.ndjson of each scenario.",
    )
