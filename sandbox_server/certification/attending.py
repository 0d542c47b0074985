"""Judging a client that runs already: told how to be set, waited for, and played with."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

from sandbox_server.certification.client import AttachedClient
from sandbox_server.certification.plan import Plan
from sandbox_server.certification.rehearsal import Attached, Rehearsal, Tell, beginning, environment
from sandbox_server.certification.stage import Interrupted
from sandbox_server.remote import Sandbox, in_path

_OF_A_SCENARIO = {"ACORN_SCENARIO", "ACORN_DEADLINE_SECONDS"}
_LOOK_SECONDS = 0.2


def attend(
    sandbox: Sandbox,
    plan: Plan,
    attached: Attached,
    folder: Path,
    tell: Tell,
    show: Callable[[Mapping[str, str]], None],
    stop: Event | None = None,
) -> None:
    """
    Make the client's tenant, wait for its first call, and play all scenarios one after the other.

    Args:
        folder: Where what is seen is kept, a folder for each scenario.
        tell: Told which scenario does what.
        show: Told what the client has to be set to, when there is something to call.
        stop: Set when the run is to end before its time.

    Raises:
        Interrupted: It was set.
    """
    stop = stop or Event()
    first = attached.paced(plan.scenarios[0])
    tenant = sandbox.call("POST", "/tenants", {**beginning(first), "name": attached.tenant})
    told = environment(sandbox.url, tenant, first)
    show({name: value for name, value in told.items() if name not in _OF_A_SCENARIO})
    journal = f"/tenants/{in_path(attached.tenant)}/journal"
    while not sandbox.call("GET", journal, query={"limit": 1})["items"]:
        if stop.wait(_LOOK_SECONDS):
            raise Interrupted
    players = Rehearsal(sandbox, lambda *_: AttachedClient(), folder, tell, stop, attached)
    players.play_all(plan.scenarios, side_by_side=1)
