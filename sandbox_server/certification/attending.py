"""Judging a client that runs already: told how to be set, waited for, and played with."""

from collections.abc import Mapping
from pathlib import Path
from threading import Event

from sandbox_server.certification.client import AttachedClient
from sandbox_server.certification.plan import Plan
from sandbox_server.certification.rehearsal import Attached, Rehearsal, Tell, environment
from sandbox_server.certification.stage import Interrupted
from sandbox_server.remote import Sandbox, in_path

_OF_A_SCENARIO = {"ACORN_SCENARIO", "ACORN_DEADLINE_SECONDS"}
_LOOK_SECONDS = 0.2


def invite(sandbox: Sandbox, plan: Plan, attached: Attached) -> Mapping[str, str]:
    """Make the client's tenant, and return what the client has to be set to."""
    first = attached.paced(plan.scenarios[0])
    asked = {"name": attached.tenant, "fixture": first.fixture, "seed": first.seed}
    told = environment(sandbox.url, sandbox.call("POST", "/tenants", asked), first)
    return {name: value for name, value in told.items() if name not in _OF_A_SCENARIO}


def attend(
    sandbox: Sandbox, plan: Plan, attached: Attached, folder: Path, tell: Tell, stop: Event | None = None
) -> None:
    """
    Have the tenant's time run at the client's pace, wait for a call, and play all scenarios one after the other.

    Args:
        folder: Where what is seen is kept, a folder for each scenario.
        tell: Told which scenario does what.
        stop: Set when the run is to end before its time.

    Raises:
        Interrupted: It was set.
    """
    stop = stop or Event()
    place = f"/tenants/{in_path(attached.tenant)}"
    since = sandbox.call("PUT", f"{place}/clock", {"mode": "SCALED", "scale": attached.scale})["now"]
    while not sandbox.call("GET", f"{place}/journal", query={"limit": 1, "receivedAfter": since})["items"]:
        if stop.wait(_LOOK_SECONDS):
            raise Interrupted
    players = Rehearsal(sandbox, lambda *_: AttachedClient(), folder, tell, stop, attached)
    players.play_all(plan.scenarios, side_by_side=1)
